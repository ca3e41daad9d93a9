import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const projectRoot = resolve(import.meta.dirname, '../..');

/** A small project with one file in every layer, whose imports all go down. */
const allowed = {
  'src/core/rule.ts': 'export const rule = 1;\nexport type Rule = number;\n',
  'src/system/file.ts':
    "import { readFileSync } from 'node:fs';\nimport { rule } from '../core/rule.ts';\nexport const file = () => [readFileSync, rule];\n",
  'src/config/read.ts': "import { file } from '../system/file.ts';\nexport const read = file;\n",
  'src/runners/run.ts': "import { rule } from '../core/rule.ts';\nexport const run = rule;\n",
  'src/runners/tool-child/main.ts': "import { spawn } from 'node:child_process';\nexport const main = spawn;\n",
  'src/report/render.ts': "import { rule } from '../core/rule.ts';\nexport const render = rule;\n",
  'src/flows/flow.ts':
    "import { read } from '../config/read.ts';\nimport { run } from '../runners/run.ts';\nexport const flow = [read, run];\n",
  'scripts/command.ts': "import { flow } from '../src/flows/flow.ts';\nexport const command = flow;\n",
  'sandbox/main.ts': "import type { Rule } from '../src/core/rule.ts';\nexport const main: Rule = 1;\n",
  'tests/test.ts': "import { command } from '../scripts/command.ts';\nexport const test = command;\n",
} as const;

/** A violation of every rule: the rule, the importing file, the import, and the name that it imports. */
const violations = [
  ['core-is-pure', 'src/core/imports-system.ts', '../system/file.ts', 'file'],
  ['core-is-pure', 'src/core/reads-files.ts', 'node:fs', 'readFileSync'],
  ['system-imports-only-core', 'src/system/imports-config.ts', '../config/read.ts', 'read'],
  ['no-imports-between-modules', 'src/runners/imports-config.ts', '../config/read.ts', 'read'],
  ['no-imports-between-modules', 'src/new-module/imports-runners.ts', '../runners/run.ts', 'run'],
  ['modules-do-not-import-upwards', 'src/sources/imports-flow.ts', '../flows/flow.ts', 'flow'],
  ['report-is-pure', 'src/report/imports-system.ts', '../system/file.ts', 'file'],
  ['report-is-pure', 'src/report/requests.ts', 'node:http', 'request'],
  ['report-is-pure', 'src/report/parses.ts', 'zod', 'z'],
  ['workflows-do-not-import-the-cli', 'src/flows/imports-command.ts', '../../scripts/command.ts', 'command'],
  ['effects-only-in-system', 'src/config/spawns.ts', 'node:child_process', 'spawn'],
  ['effects-only-in-system', 'src/runners/runs-shell.ts', 'zx/core', '$'],
  ['programs-import-only-core', 'sandbox/imports-config.ts', '../src/config/read.ts', 'type read'],
  ['programs-import-types-only', 'load/imports-core.ts', '../src/core/rule.ts', 'rule'],
  ['no-imports-between-programs', 'load/imports-sandbox.ts', '../sandbox/main.ts', 'main'],
  ['suite-does-not-import-programs', 'src/flows/imports-sandbox.ts', '../../sandbox/main.ts', 'main'],
  ['suite-does-not-import-programs', 'scripts/imports-sandbox.ts', '../sandbox/main.ts', 'main'],
  ['only-the-cli-imports-the-cli', 'sandbox/imports-command.ts', '../scripts/command.ts', 'command'],
  ['only-tests-import-tests', 'src/core/imports-test.ts', '../../tests/test.ts', 'test'],
  ['no-cycles', 'src/core/cycle-a.ts', './cycle-b.ts', 'back'],
  ['no-unresolved-imports', 'src/core/imports-nothing.ts', './missing.ts', 'missing'],
  ['no-orphans', 'src/core/orphan.ts', undefined, 'orphan'],
] as const;

const sourceOf = (from: string | undefined, name: string): string =>
  from === undefined
    ? `export const ${name} = 1;\n`
    : `import { ${name} } from '${from}';\nexport type Imported = typeof ${name.replace('type ', '')};\n`;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'layers-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const check = (folder: string) =>
  spawnSync(process.execPath, [join(projectRoot, 'scripts/run.mjs'), 'scripts/check-layers.ts', folder], {
    cwd: projectRoot,
    encoding: 'utf8',
  });

it('every rule reports its violations; allowed imports are not reported, and a file that is not checked is', async () => {
  for (const file of ['tsconfig.json', 'package.json']) cpSync(join(projectRoot, file), join(root, file));
  symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
  const config = join(projectRoot, '.dependency-cruiser.cjs');
  write(
    '.dependency-cruiser.cjs',
    `const config = require(${JSON.stringify(config)});
     module.exports = { ...config, options: { ...config.options, exclude: { path: '^load/excluded' } } };\n`,
  );
  for (const [path, text] of Object.entries(allowed)) write(path, text);
  for (const [, path, from, name] of violations) write(path, sourceOf(from, name));
  write('src/core/cycle-b.ts', "import type { Imported } from './cycle-a.ts';\nexport const back: Imported = 1;\n");
  write('load/excluded.ts', sourceOf(undefined, 'excluded'));
  execFileSync('git', ['init', '-q'], { cwd: root });

  const { status, stderr } = check(root);
  const lines = stderr.split('\n');
  expect(status).toBe(1);
  expect(lines).toContain('not checked: load/excluded.ts');
  const reported = lines.flatMap((line) => /^(\S+): (\S+) -> /.exec(line)?.slice(1).join(' ') ?? []);
  const expected = violations.map(([rule, path]) => `${rule} ${path}`);
  expect(expected.filter((each) => !reported.includes(each))).toEqual([]);
  expect(reported.filter((each) => Object.keys(allowed).some((path) => each.endsWith(` ${path}`)))).toEqual([]);

  const { default: rules } = (await import(config)) as {
    default: { forbidden: readonly { readonly name: string }[] };
  };
  const covered = new Set<string>(violations.map(([rule]) => rule));
  expect(rules.forbidden.map(({ name }) => name).filter((name) => !covered.has(name))).toEqual([]);
});

it('a folder without a source file fails', () => {
  const empty = join(root, 'empty');
  mkdirSync(empty);
  cpSync(join(projectRoot, '.dependency-cruiser.cjs'), join(empty, '.dependency-cruiser.cjs'));
  execFileSync('git', ['init', '-q'], { cwd: empty });
  const { status, stderr } = check(empty);
  expect([status, stderr]).toEqual([1, expect.stringContaining('No source file to check')]);
});
