import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseSopFile } from '../src/config/sop-file.ts';
import { messageOf } from '../src/core/errors.ts';
import { sopFile } from '../src/flows/sop.ts';
import { coverageOf, gapsIn, type SopTests } from '../src/core/sop-coverage.ts';
import { judgedIds } from './checks/judgements.ts';
import { checkIds, missingTests, type TestFile } from './checks/sop.ts';
import { testTitles } from './checks/test-titles.ts';

/** `npm run check:sop`: every clause has checks that the code produces, and tests that exist, one green and one red. */
const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const sources = [
  ...readdirSync(join(root, 'src/core/judge')).map((name) => `src/core/judge/${name}`),
  'src/core/rollout/step-info.ts',
].filter((path) => path.endsWith('.ts'));
const table = readTable();
const rows = coverageOf(table);
function fileOf(path: string): TestFile | undefined {
  if (!existsSync(join(root, path))) return undefined;
  const text = read(path);
  const imported = [...text.matchAll(/from '(\.[^']+)'/g)].map(([, file = '']) => join(dirname(path), file));
  const texts = imported.filter((file) => existsSync(join(root, file))).map(read);
  return { titles: testTitles(path, text), text: [text, ...texts].join('\n') };
}

const problems = [
  ...checkIds(sources.flatMap((path) => judgedIds(path, read(path)))),
  ...gapsIn(rows),
  ...missingTests(rows, fileOf),
];
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.stdout.write(`${rows.length} clauses, ${problems.length} problems\n`);
process.exitCode = problems.length > 0 ? 1 : 0;

function readTable(): SopTests {
  try {
    return parseSopFile(sopFile, read(sopFile));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    return {};
  }
}
