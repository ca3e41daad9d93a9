import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const projectRoot = resolve(import.meta.dirname, '../..');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gate-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const green = {
  success: true,
  numPassedTests: 12,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numFailedTestSuites: 0,
};

interface Night {
  /** What the test runner writes; undefined where it writes nothing. */
  readonly report?: string | undefined;
  /** What a run before this one left. */
  readonly stale?: string;
  readonly checkExit?: number;
  readonly testExit?: number;
}

/** The real gate, with an npm that answers as the night in question did. */
function gate({ report, stale, checkExit = 0, testExit = 0 }: Night): { status: number | null; last: string } {
  for (const name of ['.ci', 'bin', 'reports']) mkdirSync(join(folder, name));
  cpSync(join(projectRoot, '.ci/run'), join(folder, '.ci/run'));
  if (stale !== undefined) writeFileSync(join(folder, 'reports/vitest.json'), stale);
  if (report !== undefined) writeFileSync(join(folder, 'tonight.json'), report);
  const write = report === undefined ? ':' : 'cp tonight.json reports/vitest.json';
  const npm = `#!/bin/sh\n[ "$1" = test ] || exit ${checkExit}\n${write}\nexit ${testExit}\n`;
  writeFileSync(join(folder, 'bin/npm'), npm, { mode: 0o755 });
  const env = { ...process.env, PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}` };
  const { status, stdout } = spawnSync('bash', ['.ci/run'], { cwd: folder, env, encoding: 'utf8' });
  return { status, last: stdout.trimEnd().split('\n').at(-1) ?? '' };
}

describe('the gate', () => {
  it('lets a green night pass, and counts it', () => {
    const report = JSON.stringify({ ...green, numPendingTests: 1, numTodoTests: 2 });
    expect(gate({ report })).toEqual({ status: 0, last: '12 passed, 0 failed, 3 skipped' });
  });

  it.each<[string, Night, string]>([
    ['no report', {}, '0 passed, 1 failed, 0 skipped'],
    ['the report of an earlier night', { stale: JSON.stringify(green) }, '0 passed, 1 failed, 0 skipped'],
    ['half a report', { report: '{"success":tr' }, '0 passed, 1 failed, 0 skipped'],
    ['a report of something else', { report: '{}' }, '0 passed, 1 failed, 0 skipped'],
    ['no test', { report: JSON.stringify({ ...green, numPassedTests: 0 }) }, '0 passed, 0 failed, 0 skipped'],
    [
      'a failed test',
      { report: JSON.stringify({ ...green, success: false, numFailedTests: 2 }), testExit: 1 },
      '12 passed, 2 failed, 0 skipped',
    ],
    [
      'a file that could not be loaded',
      { report: JSON.stringify({ ...green, success: false, numFailedTestSuites: 1 }), testExit: 1 },
      '12 passed, 1 failed, 0 skipped',
    ],
    [
      'a runner that ends red over a green report',
      { report: JSON.stringify(green), testExit: 1 },
      '12 passed, 1 failed, 0 skipped',
    ],
    ['a red npm run check', { report: JSON.stringify(green), checkExit: 1 }, '12 passed, 1 failed, 0 skipped'],
  ])('does not let %s pass', (_, night, last) => {
    expect(gate(night)).toEqual({ status: 1, last });
  });
});

describe('the check of the workflows', () => {
  const check = () =>
    spawnSync(process.execPath, [join(projectRoot, 'scripts/check-workflows.mjs'), folder], { encoding: 'utf8' });
  const workflow = (step: string) =>
    `on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - ${step}\n`;

  it('lets a sound workflow pass', () => {
    writeFileSync(join(folder, 'one.yml'), workflow('run: "true"'));
    expect(check()).toMatchObject({ status: 0, stdout: '1 workflows, 0 findings\n' });
  });

  it('names the line of a mistake', () => {
    writeFileSync(join(folder, 'one.yml'), workflow('runs: "true"'));
    expect(check()).toMatchObject({ status: 1, stderr: expect.stringContaining('one.yml:6:') });
  });

  it('does not let a folder without a workflow pass', () => {
    expect(check()).toMatchObject({ status: 1, stderr: expect.stringContaining('No workflow to check') });
  });
});
