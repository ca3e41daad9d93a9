import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findOversized, findOversizedScripts, type Limits } from './checks/size.ts';

/** `npm run check:size`: no function over 60 lines and no file over 250; the functions of tests may have any length. */
const limits: Readonly<Record<string, Limits>> = {
  src: { file: 250, function: 60 },
  scripts: { file: 250, function: 60 },
  load: { file: 250, function: 60 },
  smoke: { file: 250, function: 60 },
  sandbox: { file: 250, function: 60 },
  postman: { file: Number.POSITIVE_INFINITY, function: 60 },
  tests: { file: 250 },
};

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'));
const files = sourceFiles();
let findings = 0;
for (const path of files) {
  const text = readFileSync(join(root, path), 'utf8');
  for (const { line, name, lines, limit } of oversized(path, text)) {
    findings += 1;
    process.stderr.write(`${path}:${line}: ${name} has ${lines} lines, ${limit} are allowed\n`);
  }
}
if (files.length === 0) process.stderr.write(`No source file in ${root}.\n`);
process.stdout.write(`${files.length} files checked, ${findings} too long\n`);
process.exitCode = files.length === 0 || findings > 0 ? 1 : 0;

function oversized(path: string, text: string) {
  const limit = limits[path.split('/')[0] ?? ''];
  if (!limit) return [];
  if (!path.endsWith('.json')) return findOversized(path, text, limit);
  return limit.function === undefined ? [] : findOversizedScripts(text, limit.function);
}

function sourceFiles(): string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...Object.keys(limits)],
    { cwd: root, encoding: 'utf8' },
  );
  const isSource = (path: string) => /\.(ts|tsx|mjs|cjs)$|\.postman_collection\.json$/.test(path);
  // Git still lists a file that was deleted and not committed yet.
  return listed.split('\n').filter((path) => isSource(path) && existsSync(join(root, path)));
}
