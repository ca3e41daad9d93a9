import { describe, expect, it } from 'vitest';
import type { ProbeEvidence } from '../../src/core/evidence.ts';
import { judgeRun } from '../../src/core/judge/run.ts';
import type { CheckPlan } from '../../src/core/plan.ts';
import { planBlueGreen } from '../../src/core/rollout/plan.ts';
import type { RunEvidence } from '../../src/core/run-result.ts';
import { applicableSlos } from '../../src/core/slo.ts';
import { load, slo } from './judge-samples.ts';
import { settings as rolloutSettings } from './rollout/samples.ts';

describe('a run', () => {
  const plan: CheckPlan = {
    steps: ['health', 'metrics', 'shutdown', 'load'],
    slos: [slo],
    offers: { web: false, metrics: false, shutdown: true },
    smokeBudgetMs: 1,
    leftOut: { load: 'an earlier check failed' },
  };
  const evidence = (more: Partial<RunEvidence> = {}): RunEvidence => ({
    schemaVersion: 2,
    runId: 'r',
    plan,
    smoke: [],
    ...more,
  });

  it('names what was not checked: not applicable where the target has no such thing, skipped and required elsewhere', () => {
    const missing = Object.fromEntries(
      judgeRun(evidence()).notChecked.map(({ id, reason, required }) => [id, [reason, required]]),
    );
    expect(missing).toEqual({
      health: ['skipped', true],
      metrics: ['not-applicable', false],
      shutdown: ['skipped', true],
      load: ['skipped', true],
      release: ['not-applicable', false],
    });
  });

  it('a kind of event without an objective is not checked: required after a load', () => {
    const notCounted = (more: Partial<RunEvidence>) =>
      judgeRun(evidence(more)).notChecked.flatMap(({ id, required }) =>
        id.startsWith('objective.') ? [[id, required]] : [],
      );
    expect(notCounted({})).toEqual([]);
    const missing = ['slow-response', 'failed-payment', 'server-error'].filter((kind) => kind !== slo.event.kind);
    expect(notCounted({ load: load() })).toEqual(missing.map((kind) => [`objective.${kind}`, true]));
  });

  it('a kind of objective that the target file leaves out by name is not applicable, with the reason; no other is', () => {
    const inapplicable = { 'payment-success': 'no payments here' };
    expect(applicableSlos([slo], inapplicable)).toEqual([slo]);
    expect(applicableSlos([slo], { 'server-errors': 'x', latency: 'x', 'payment-success': 'x' })).toEqual([]);
    const run = evidence({ load: load() });
    const { notChecked } = judgeRun({ ...run, plan: { ...run.plan, slos: [], inapplicable } });
    expect(notChecked.filter(({ id }) => id.startsWith('objective.'))).toMatchObject([
      { id: 'objective.slow-response', reason: 'skipped', required: true },
      {
        id: 'objective.failed-payment',
        reason: 'not-applicable',
        required: false,
        because: 'target file: no payments here',
      },
      { id: 'objective.server-error', reason: 'skipped', required: true },
    ]);
  });

  it('requires every kind of objective of a rollout as of a load', () => {
    const run = evidence({});
    const rollout = {
      plan: planBlueGreen({ release: 'b', live: 'blue', settings: rolloutSettings }),
      forecast: [],
      events: [],
    };
    const { notChecked } = judgeRun({ ...run, rollout, plan: { ...run.plan, slos: [] } });
    const missing = notChecked.filter(({ id }) => id.startsWith('objective.'));
    expect(missing.map(({ required }) => required)).toEqual([true, true, true]);
  });

  it('another release fails 2.B1, and no X-App-Release is an error', () => {
    const expected = { ...plan, expectedRelease: 'freetask@2' };
    const health = (release?: string): ProbeEvidence => ({
      kind: 'probe',
      url: '',
      samples: [{ at: '', status: 200, durationMs: 1, ok: true, ...(release ? { release } : {}) }],
      stableMs: 0,
      wantedStableMs: 0,
      interruptions: 0,
      files: [],
      problems: [],
    });
    const release = (more: Partial<RunEvidence>) =>
      judgeRun(evidence({ plan: expected, ...more })).judgements.find(({ id }) => id === 'release');
    expect(release({ health: health('freetask@2') })).toMatchObject({ status: 'pass' });
    expect(release({ health: health('freetask@1') })).toMatchObject({
      status: 'fail',
      clauses: ['2.B1'],
      actual: 'freetask@1',
    });
    expect(release({ health: health() })).toMatchObject({ status: 'error' });
  });

  it('in a rollout the release that its instances showed by a route or a command is evidence of 2.B1', () => {
    const settled = (release: string, shown: string) => ({
      type: 'done' as const,
      at: '',
      step: { do: 'verify' as const, side: { kind: 'colour' as const, colour: 'green' as const }, release },
      summary: '',
      releases: { 'green-1': shown },
    });
    const release = (shown: string) => {
      const rolled = planBlueGreen({ release: 'b', live: 'blue', settings: rolloutSettings });
      const events = [settled('b', shown), settled('a', 'a')];
      const run = evidence({
        plan: { ...plan, expectedRelease: 'b' },
        rollout: { plan: rolled, forecast: [], events },
      });
      return judgeRun(run).judgements.find(({ id }) => id === 'release');
    };
    expect(release('b')).toMatchObject({ status: 'pass', actual: 'b' });
    expect(release('unknown')).toMatchObject({ status: 'error' });
  });
});
