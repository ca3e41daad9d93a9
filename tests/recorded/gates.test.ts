import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GateFormat } from '../../src/core/gate.ts';
import { formats } from '../../src/runners/gates/index.ts';

/** Output of the tools themselves; that of Flutter is written from its documented format, because no Flutter ran here. */
const recorded = (name: string): string => readFileSync(join(import.meta.dirname, 'gates', `${name}.txt`), 'utf8');
const read = (format: GateFormat, stdout: string, { exitCode = 0, files = 12 } = {}) =>
  formats[format].read({ stdout, stderr: '', exitCode, files });

describe('a report is counted', () => {
  it.each<[GateFormat, string, object]>([
    ['flutter-analyze', 'flutter-3-analyze-clean', { ran: 12, failed: 0, skipped: 0 }],
    [
      'flutter-analyze',
      'flutter-3-analyze-issues',
      {
        ran: 12,
        failed: 2,

        firstFailure: "lib/main.dart:1:8 warning: Unused import: 'dart:io' (unused_import)",
      },
    ],
    ['flutter-test', 'flutter-3-test-passed', { ran: 1, failed: 0, skipped: 1 }],
    ['flutter-test', 'flutter-3-test-none', { ran: 0, failed: 0, skipped: 0 }],
    [
      'flutter-test',
      'flutter-3-test-failed',
      { ran: 1, failed: 1, firstFailure: 'log-in sends the code once: Test failed. See exception logs above.' },
    ],
    ['jest-json', 'jest-30-passed', { ran: 2, failed: 0, skipped: 1 }],
    ['jest-json', 'jest-30-no-tests', { ran: 0, failed: 0, skipped: 0 }],
    ['jest-json', 'jest-30-failed', { ran: 3, failed: 1, firstFailure: expect.stringMatching(/^fails: .*expect/) }],
    ['jest-json', 'jest-30-not-loaded', { ran: 2, failed: 1, firstFailure: expect.stringContaining("'./missing'") }],
    [
      'jest-json',
      'vitest-4-failed',
      { ran: 2, failed: 1, firstFailure: expect.stringMatching(/^fails: AssertionError/) },
    ],
    ['eslint-json', 'eslint-10-clean', { ran: 1, failed: 0 }],
    [
      'eslint-json',
      'eslint-10-error',
      { ran: 1, failed: 1, firstFailure: "/srv/api/x.js:1:11 'b' is not defined. (no-undef)" },
    ],
    ['tap', 'node-20-tap-failed', { ran: 2, failed: 1, skipped: 1, firstFailure: 'inner' }],
    ['tap', 'node-20-tap-none', { ran: 0, failed: 0, skipped: 3 }],
  ])('%s: %s', (format, name, report) => {
    const exitCode = /issues|failed|error|not-loaded/.test(name) ? 1 : 0;
    expect(read(format, recorded(name), { exitCode })).toMatchObject(report);
  });
});

describe('issues of flutter analyze, where it ends with', () => {
  const infos = recorded('flutter-3-analyze-issues')
    .replace(/^warning.*\n/m, '')
    .replace('2 issues', '1 issue');
  const info = 'lib/main.dart:9:3 info: Avoid `print` calls in production code (avoid_print)';
  const warning = "lib/main.dart:1:8 warning: Unused import: 'dart:io' (unused_import)";
  it.each([
    ['0, infos only', infos, 0, { failed: 0, tolerated: 1, firstFailure: info }],
    ['1, infos only', infos, 1, { failed: 1, firstFailure: info }],
    ['0, and a warning', recorded('flutter-3-analyze-issues'), 0, { failed: 1, tolerated: 1, firstFailure: warning }],
    ['0, and an issue that it does not list', infos.replace('1 issue', '2 issues'), 0, { failed: 1, tolerated: 1 }],
  ])('%s', (_, text, exitCode, report) => {
    expect(read('flutter-analyze', text, { exitCode })).toEqual({ firstFailure: info, ran: 12, skipped: 0, ...report });
  });
});

describe('output that is no complete report is a problem', () => {
  const complete: readonly [GateFormat, string][] = [
    ['flutter-analyze', 'flutter-3-analyze-clean'],
    ['flutter-test', 'flutter-3-test-passed'],
    ['jest-json', 'jest-30-passed'],
    ['eslint-json', 'eslint-10-error'],
    ['tap', 'node-20-tap-failed'],
  ];
  it.each(complete)('%s, cut off', (format, name) => {
    const text = recorded(name).trimEnd();
    for (const cut of [text.slice(0, text.length / 2), text.slice(0, 40), ''])
      expect([cut, read(format, cut)]).toEqual([cut, { problem: expect.any(String) as string }]);
  });

  it.each(complete)('%s, given the report of another tool', (format) => {
    for (const [other, name] of complete)
      if (other !== format)
        expect([name, read(format, recorded(name))]).toEqual([name, { problem: expect.any(String) as string }]);
  });

  it('a report that contradicts itself', () => {
    expect(
      read('flutter-test', recorded('flutter-3-test-passed').replace('"success":true', '"success":false')),
    ).toEqual({
      problem: 'it did not succeed, and no test failed',
    });
    expect(read('jest-json', recorded('jest-30-no-tests').replace('"success":true', '"success":false'))).toEqual({
      problem: 'it did not succeed, and no test failed',
    });
    expect(read('tap', recorded('node-20-tap-failed').replace('\n1..3\n', '\n1..4\n'))).toEqual({
      problem: 'its plan names 4 tests, and 3 have a result',
    });
    expect(read('tap', 'ok 1 - a\nBail out! no database\n')).toEqual({ problem: 'Bail out! no database' });
  });
});

describe('what stands beside a report', () => {
  const log = '{"level":30,"msg":"listening"}\n{\n  "level": 30\n}\n[Nest] 1 - LOG\n[]\n';
  it.each<[GateFormat, string]>([
    ['jest-json', 'jest-30-passed'],
    ['eslint-json', 'eslint-10-error'],
  ])('%s: lines of a log in JSON', (format, name) => {
    expect(read(format, `${log}${recorded(name)}\n${log}`)).toEqual(read(format, recorded(name)));
  });

  it('tap: a line of a log that begins with OK', () => {
    const text = recorded('node-20-tap-failed');
    expect(read('tap', `OK, listening on port 80\n${text}`)).toEqual(read('tap', text));
  });

  it('jest-json: several packages are counted together, and each has to succeed', () => {
    expect(read('jest-json', recorded('jest-30-passed') + recorded('jest-30-failed'))).toMatchObject({
      ran: 5,
      failed: 1,
      firstFailure: expect.stringMatching(/^fails: /) as string,
    });
  });

  it('flutter-test: a run that did not end, and another one after it', () => {
    const passed = recorded('flutter-3-test-passed');
    expect(read('flutter-test', passed + passed)).toEqual({ ran: 2, failed: 0, skipped: 2 });
    const cut = passed.split('\n').slice(0, -3).join('\n');
    expect(read('flutter-test', `${cut}\n${passed}`)).toHaveProperty('problem');
  });
});

it('eslint-json: a file that ESLint ignores was not read', () => {
  const message = 'File ignored because of a matching ignore pattern. Use "--no-ignore" to disable.';
  const entry = {
    filePath: '/srv/api/x.js',
    errorCount: 0,
    messages: [{ ruleId: null, fatal: false, severity: 1, message }],
  };
  expect(read('eslint-json', JSON.stringify([entry]))).toMatchObject({ ran: 0, failed: 0 });
});

describe('exit code', () => {
  it('says nothing of how much was done', () => {
    expect(read('exit-code', 'ok\n')).toEqual({ failed: 0, skipped: 0 });
    expect(read('exit-code', 'building\nsrc/a.ts(3,1): error TS2304\n', { exitCode: 2 })).toEqual({
      failed: 1,
      skipped: 0,
      firstFailure: 'src/a.ts(3,1): error TS2304',
    });
  });
});
