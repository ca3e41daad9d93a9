import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSquawk } from '../../src/runners/squawk.ts';

/** Output of squawk 2.61 itself. */
const recorded = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'squawk', `squawk-2.61-${name}`), 'utf8');

it('findings, none, and a file that it could not parse', () => {
  expect(readSquawk({ exitCode: 1, stdout: recorded('findings.json'), stderr: '' })).toMatchObject({
    findings: [
      { file: '1-a.sql', line: 0, rule_name: 'require-concurrent-index-creation' },
      { rule_name: 'require-lock-timeout' },
      { rule_name: 'require-statement-timeout' },
      { line: 1, rule_name: 'ban-drop-column' },
      { line: 3, rule_name: 'ban-drop-table' },
    ],
  });
  expect(readSquawk({ exitCode: 0, stdout: recorded('none.json'), stderr: '' })).toEqual({ findings: [] });
  expect(readSquawk({ exitCode: 1, stdout: recorded('syntax.json'), stderr: '' })).toMatchObject({
    findings: [{ rule_name: 'syntax-error' }, { rule_name: 'syntax-error' }],
  });
});

it.each([
  ['no file', { exitCode: 1, stdout: '', stderr: recorded('no-file.stderr.txt') }, /not JSON: Failed to find files/],
  ['a crash', { exitCode: 101, stdout: '', stderr: 'thread main panicked' }, /exit code 101: thread main panicked/],
  ['ended by a signal', { exitCode: null, stdout: '[]', stderr: '' }, /exit code none/],
  ['half a report', { exitCode: 1, stdout: recorded('findings.json').slice(0, 200), stderr: '' }, /not JSON/],
  ['another form', { exitCode: 1, stdout: '[{"rule": "x"}]', stderr: '' }, /another form/],
  [
    'findings with exit code 0',
    { exitCode: 0, stdout: recorded('findings.json'), stderr: '' },
    /exit code 0 with 5 findings/,
  ],
  ['none with exit code 1', { exitCode: 1, stdout: '[]', stderr: '' }, /exit code 1 with 0 findings/],
])('%s is a problem', (_, outcome, problem) => {
  expect(readSquawk(outcome)).toEqual({ problem: expect.stringMatching(problem) as unknown });
});
