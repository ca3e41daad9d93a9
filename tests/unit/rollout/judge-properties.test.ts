import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JudgeState } from '../../../src/core/judge/judge-state.ts';
import { evidenceOf } from '../../../src/core/judge/lanes.ts';
import { foldStage, judgeStage } from '../../../src/core/judge/stage.ts';
import { addObservation, addSample } from '../../../src/core/judge/stage-state.ts';
import type { Observation, Sample, Served } from '../../../src/core/rollout/observation.ts';
import { logFastMean } from '../../../src/core/judge/fast.ts';
import { logLaneEvidence } from '../../../src/core/statistics/index.ts';
import { observation, settings, slos, stage } from './samples.ts';

const fold = (observations: readonly Observation[], samples: readonly Sample[] = [], own = settings): JudgeState =>
  foldStage({ stage, observations, samples, slos, settings: own });
const times = (count: number, make: () => Observation = () => observation()) => Array.from({ length: count }, make);
const evidence = ({ lanes, fast }: JudgeState) => [
  evidenceOf(lanes.rollback),
  evidenceOf(lanes.hold),
  logFastMean({ fast }),
];

const ids = slos.map(({ id }) => id);
const garbage = fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, -1e9, 0.5, 1e300, Number.MAX_SAFE_INTEGER + 2);
const count = fc
  .nat({ max: 300 })
  .chain((trials) => fc.record({ events: fc.nat({ max: trials }), trials: fc.constant(trials) }));

describe('no input gives a pass', () => {
  it('numbers that are no counts, however many good ones came before and after', () => {
    const bad = fc.oneof(
      fc.record({ events: garbage, trials: fc.nat(1000) }),
      fc.record({ events: fc.nat(1000), trials: garbage }),
      fc.nat(1000).map((trials) => ({ events: trials + 1, trials })),
    );
    fc.assert(
      fc.property(bad, fc.constantFrom(...ids), fc.nat(40), (wrong, id, after) => {
        const spoilt = () => observation({}, { canary: { ...observation().canary, [id]: wrong } });
        expect(judgeStage({ stage, observations: times(30, spoilt), slos, settings }).word).toBe('HOLD');
        const before = fold(times(12));
        expect(evidence(addObservation(before, spoilt()))).toEqual(evidence(before));
        // The good ones prove what they prove, and the bad ones nothing.
        const good = judgeStage({ stage, observations: [...times(after), spoilt()], slos, settings });
        expect(good.word).toBe('HOLD');
      }),
    );
  });

  it('an objective that nobody counts, or that nobody used', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ids), fc.boolean(), fc.nat(60), (id, absent, length) => {
        const { [id]: _, ...others } = observation().canary;
        const canary = absent ? others : { ...others, [id]: { events: 0, trials: 0 } };
        const { word } = judgeStage({
          stage,
          observations: times(length, () => observation({}, { canary })),
          slos,
          settings,
        });
        expect(word).toBe('HOLD');
      }),
    );
  });
});

it('the order of observations within a batch changes no evidence', () => {
  const short = fc.array(fc.record({ '5xx': count, pay: count, p95: count, p50: count }), {
    minLength: 10,
    maxLength: 10,
  });
  const order = fc.shuffledSubarray([...Array(10).keys()], { minLength: 10 });
  fc.assert(
    fc.property(short, order, (batch, shuffled) => {
      const of = (index: number) => observation({}, { lengthMs: 1000, canary: batch[index] ?? {} });
      const warm = times(1);
      const inOrder = fold([...warm, ...batch.map((_, index) => of(index))]);
      expect(evidence(fold([...warm, ...shuffled.map(of)]))).toEqual(evidence(inOrder));
    }),
  );
});

it('time that was not observed changes no evidence and decides nothing', () => {
  const gap = observation({ '5xx': [200, 200] }, { observed: false, problems: ['a gap'] });
  fc.assert(
    fc.property(fc.array(count, { minLength: 1, maxLength: 12 }), fc.nat(12), (counts, at) => {
      const observations = counts.map((each) => observation({}, { canary: { ...observation().canary, '5xx': each } }));
      const warm = times(1);
      const [whole, gapped] = [
        fold([...warm, ...observations]),
        fold([...warm, ...observations.slice(0, at), gap, ...observations.slice(at)]),
      ];
      expect(evidence(gapped)).toEqual(evidence(whole));
      expect(gapped.current?.decided?.line).toBe(whole.current?.decided?.line);
    }),
  );
});

describe('synthetic requests never dilute the failures of users', () => {
  const own = { ...settings, synthetic: { profile: 'stage' } } as const;
  const withSynthetic = (users: Observation['canary'], synthetic: Observation['canary']) =>
    observation(
      {},
      {
        canary: Object.fromEntries(
          ids.map((id) => {
            const [a, b] = [users[id], synthetic[id]];
            return [id, { events: (a?.events ?? 0) + (b?.events ?? 0), trials: (a?.trials ?? 0) + (b?.trials ?? 0) }];
          }),
        ),
        users,
        synthetic,
      },
    );
  const successes = (trials: number) => Object.fromEntries(ids.map((id) => [id, { events: 0, trials }]));

  it('the evidence of users is the same, however many of them there are', () => {
    const users = fc.record({ '5xx': count, pay: count, p95: count, p50: count });
    fc.assert(
      fc.property(fc.array(users, { minLength: 2, maxLength: 8 }), fc.nat(100_000), (batches, trials) => {
        const usersOf = (state: JudgeState) =>
          [...state.lanes.rollback, ...state.lanes.hold].flatMap((lane) =>
            lane.source === 'users' ? [logLaneEvidence(lane.state)] : [],
          );
        const alone = fold(
          batches.map((each) => withSynthetic(each, successes(0))),
          [],
          own,
        );
        const both = fold(
          batches.map((each) => withSynthetic(each, successes(trials))),
          [],
          own,
        );
        expect(usersOf(both)).toEqual(usersOf(alone));
      }),
    );
  });

  it('users that fail at 20 % roll back beside any number of requests of our own that do not', () => {
    fc.assert(
      fc.property(fc.constantFrom('5xx', 'pay'), fc.nat(100_000), (id, trials) => {
        const failing = { ...successes(50), [id]: { events: 10, trials: 50 } };
        const state = fold(
          times(5, () => withSynthetic(failing, successes(trials))),
          [],
          own,
        );
        expect(state.current?.decided).toMatchObject({ line: 'breach', source: 'users' });
      }),
    );
  });
});

it('samples of counters that fell, or are no counts, are no evidence', () => {
  const good: Served = { requests: 20, failed: 0 };
  const bad = fc.record({ requests: fc.oneof(garbage, fc.nat(50)), failed: garbage });
  fc.assert(
    fc.property(bad, fc.constantFrom('canary', 'baseline'), (wrong, side) => {
      const before = fold(times(2));
      const sample = { at: '', lengthMs: 1000, strata: [{ canary: good, baseline: good, [side]: wrong }] };
      expect(addSample(before, sample)).toEqual(before);
    }),
  );
});

it('a sample over more than two seconds is neutral for the fast lane', () => {
  const gross = (lengthMs: number): Sample => ({
    at: '',
    lengthMs,
    strata: [{ canary: { requests: 50, failed: 50 }, baseline: { requests: 450, failed: 0 } }],
  });
  const after = (lengthMs: number) => Array.from({ length: 8 }, () => gross(lengthMs)).reduce(addSample, fold([]));
  expect(after(1000).current?.decided?.line).toBe('fast');
  expect(logFastMean(after(2001))).toBe(0);
});

it('more failures never lower the evidence of a breach', () => {
  fc.assert(
    fc.property(fc.array(count, { minLength: 1, maxLength: 8 }), fc.nat(7), (counts, which) => {
      const of = (more: number) =>
        fold(
          counts.map(({ events, trials }, index) =>
            observation(
              {},
              {
                canary: {
                  ...observation().canary,
                  '5xx': { events: index === which ? Math.min(trials, events + more) : events, trials },
                },
              },
            ),
          ),
        );
      const breach = (state: JudgeState) =>
        state.lanes.rollback.filter(({ slo }) => slo.id === '5xx').map((lane) => logLaneEvidence(lane.state));
      const [fewer, more] = [breach(of(0)), breach(of(5))];
      for (const [index, log] of more.entries()) expect(log).toBeGreaterThanOrEqual((fewer[index] ?? 0) - 1e-12);
    }),
  );
});
