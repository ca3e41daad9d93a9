import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { GateSettings } from '../../src/core/gate.ts';
import { judgeGates } from '../../src/core/judge/gates.ts';
import { runGate } from '../../src/runners/gate.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gates-'));
  await mkdir(join(folder, 'run'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const runner = () => ({
  runFolder: join(folder, 'run'),
  projectRoot: folder,
  toolEnv: { PATH: process.env['PATH'] ?? '' },
  signal: new AbortController().signal,
  emit: () => undefined,
  mask: (text: string) => text.replaceAll('secret-value', '***'),
});
const settings = (change: Partial<GateSettings>): GateSettings => ({
  command: ['node', '--test', '--test-reporter=tap'],
  folder,
  path: [],
  format: 'tap',
  timeoutMs: 30_000,
  ...change,
});

describe("a gate runs its command in the target's folder", () => {
  it('with real tests of Node: passed, failed, and none', async () => {
    const test = join(folder, 'adds.test.mjs');
    await writeFile(test, `import test from 'node:test';\ntest('adds secret-value', () => undefined);\n`);
    const passed = await runGate('api-test', settings({}), runner());
    expect(judgeGates([passed])).toMatchObject([{ status: 'pass', clauses: ['1.1d'], actual: '1 test passed' }]);
    expect(await readFile(join(folder, 'run', passed.files[0] ?? ''), 'utf8')).toContain('adds ***');

    await writeFile(test, `import test from 'node:test';\ntest('adds', () => { throw new Error('no sum'); });\n`);
    const failed = await runGate('api-test', settings({}), runner());
    expect(judgeGates([failed])).toMatchObject([{ status: 'fail', because: '1 failed of 1 test: adds.' }]);

    await rm(test);
    const none = await runGate('api-test', settings({}), runner());
    expect(judgeGates([none])).toMatchObject([{ status: 'inconclusive', because: 'No test ran.' }]);
  });

  it('counts the files that an analyser reads, without those of packages and builds', async () => {
    const command = ['sh', '-c', 'echo "No issues found! (ran in 1.0s)"'] as const;
    const analyse = () => runGate('analyze', settings({ command, format: 'flutter-analyze' }), runner());
    for (const path of ['build', '.dart_tool', 'node_modules']) {
      await mkdir(join(folder, path));
      await writeFile(join(folder, path, 'made.dart'), '');
    }
    expect(judgeGates([await analyse()])).toMatchObject([{ status: 'inconclusive', because: 'No file was read.' }]);
    await mkdir(join(folder, 'lib'));
    await writeFile(join(folder, 'lib/main.dart'), '');
    expect(judgeGates([await analyse()])).toMatchObject([{ status: 'pass', samples: 1 }]);
  });

  it('reads a report of more than the million characters that an outcome keeps, behind warnings that look like JSON', async () => {
    const report = JSON.stringify({
      success: true,
      numTotalTests: 2,
      numPassedTests: 2,
      numFailedTests: 0,
      numPendingTests: 0,
      numFailedTestSuites: 0,
      testResults: [{ status: 'passed', message: 'x'.repeat(1_500_000), assertionResults: [] }],
    });
    await writeFile(join(folder, 'report.json'), `[vite] warning: a plugin is slow\n${report}\n`);
    const gate = await runGate(
      'api-test',
      settings({ command: ['cat', 'report.json'], format: 'jest-json' }),
      runner(),
    );
    expect(judgeGates([gate])).toMatchObject([{ status: 'pass', actual: '2 tests passed' }]);
  });

  it('a command that does not exist, and one that does not end, prove nothing', async () => {
    const missing = await runGate('test', settings({ command: ['no-such-flutter'] }), runner());
    const hanging = await runGate('test', settings({ command: ['sleep', '60'], timeoutMs: 200 }), runner());
    expect(judgeGates([missing, hanging])).toMatchObject([{ status: 'error' }, { status: 'error' }]);
    expect(judgeGates([missing])[0]?.because).toContain('no-such-flutter');
  });
});
