import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const projectRoot = resolve(import.meta.dirname, '../..');
let house: string;

/** A small house with one module in every room, and the project's own rules. */
const modules = {
  'src/core/word.ts': 'export const word = 1;\nexport type Word = number;\n',
  'src/system/edge.ts': "import { readFileSync } from 'node:fs';\nimport { word } from '../core/word.ts';\nexport const edge = () => [readFileSync, word];\n",
  'src/config/read.ts': "import { edge } from '../system/edge.ts';\nexport const read = edge;\n",
  'src/runners/run.ts': "import { word } from '../core/word.ts';\nexport const run = word;\n",
  'src/report/render.ts': "import { word } from '../core/word.ts';\nexport const render = word;\n",
  'src/flows/flow.ts': "import { read } from '../config/read.ts';\nimport { run } from '../runners/run.ts';\nexport const flow = [read, run];\n",
  'scripts/door.ts': "import { flow } from '../src/flows/flow.ts';\nexport const door = flow;\n",
  'sandbox/main.ts': "import type { Word } from '../src/core/word.ts';\nexport const main: Word = 1;\n",
  'load/main.ts': 'export const load = 1;\n',
} as const;

beforeEach(() => {
  house = mkdtempSync(join(tmpdir(), 'floors-'));
  for (const file of ['.dependency-cruiser.cjs', 'tsconfig.json', 'package.json']) cpSync(join(projectRoot, file), join(house, file));
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
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', join(projectRoot, 'scripts/check-floors.ts'), house], { cwd: projectRoot, encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

describe('floors', () => {
  it('a house whose imports go down only stands', () => {
    expect(check()).toMatchObject({ status: 0, output: expect.stringContaining('0 wrong imports') });
  });

  it.each([
    ['core-is-pure', 'src/core/word.ts', "import { edge } from '../system/edge.ts';\nexport const word = edge;\n"],
    ['core-is-pure', 'src/core/word.ts', "import { readFileSync } from 'node:fs';\nexport const word = readFileSync;\n"],
    ['system-knows-only-core', 'src/system/other.ts', "import { read } from '../config/read.ts';\nexport const other = read;\n"],
    ['rooms-do-not-meet', 'src/runners/run.ts', "import { read } from '../config/read.ts';\nexport const run = read;\n"],
    ['rooms-do-not-climb', 'src/report/other.ts', "import { flow } from '../flows/flow.ts';\nexport const other = flow;\n"],
    ['report-is-pure', 'src/report/render.ts', "import { edge } from '../system/edge.ts';\nexport const render = edge;\n"],
    ['flows-do-not-climb', 'src/flows/other.ts', "import { door } from '../../scripts/door.ts';\nexport const other = door;\n"],
    ['the-world-is-behind-system', 'src/config/other.ts', "import { spawn } from 'node:child_process';\nexport const other = spawn;\n"],
    ['the-world-is-behind-system', 'src/runners/other.ts', "import { $ } from 'zx/core';\nexport const other = $;\n"],
    ['annexes-stand-alone', 'sandbox/other.ts', "import type { read } from '../src/config/read.ts';\nexport type Other = typeof read;\n"],
    ['annexes-share-types-only', 'load/other.ts', "import { word } from '../src/core/word.ts';\nexport const other = word;\n"],
    ['annexes-do-not-meet', 'load/other.ts', "import { main } from '../sandbox/main.ts';\nexport const other = main;\n"],
    ['nobody-imports-an-annex', 'src/flows/other.ts', "import { main } from '../../sandbox/main.ts';\nexport const other = main;\n"],
    ['no-cycles', 'src/core/other.ts', "import { again } from './again.ts';\nexport const other = () => again;\n"],
    ['resolves', 'src/core/other.ts', "import { gone } from './gone.ts';\nexport const other = gone;\n"],
  ])('%s is noticed in %s', (rule, path, text) => {
    write(path, text);
    if (rule === 'no-cycles') write('src/core/again.ts', "import { other } from './other.ts';\nexport const again = () => other;\n");
    const { status, output } = check();
    expect(output).toContain(`${rule}: `);
    expect(status).toBe(1);
  });

  it('a house in which the cruiser sees nothing does not stand', () => {
    writeFileSync(join(house, 'tsconfig.json'), '{}');
    for (const path of Object.keys(modules)) rmSync(join(house, path));
    const { status } = check();
    expect(status).toBe(1);
  });
});
