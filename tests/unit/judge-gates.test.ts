import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GateEvidence, type GateReport, gateIds } from '../../src/core/gate.ts';
import { judgeGates, withoutGate } from '../../src/core/judge/gates.ts';
import { outcome as toolOutcome } from './judge-samples.ts';

const outcome = { ...toolOutcome, tool: 'flutter', command: ['flutter', 'test', '--machine'] };
const gate = (change: Partial<GateEvidence> = {}): GateEvidence => ({
  gate: 'test',
  format: 'flutter-test',
  outcome,
  report: { ran: 3, failed: 0, skipped: 0 },
  files: ['gates/test.stdout.log'],
  problems: [],
  ...change,
});
const statusOf = (change: Partial<GateEvidence>) => judgeGates([gate(change)])[0];

describe('a gate (1.1)', () => {
  it.each<[string, Partial<GateEvidence>, object]>([
    ['passes by its report', {}, { status: 'pass', actual: '3 tests passed' }],
    [
      'fails with its first failure',
      {
        report: { ran: 3, failed: 1, skipped: 0, firstFailure: 'log-in: no code' },
        outcome: { ...outcome, exitCode: 1 },
      },
      { status: 'fail', because: '1 failed of 3 tests: log-in: no code.' },
    ],
    [
      'fails although the exit code is 0',
      { report: { ran: 3, failed: 1, skipped: 0 } },
      { status: 'fail', because: '1 failed of 3 tests.' },
    ],
    [
      'fails by its exit code alone',
      { outcome: { ...outcome, exitCode: 79 } },
      { status: 'fail', because: expect.stringContaining('exit code 79, and its report names no failure') as string },
    ],
    [
      'without tests',
      { report: { ran: 0, failed: 0, skipped: 2 } },
      { status: 'inconclusive', because: 'No test ran.' },
    ],
    [
      'without files',
      { gate: 'analyze', format: 'flutter-analyze', report: { ran: 0, failed: 0, skipped: 0 } },
      { status: 'inconclusive', because: 'No file was read.' },
    ],
    [
      'infos that the command accepts are shown',
      {
        gate: 'analyze',
        format: 'flutter-analyze',
        report: { ran: 12, failed: 0, skipped: 0, tolerated: 1, firstFailure: 'lib/a.dart:1:1 info: print' },
      },
      {
        status: 'pass',
        actual: '0 issues in 12 files, 1 info accepted by the command',
        because: '0 issues in 12 files, 1 info accepted by the command: lib/a.dart:1:1 info: print.',
      },
    ],
    [
      'tests that nothing counts',
      { format: 'exit-code', report: { failed: 0, skipped: 0 } },
      { status: 'inconclusive', because: expect.stringContaining('does not report whether any test ran') as string },
    ],
    [
      'a linter that reports its exit code',
      { gate: 'api-lint', report: { failed: 0, skipped: 0 } },
      { status: 'pass' },
    ],
    ['a tool that was ended', { outcome: { ...outcome, timedOut: true } }, { status: 'error', actual: 'no report' }],
    ['an interrupted tool', { outcome: { ...outcome, interrupted: true } }, { status: 'error' }],
    ['a report that cannot be read', { problems: ['cut off'] }, { status: 'error', actual: 'no report' }],
  ])('%s', (_, change, judgement) => {
    expect(statusOf(change)).toMatchObject(judgement);
  });

  it('never passes without something done, with a failure, or with another exit code than 0', () => {
    const report: fc.Arbitrary<GateReport> = fc.record(
      { ran: fc.nat({ max: 3 }), failed: fc.nat({ max: 2 }), skipped: fc.nat({ max: 2 }) },
      { requiredKeys: ['failed', 'skipped'] },
    );
    const evidence = fc.record({
      gate: fc.constantFrom(...gateIds),
      report: report.map((each) => (each.ran === undefined ? { failed: each.failed, skipped: each.skipped } : each)),
      exitCode: fc.constantFrom(0, 1, null),
      stopped: fc.constantFrom('timedOut', 'interrupted', undefined),
      problems: fc.constantFrom([], ['cut off']),
    });
    fc.assert(
      fc.property(evidence, ({ gate: id, report: counted, exitCode, stopped, problems }) => {
        const ended = { ...outcome, exitCode, ...(stopped === undefined ? {} : { [stopped]: true }) };
        const judged = statusOf({ gate: id, report: counted, outcome: ended, problems });
        const isTest = id === 'test' || id === 'api-test';
        const done = counted.ran === undefined ? !isTest : counted.ran > 0;
        const clean = done && counted.failed === 0 && exitCode === 0 && stopped === undefined && problems.length === 0;
        expect(judged?.status === 'pass').toBe(clean);
      }),
    );
  });

  it('that the target file does not mention is required, and one that it turns off is named with the reason', () => {
    expect(withoutGate('api-lint', undefined)).toMatchObject({ reason: 'skipped', required: true, clauses: ['1.1c'] });
    expect(withoutGate('api-lint', 'the API has no linter')).toMatchObject({
      reason: 'not-applicable',
      required: false,
      because: 'target file: the API has no linter',
    });
  });
});
