import { join, resolve } from 'node:path';
import { readServiceFile } from '../src/config/service-file.ts';
import { targetJsonSchema } from '../src/config/target-json-schema.ts';
import { verdictJsonSchema } from '../src/journal/run-schemas.ts';
import { writeJsonAtomic } from '../src/system/files.ts';

/** Publishes the shapes of verdict.json and of target files; a test fails while they are not up to date. */
const root = resolve(import.meta.dirname, '..');
const docs = join(root, 'docs');
await writeJsonAtomic(join(docs, 'verdict.schema.json'), verdictJsonSchema());
await writeJsonAtomic(join(docs, 'target.schema.json'), targetJsonSchema(await readServiceFile(root)));
