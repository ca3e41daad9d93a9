import { expect, it } from 'vitest';
import { gateIds } from '../../../src/core/gate.ts';
import { keptEvidence } from '../../../src/flows/preflight/run-parts.ts';
import { type RunEvidence, schemaVersion } from '../../../src/core/run-result.ts';
import { outcome } from '../judge-samples.ts';

const gates = (ran: number) =>
  gateIds.map((gate) => ({
    gate,
    format: 'tap' as const,
    outcome,
    report: { ran, failed: 0, skipped: 0 },
    files: [],
    problems: [],
  }));
const off = { off: 'there is none' };
const plan: RunEvidence['plan'] = {
  steps: [],
  slos: [],
  offers: { web: false, metrics: false, shutdown: false },
  smokeBudgetMs: 1,
  leftOut: {},
};
const earlier: RunEvidence = {
  schemaVersion,
  runId: 'r1',
  plan,
  smoke: [],
  calendar: { at: '2026-11-26T00:00:00Z', periods: [] },
  database: { unmeasured: off },
  gates: gates(3),
  artifacts: { bundle: off, image: { missing: 'the target file does not mention it' } },
  announcement: { kind: 'announcement', state: 'off', because: 'there is no channel' },
};

it('a resumed preflight begins with what it does not repeat, and with no status of before for the rest', () => {
  expect(keptEvidence(earlier)).toEqual({ schemaVersion, runId: 'r1', plan, smoke: [], gates: gates(3) });
});

it('gates without a test are repeated', () => {
  expect(keptEvidence({ ...earlier, gates: gates(0) })).not.toHaveProperty('gates');
});
