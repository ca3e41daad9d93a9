import { describe, expect, it } from 'vitest';
import { evidenceOf } from '../../../src/core/judge/lanes.ts';
import { logFastMean } from '../../../src/core/judge/fast.ts';
import type { JudgeState } from '../../../src/core/judge/judge-state.ts';
import { decide, judgeStage } from '../../../src/core/judge/stage.ts';
import { addObservation, addSample, enterStage, startJudge } from '../../../src/core/judge/stage-state.ts';
import type { Observation, Served, Stratum } from '../../../src/core/rollout/observation.ts';
import { observation, settings, slos, stage } from './samples.ts';

const own = { ...settings, synthetic: { profile: 'stage' } } as const;
type Second = { readonly users: Stratum; readonly synthetic?: Stratum };

/** Requests and failures of one side in one second, whole numbers that keep the mean rate. */
const served = (perSecond: number, rate: number, second: number): Served => ({
  requests: perSecond,
  failed: Math.floor((second + 1) * perSecond * rate) - Math.floor(second * perSecond * rate),
});

const sum = (all: readonly Served[]) => ({
  events: all.reduce((total, { failed }) => total + failed, 0),
  trials: all.reduce((total, { requests }) => total + requests, 0),
});

/** The judge after so many seconds: a sample each, and the pages of ten. */
function judgeSeconds(
  secondOf: (second: number) => Second,
  seconds: number,
  settled: typeof settings = own,
): JudgeState {
  let state = enterStage(startJudge({ slos, settings: settled, frontBefore: { requests: 1000, failed: 0 } }), stage);
  let interval: Second[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const now = secondOf(second);
    interval.push(now);
    const strata = [now.users, ...(now.synthetic ? [now.synthetic] : [])];
    state = addSample(state, { at: '', lengthMs: 1000, strata });
    if (interval.length < 10) continue;
    state = addObservation(state, pagesOf(interval));
    interval = [];
  }
  return state;
}

function pagesOf(interval: readonly Second[]): Observation {
  const part = (which: 'users' | 'synthetic', side: 'canary' | 'baseline') =>
    sum(interval.flatMap((second) => second[which]?.[side] ?? []));
  const all = (side: 'canary' | 'baseline') => {
    const [users, synthetic] = [part('users', side), part('synthetic', side)];
    return { '5xx': { events: users.events + synthetic.events, trials: users.trials + synthetic.trials } };
  };
  const usual = observation({}, { canary: { ...observation().canary, ...all('canary') }, baseline: all('baseline') });
  if (!interval[0]?.synthetic) return usual;
  return {
    ...usual,
    users: { ...usual.canary, '5xx': part('users', 'canary') },
    synthetic: { '5xx': part('synthetic', 'canary') },
    baselineUsers: { '5xx': part('users', 'baseline') },
    baselineSynthetic: { '5xx': part('synthetic', 'baseline') },
  };
}

/** The second of the decision; undefined where there is none within five minutes. */
function secondOfDecision(secondOf: (second: number) => Second, settled: typeof settings = own): number | undefined {
  for (let seconds = 1; seconds <= 300; seconds += 1)
    if (judgeSeconds(secondOf, seconds, settled).current?.decided) return seconds;
  return undefined;
}

const users =
  (rate: number, perSecond = 20) =>
  (second: number): Stratum => ({
    canary: served(perSecond, rate, second),
    baseline: served(9 * perSecond, 0, second),
  });
const healthy = (second: number): Stratum => ({ canary: served(50, 0, second), baseline: served(50, 0, second) });

describe('requests of our own beside those of users', () => {
  it.each([
    [0.05, 10],
    [0.3, 1],
  ])('users that fail at %f are rolled back as fast beside any that do not', (rate, allowed) => {
    const alone = secondOfDecision((second) => ({ users: users(rate)(second) }), settings);
    const beside = secondOfDecision((second) => ({ users: users(rate)(second), synthetic: healthy(second) }));
    expect(alone).toBeDefined();
    expect((beside ?? Infinity) - (alone ?? 0)).toBeLessThanOrEqual(allowed);
  });

  it('find a gross failure in seconds where users are few, and the decision has their numbers', () => {
    const few = users(0.3, 1);
    const failing = (second: number): Stratum => ({ canary: served(20, 0.3, second), baseline: served(20, 0, second) });
    const alone = secondOfDecision((second) => ({ users: few(second) })) ?? Infinity;
    const beside = secondOfDecision((second) => ({ users: few(second), synthetic: failing(second) })) ?? Infinity;
    expect(beside).toBeLessThan(20);
    expect(alone).toBeGreaterThan(2 * beside);
    const { current } = judgeSeconds((second) => ({ users: few(second), synthetic: failing(second) }), beside);
    expect(current?.decided?.line).toBe('fast');
    expect(current?.decided?.because).toMatch(
      /5xx of the synthetic requests 30 % \[.*\], n = \d+, and of the baseline 0 %/,
    );
  });

  it('that fail on both sides alike are no evidence against one: a shared cause, held and named', () => {
    const both = (second: number): Stratum => ({ canary: served(20, 0.5, second), baseline: served(20, 0.5, second) });
    const state = judgeSeconds((second) => ({ users: users(0)(second), synthetic: both(second) }), 120);
    expect(logFastMean(state)).toBeLessThan(0.1);
    const worse = state.lanes.hold.filter(({ question }) => question === 'regression');
    expect(worse.some(({ source }) => source === 'synthetic')).toBe(true);
    expect(evidenceOf(worse)).toBeLessThan(Math.log(2));
    expect(decide(state)).toMatchObject({
      word: 'HOLD',
      line: 'breach',
      because: expect.stringContaining('check for a shared cause') as unknown,
    });
  });

  it('that fail on both sides alike until the time of the stage is spent end as HOLD, and degrade no release', () => {
    const both = (second: number): Stratum => ({ canary: served(20, 0.5, second), baseline: served(20, 0.5, second) });
    const spent = (rate: number) =>
      decide(judgeSeconds((second) => ({ users: users(rate)(second), synthetic: both(second) }), 180));
    expect(spent(0)).toMatchObject({ word: 'HOLD', spent: true });
    expect(spent(0).because).toContain('check for a shared cause');
    expect(spent(0.0075)).toMatchObject({
      word: 'NO-GO',
      because: expect.stringMatching(/degraded \(4\.1c\): 5xx 0\.7\d %/) as unknown,
    });
  });

  it('that were suspected leave no suspicion behind once none are sent any more', () => {
    const failing = { '5xx': { events: 40, trials: 400 } };
    const sent = observation({}, { users: observation().canary, synthetic: failing, baselineSynthetic: failing });
    const judge = { ...settings.judge, alpha: { ...settings.judge.alpha, rollback: 1e-12 } };
    const after = (seconds: number) =>
      judgeStage({
        stage,
        observations: Array.from({ length: seconds / 10 }, (_, index) => (index < 4 ? sent : observation())),
        slos,
        settings: { ...settings, judge },
      });
    expect(after(40)).toMatchObject({ word: 'HOLD', line: 'sop' });
    expect(after(110).line).not.toBe('sop');
  });

  it('are not what users got: failures beyond the 5xx of the instances are those of users alone', () => {
    const failing = (second: number): Stratum => ({
      canary: served(20, 0.3, second),
      baseline: served(20, 0.3, second),
    });
    const state = judgeSeconds((second) => ({ users: users(0)(second), synthetic: failing(second) }), 20);
    const { current } = state;
    if (!current) throw new Error('no stage');
    const seen = {
      ...current.seen,
      served: { canary: { requests: 4000, failed: 100 }, baseline: { requests: 0, failed: 0 } },
    };
    const judged = decide({ ...state, current: { ...current, seen } }).judgements.find(({ id }) =>
      id.endsWith('.users'),
    );
    expect(judged?.because).toContain('100 of 4 000 answers of the canary failed beyond its own 5xx');
  });
});
