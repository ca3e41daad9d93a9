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

const clusterNote = 'cluster tests did not run: not Linux; npm run test:cluster builds what they need';

const green = {
  success: true,
  numPassedTests: 12,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  numFailedTestSuites: 0,
};

interface GateRun {
  /** What the test runner writes; undefined if it writes nothing. */
  readonly report?: string | undefined;
  /** What an earlier run left. */
  readonly stale?: string;
  readonly checkExit?: number;
  readonly testExit?: number;
  /** Why the cluster tests do not run; they do where it is empty. */
  readonly noCluster?: string;
  /** What the cluster tests write. */
  readonly clusterReport?: string;
  readonly clusterExit?: number;
}

/** The real gate, with an npm that writes the report and ends with the exit codes of this run. */
function runGate(run: GateRun): { status: number | null; lines: string[] } {
  const { report, stale, checkExit = 0, testExit = 0, noCluster = 'not Linux', clusterReport, clusterExit = 0 } = run;
  for (const name of ['.ci', 'bin', 'reports', 'scripts']) mkdirSync(join(folder, name));
  cpSync(join(projectRoot, '.ci/run'), join(folder, '.ci/run'));
  if (stale !== undefined) writeFileSync(join(folder, 'reports/vitest.json'), stale);
  if (report !== undefined) writeFileSync(join(folder, 'written.json'), report);
  const write = report === undefined ? ':' : 'cp written.json reports/vitest.json';
  if (clusterReport !== undefined) writeFileSync(join(folder, 'cluster.json'), clusterReport);
  const writeCluster = clusterReport === undefined ? ':' : 'cp cluster.json reports/vitest-cluster.json';
  const npm = `#!/bin/sh
case "$*" in
  *test:cluster) ${writeCluster}; exit ${clusterExit} ;;
  test*) ${write}; exit ${testExit} ;;
  *) exit ${checkExit} ;;
esac
`;
  writeFileSync(join(folder, 'bin/npm'), npm, { mode: 0o755 });
  writeFileSync(join(folder, 'scripts/cluster.mjs'), `process.stdout.write(${JSON.stringify(noCluster)});`);
  const env = { ...process.env, PATH: `${join(folder, 'bin')}${delimiter}${process.env['PATH']}` };
  const { status, stdout } = spawnSync('bash', ['.ci/run'], { cwd: folder, env, encoding: 'utf8' });
  return { status, lines: stdout.trimEnd().split('\n') };
}

function gate(run: GateRun): { status: number | null; last: string } {
  const { status, lines } = runGate(run);
  return { status, last: lines.at(-1) ?? '' };
}

describe('the gate', () => {
  it('passes when everything passed, and counts it', () => {
    const report = JSON.stringify({ ...green, numPendingTests: 1, numTodoTests: 2 });
    expect(gate({ report })).toEqual({ status: 0, last: '12 passed, 0 failed, 3 skipped' });
  });

  it('prints its ten slowest test files before the count', () => {
    const testResults = Array.from({ length: 12 }, (_, index) => ({
      name: join(folder, `tests/${index}.test.ts`),
      startTime: 1000,
      endTime: 1000 + index * 1040,
    }));
    const { status, lines } = runGate({ report: JSON.stringify({ ...green, testResults }) });
    expect({ status, lines }).toEqual({
      status: 0,
      lines: [
        'slowest test files (10 of 12):',
        '   11.4 s  tests/11.test.ts',
        '   10.4 s  tests/10.test.ts',
        ...[9, 8, 7, 6, 5, 4, 3, 2].map((index) => `    ${(index * 1.04).toFixed(1)} s  tests/${index}.test.ts`),
        clusterNote,
        '12 passed, 0 failed, 0 skipped',
      ],
    });
  });

  it('counts a report whose times cannot be read', () => {
    const testResults = [{ name: 'a.test.ts' }, null];
    const { status, lines } = runGate({ report: JSON.stringify({ ...green, testResults }) });
    expect({ status, lines }).toEqual({ status: 0, lines: [clusterNote, '12 passed, 0 failed, 0 skipped'] });
  });

  it('counts the cluster tests where they ran', () => {
    const clusterReport = JSON.stringify({ ...green, numPassedTests: 3, numPendingTests: 1 });
    const { status, lines } = runGate({ report: JSON.stringify(green), noCluster: '', clusterReport });
    expect({ status, lines }).toEqual({ status: 0, lines: ['15 passed, 0 failed, 1 skipped'] });
  });

  it.each<[string, GateRun, string]>([
    [
      'a failed cluster test',
      {
        report: JSON.stringify(green),
        noCluster: '',
        clusterReport: JSON.stringify({ ...green, success: false, numPassedTests: 2, numFailedTests: 1 }),
        clusterExit: 1,
      },
      '14 passed, 1 failed, 0 skipped',
    ],
    [
      'cluster tests that ended without a report',
      { report: JSON.stringify(green), noCluster: '' },
      '12 passed, 1 failed, 0 skipped',
    ],
    [
      'no cluster test',
      { report: JSON.stringify(green), noCluster: '', clusterReport: JSON.stringify({ ...green, numPassedTests: 0 }) },
      '12 passed, 0 failed, 0 skipped',
    ],
    ['no report', {}, '0 passed, 1 failed, 0 skipped'],
    ['the report of an earlier run', { stale: JSON.stringify(green) }, '0 passed, 1 failed, 0 skipped'],
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
      'a runner that fails although its report says otherwise',
      { report: JSON.stringify(green), testExit: 1 },
      '12 passed, 1 failed, 0 skipped',
    ],
    ['a failed npm run check', { report: JSON.stringify(green), checkExit: 1 }, '12 passed, 1 failed, 0 skipped'],
  ])('does not pass with %s', (_, run, last) => {
    expect(gate(run)).toEqual({ status: 1, last });
  });
});

describe('the check of the workflows', () => {
  const check = () =>
    spawnSync(process.execPath, [join(projectRoot, 'scripts/check-workflows.mjs'), folder], { encoding: 'utf8' });
  const workflow = (step: string) =>
    `on: push\njobs:\n  one:\n    runs-on: ubuntu-latest\n    steps:\n      - ${step}\n`;

  it('passes a sound workflow', () => {
    writeFileSync(join(folder, 'one.yml'), workflow('run: "true"'));
    expect(check()).toMatchObject({ status: 0, stdout: '1 workflows, 0 findings\n' });
  });

  it('reports the line of a mistake', () => {
    writeFileSync(join(folder, 'one.yml'), workflow('runs: "true"'));
    expect(check()).toMatchObject({ status: 1, stderr: expect.stringContaining('one.yml:6:') });
  });

  it('does not pass a folder without a workflow', () => {
    expect(check()).toMatchObject({ status: 1, stderr: expect.stringContaining('No workflow to check') });
  });
});
