import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const projectRoot = resolve(import.meta.dirname, '../..');
let house: string;

/** A small house with one module in every room, and the project's own rules. */
const modules = {
  'src/core/word.ts': 'export const word = 1;\nexport type Word = number;\n',
  'src/system/edge.ts':
    "import { readFileSync } from 'node:fs';\nimport { word } from '../core/word.ts';\nexport const edge = () => [readFileSync, word];\n",
  'src/config/read.ts': "import { edge } from '../system/edge.ts';\nexport const read = edge;\n",
  'src/runners/run.ts': "import { word } from '../core/word.ts';\nexport const run = word;\n",
  'src/report/render.ts': "import { word } from '../core/word.ts';\nexport const render = word;\n",
  'src/flows/flow.ts':
    "import { read } from '../config/read.ts';\nimport { run } from '../runners/run.ts';\nexport const flow = [read, run];\n",
  'scripts/cli.ts': "import { flow } from '../src/flows/flow.ts';\nexport const door = flow;\n",
  'sandbox/main.ts': "import type { Word } from '../src/core/word.ts';\nexport const main: Word = 1;\n",
  'load/main.ts': 'export const load = 1;\n',
} as const;

beforeEach(() => {
  house = mkdtempSync(join(tmpdir(), 'floors-'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json'])
    cpSync(join(projectRoot, file), join(house, file));
  symlinkSync(join(projectRoot, 'node_modules'), join(house, 'node_modules'));
  for (const [path, text] of Object.entries(modules)) write(path, text);
  execFileSync('git', ['init', '-q'], { cwd: house });
});
afterEach(() => rmSync(house, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(house, path)), { recursive: true });
  writeFileSync(join(house, path), text);
}

function check(): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(projectRoot, 'scripts/check-layers.ts'), house],
    { cwd: projectRoot, encoding: 'utf8' },
  );
  return { status, output: stdout + stderr };
}

/** One wrong import for each rule; planted all at once, because a look at the house takes seconds. */
const wrong = [
  ['core-is-pure', 'src/core/climbs.ts', "import { edge } from '../system/edge.ts';\nexport const climbs = edge;\n"],
  [
    'core-is-pure',
    'src/core/reads.ts',
    "import { readFileSync } from 'node:fs';\nexport const reads = readFileSync;\n",
  ],
  [
    'system-knows-only-core',
    'src/system/climbs.ts',
    "import { read } from '../config/read.ts';\nexport const climbs = read;\n",
  ],
  [
    'rooms-do-not-meet',
    'src/runners/visits.ts',
    "import { read } from '../config/read.ts';\nexport const visits = read;\n",
  ],
  [
    'rooms-do-not-climb',
    'src/sources/climbs.ts',
    "import { flow } from '../flows/flow.ts';\nexport const climbs = flow;\n",
  ],
  ['report-is-pure', 'src/report/acts.ts', "import { edge } from '../system/edge.ts';\nexport const acts = edge;\n"],
  [
    'flows-do-not-climb',
    'src/flows/climbs.ts',
    "import { door } from '../../scripts/cli.ts';\nexport const climbs = door;\n",
  ],
  [
    'the-world-is-behind-system',
    'src/config/spawns.ts',
    "import { spawn } from 'node:child_process';\nexport const spawns = spawn;\n",
  ],
  ['the-world-is-behind-system', 'src/runners/shells.ts', "import { $ } from 'zx/core';\nexport const shells = $;\n"],
  [
    'annexes-stand-alone',
    'sandbox/leans.ts',
    "import type { read } from '../src/config/read.ts';\nexport type Leans = typeof read;\n",
  ],
  [
    'annexes-share-types-only',
    'load/takes.ts',
    "import { word } from '../src/core/word.ts';\nexport const takes = word;\n",
  ],
  ['annexes-do-not-meet', 'load/meets.ts', "import { main } from '../sandbox/main.ts';\nexport const meets = main;\n"],
  [
    'nobody-imports-an-annex',
    'src/flows/borrows.ts',
    "import { main } from '../../sandbox/main.ts';\nexport const borrows = main;\n",
  ],
  [
    'nobody-imports-tests',
    'src/core/tests.ts',
    "import { test } from '../../tests/test.ts';\nexport const tests = test;\n",
  ],
  [
    'rooms-do-not-meet',
    'src/brandnew/visits.ts',
    "import { run } from '../runners/run.ts';\nexport const visits = run;\n",
  ],
  ['report-is-pure', 'src/report/asks.ts', "import { request } from 'node:http';\nexport const asks = request;\n"],
  ['report-is-pure', 'src/report/parses.ts', "import { z } from 'zod';\nexport const parses = z;\n"],
  [
    'nobody-imports-an-annex',
    'scripts/borrows.ts',
    "import { main } from '../sandbox/main.ts';\nexport const borrows = main;\n",
  ],
  [
    'nobody-imports-a-door',
    'sandbox/knocks.ts',
    "import { door } from '../scripts/cli.ts';\nexport const knocks = door;\n",
  ],
  ['no-cycles', 'src/core/chicken.ts', "import { egg } from './egg.ts';\nexport const chicken = () => egg;\n"],
  ['resolves', 'src/core/loses.ts', "import { gone } from './gone.ts';\nexport const loses = gone;\n"],
] as const;

describe('floors', () => {
  it('a house whose imports go down only stands', () => {
    expect(check()).toMatchObject({ status: 0, output: expect.stringContaining('0 wrong imports') });
  });

  it('each wrong import is noticed by its rule, in its file', () => {
    for (const [, path, text] of wrong) write(path, text);
    write('src/core/egg.ts', "import { chicken } from './chicken.ts';\nexport const egg = () => chicken;\n");
    write('tests/test.ts', 'export const test = 1;\n');
    write('src/core/alone.ts', 'export const alone = 1;\n');
    const { status, output } = check();
    expect(status).toBe(1);
    for (const [rule, path] of wrong) expect(output).toContain(`${rule}: ${path} -> `);
    expect(output).toContain('no-orphans: src/core/alone.ts');
  });

  it('every rule has its wrong import here', async () => {
    const { default: rules } = (await import(join(projectRoot, '.dependency-cruiser.cjs'))) as {
      default: { forbidden: readonly { readonly name: string }[] };
    };
    const planted = new Set<string>([...wrong.map(([rule]) => rule), 'no-orphans']);
    expect(rules.forbidden.map(({ name }) => name).filter((name) => !planted.has(name))).toEqual([]);
  });

  it('a source file that the cruiser does not see is noticed', () => {
    const config = join(house, '.dependency-cruiser.cjs');
    const text = readFileSync(config, 'utf8');
    writeFileSync(config, text.replace('options: {', "options: { exclude: { path: '^load/' },"));
    const { status, output } = check();
    expect(output).toContain('not seen: load/main.ts');
    expect(output).toContain('0 wrong imports');
    expect(status).toBe(1);
  });

  it('a house without a source file does not stand', () => {
    for (const path of Object.keys(modules)) rmSync(join(house, path));
    expect(check()).toMatchObject({ status: 1, output: expect.stringContaining('no source file to check') });
  });
});
