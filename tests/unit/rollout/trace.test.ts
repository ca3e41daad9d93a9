import { describe, expect, it } from 'vitest';
import { traceEvidence } from '../../../src/core/judge/trace.ts';
import type { RolloutEvent } from '../../../src/core/rollout/advance.ts';
import type { Sample } from '../../../src/core/rollout/observation.ts';
import type { RolloutRecord } from '../../../src/core/rollout/record.ts';
import { blueGreen, observation, slos, stage } from './samples.ts';

const sample = (failed: number): Sample => ({
  at: '',
  lengthMs: 1000,
  strata: [{ canary: { requests: 20, failed }, baseline: { requests: 180, failed: 0 } }],
});
/** One event a second. */
const recordOf = (events: readonly RolloutEvent[]): RolloutRecord => ({
  plan: blueGreen(),
  forecast: [],
  events: events.map((event, second) => ({ at: new Date(second * 1000).toISOString(), ...event })),
});
const sampled = (count: number, failed: number): RolloutEvent[] =>
  Array.from({ length: count }, () => ({ type: 'sampled', stage, sample: sample(failed) }));

describe('the trace of a gross failure of the canary alone', () => {
  const trace = traceEvidence(recordOf([...sampled(5, 0), ...sampled(20, 6)]), slos);

  it('has the moment, the line and the reason of the decision', () => {
    expect(trace.decision).toMatchObject({ line: 'fast', share: 10 });
    // Six bad samples in a row are the fewest that can decide.
    expect(trace.decision?.second).toBeGreaterThanOrEqual(10);
    expect(trace.decision?.second).toBeLessThan(20);
    expect(trace.decision?.because).toMatch(/breach and regression proved: .* and of the baseline 0 %/);
  });

  it('reaches the threshold of the lane at that moment, and not before', () => {
    const fast = trace.lanes.find(({ id }) => id === 'fast');
    const reached = fast?.points.find(({ logEvidence }) => logEvidence >= fast.threshold);
    expect(reached?.second).toBe(trace.decision?.second);
    expect(fast?.threshold).toBeCloseTo(Math.log(1000), 10);
  });

  it('counts the users affected, and those that a poller of minutes would have let through', () => {
    expect(trace.affected).toEqual({ requests: 500, failed: 120 });
    // 4.8 failures a second in the stage, and five failed minutes instead of 25 s.
    expect(trace.spared).toEqual({ events: 1320, laterSeconds: 275 });
  });
});

it('users are not spared what only requests of our own have met', () => {
  const failing = (users: number, synthetic: number): RolloutEvent => ({
    type: 'observed',
    stage,
    observation: observation(
      { '5xx': [users + synthetic, 400] },
      {
        users: { ...observation().canary, '5xx': { events: users, trials: 200 } },
        synthetic: { '5xx': { events: synthetic, trials: 200 } },
      },
    ),
  });
  const traceOf = (users: number) => {
    const record = recordOf(Array.from({ length: 6 }, () => failing(users, 40)));
    const plan = blueGreen({ synthetic: { profile: 'stage' } });
    return traceEvidence({ ...record, plan }, slos);
  };
  expect(traceOf(0).decision?.because).toContain('of the synthetic requests');
  expect(traceOf(0).spared).toBeUndefined();
  // One a reading of ten seconds, in the 240 s until the fifth failed minute.
  expect(traceOf(1)).toMatchObject({ spared: { events: 24, laterSeconds: 240 } });
});

it('a healthy rollout has evidence below every threshold, shares at each observation, and no decision', () => {
  const served = { canary: { requests: 100, failed: 0 }, baseline: { requests: 900, failed: 0 } };
  const events = Array.from({ length: 12 }, (): RolloutEvent => ({
    type: 'observed',
    stage,
    observation: observation({}, { share: 0.1, served }),
  }));
  const trace = traceEvidence(recordOf(events), slos);
  expect(trace.decision).toBeUndefined();
  expect(trace.spared).toBeUndefined();
  expect(trace.shares).toHaveLength(12);
  expect(trace.shares[0]).toEqual({ second: 0, set: 0.1, served: 0.1 });
  const means = trace.lanes.filter(({ id }) => id === 'rollback' || id === 'hold');
  expect(means.map(({ points }) => points.length)).toEqual([12, 12]);
  for (const { points, threshold } of trace.lanes)
    expect(Math.max(-Infinity, ...points.map(({ logEvidence }) => logEvidence))).toBeLessThan(threshold);
});

it('a long trace is thinned without losing its peak', () => {
  const trace = traceEvidence(recordOf([...sampled(2000, 0), ...sampled(20, 20)]), slos);
  const fast = trace.lanes.find(({ id }) => id === 'fast');
  expect(fast?.points.length).toBeLessThanOrEqual(601);
  expect(Math.max(...(fast?.points ?? []).map(({ logEvidence }) => logEvidence))).toBeGreaterThan(Math.log(1000));
});
