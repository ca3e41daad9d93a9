import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { configJsonSchemas } from '../src/config/json-schemas.ts';
import { readServiceFile } from '../src/config/service-file.ts';
import { verdictJsonSchema } from '../src/journal/run-schemas.ts';
import { readJson, writeJsonAtomic } from '../src/system/files.ts';

/** `npm run schema` publishes the shapes of verdict.json and of the configuration files; `npm run check:schema` fails while they are out of date. */
const root = resolve(import.meta.dirname, '..');
const [flag, checked = join(root, 'docs')] = process.argv.slice(2);
const isCheck = flag === '--check';
const folder = isCheck ? resolve(checked) : join(root, 'docs');
const schemas: Readonly<Record<string, object>> = {
  verdict: verdictJsonSchema(),
  ...configJsonSchemas(await readServiceFile(root)),
};

for (const [kind, schema] of Object.entries(schemas)) {
  const file = join(folder, `${kind}.schema.json`);
  if (!isCheck) await writeJsonAtomic(file, schema);
  else if (!isDeepStrictEqual(await readJson(file), JSON.parse(JSON.stringify(schema)))) {
    process.stderr.write(`docs/${kind}.schema.json is out of date: npm run schema\n`);
    process.exitCode = 1;
  }
}
if (isCheck) process.stdout.write(`${Object.keys(schemas).length} schemas compared\n`);
