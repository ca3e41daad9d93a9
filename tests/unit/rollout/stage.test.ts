import { describe, expect, it } from 'vitest';
import { judgeStage } from '../../../src/core/judge/stage.ts';
import type { Observation } from '../../../src/core/rollout/observation.ts';
import { observation, settings, slos, stage } from './samples.ts';

const judge = (observations: readonly Observation[]) => judgeStage({ stage, observations, slos, settings });
const times = (count: number, make: (index: number) => Observation = () => observation()) =>
  Array.from({ length: count }, (_, index) => make(index));
const of = (verdict: ReturnType<typeof judge>, id: string) =>
  verdict.judgements.find((each) => each.id === `stage-10.${id}`);

describe('a stage', () => {
  it('is GO when the dwell is over and every objective was met with enough samples', () => {
    const verdict = judge(times(6));
    expect(verdict.word).toBe('GO');
    expect(verdict.judgements.map(({ status }) => status)).toEqual(['pass', 'pass', 'pass', 'pass']);
    expect(of(verdict, '5xx')?.bounds?.upper).toBeGreaterThan(0);
  });

  it('is HOLD without an observation', () => expect(judge([]).word).toBe('HOLD'));
  it('is HOLD until the dwell is over', () => expect(judge(times(5)).word).toBe('HOLD'));

  it('is HOLD with too few samples of any one objective, and names it', () => {
    const verdict = judge(times(6, () => observation({ pay: [0, 10] })));
    expect(verdict).toMatchObject({ word: 'HOLD', because: expect.stringContaining('60 of 100 samples') as unknown });
  });

  it('is NO-GO when its objectives were not shown to be met within the hold budget', () => {
    const verdict = judge(times(18, () => observation({ pay: [0, 1] })));
    expect(verdict).toMatchObject({ word: 'NO-GO', because: expect.stringContaining('degraded') as unknown });
  });

  it.each([
    ['5xx', { '5xx': [2, 100] as const }],
    ['pay', { pay: [1, 30] as const }],
  ])('is NO-GO before the dwell is over when %s is above 1 %% with enough samples (4.1b)', (id, counts) => {
    const verdict = judge(times(4, () => observation(counts)));
    expect(verdict.word).toBe('NO-GO');
    expect(of(verdict, id)).toMatchObject({ status: 'fail', clauses: expect.arrayContaining(['4.1b']) as unknown });
  });

  it('is not NO-GO on a breach with too few samples', () => {
    expect(judge([observation({ '5xx': [50, 100] })]).word).toBe('HOLD');
  });

  it('is HOLD between 0.5 % and 1 % of 5xx: no GO, and no rollback criterion', () => {
    const verdict = judge(times(6, (index) => observation({ '5xx': [index < 4 ? 1 : 0, 100] })));
    expect(verdict.word).toBe('HOLD');
    expect(of(verdict, '5xx')?.status).toBe('inconclusive');
  });

  it('payments of 98.5 % meet 3.2c and 4.1b rolls back: the stricter applies', () => {
    const verdict = judge(times(6, (index) => observation({ pay: [index % 2, 33] })));
    expect(of(verdict, 'pay')).toMatchObject({ status: 'fail', clauses: ['3.2c', '4.1b'] });
  });
});

describe('latency', () => {
  const slow = () => observation({ p95: [10, 100] });

  it('above the limit for a while is HOLD, sustained it is NO-GO (4.1a)', () => {
    expect(judge(times(7, slow)).word).toBe('HOLD');
    const verdict = judge(times(11, slow));
    expect(verdict.word).toBe('NO-GO');
    expect(of(verdict, 'p95')?.clauses).toEqual(['3.2a', '4.1a']);
  });

  it('one interval within the limit ends the span', () => {
    const verdict = judge(times(12, (index) => (index === 5 || index === 6 ? observation() : slow())));
    expect(of(verdict, 'p95')?.status).not.toBe('fail');
  });

  it('an interval without samples neither ends nor extends the span', () => {
    const silent = () => observation({ p95: [0, 0] });
    const gap = [...times(7, slow), silent(), silent(), ...times(4, slow)];
    expect(of(judge(gap), 'p95')?.status).toBe('fail');
    expect(of(judge([...times(7, slow), ...times(4, silent)]), 'p95')?.status).not.toBe('fail');
  });

  it('does not count during the warm-up', () => {
    expect(judge([observation({ p95: [100, 100], p50: [100, 100] }), ...times(6)]).word).toBe('GO');
  });
});

describe('unobserved time', () => {
  const gap = () => observation({}, { observed: false, problems: ['unobserved for 40 s'] });

  it('does not count as dwell', () => expect(judge([...times(3), gap(), gap(), gap()]).word).toBe('HOLD'));
  it('is an error while it lasts', () => {
    const verdict = judge([...times(6), gap()]);
    expect(verdict.word).toBe('HOLD');
    expect(of(verdict, '5xx')).toMatchObject({
      status: 'error',
      because: expect.stringContaining('unobserved for 40 s') as unknown,
    });
  });
});

it('the same breach on both sides is named as a shared cause, and rolls back all the same', () => {
  const both = times(4, () => observation({ '5xx': [5, 100] }, { baseline: { '5xx': { events: 30, trials: 900 } } }));
  const verdict = judge(both);
  expect(verdict.word).toBe('NO-GO');
  expect(of(verdict, '5xx')?.because).toContain('shared cause');
});

describe('readiness under traffic', () => {
  const readyEvery = (lengthMs: number, answers: readonly boolean[]) =>
    judge([...times(6), ...answers.map((ready) => observation({}, { ready, lengthMs }))]);
  const ready = (...answers: readonly boolean[]) => readyEvery(10_000, answers);

  it('lost in one observation is HOLD, in three NO-GO', () => {
    expect(ready(true, false).word).toBe('HOLD');
    expect(ready(true, false, false, false)).toMatchObject({
      word: 'NO-GO',
      because: expect.stringContaining('3 observations in a row, for 30') as unknown,
    });
  });

  it('lost for two seconds is HOLD, however many observations fell into them', () => {
    const lost = (count: number) => [true, ...Array.from({ length: count }, () => false)];
    expect(readyEvery(200, lost(10)).word).toBe('HOLD');
    expect(readyEvery(200, lost(11)).word).toBe('NO-GO');
  });

  it('recovered is GO', () => expect(ready(false, false, true).word).toBe('GO'));
});
