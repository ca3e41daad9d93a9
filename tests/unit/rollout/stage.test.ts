import { describe, expect, it } from 'vitest';
import { decide, judgeStage, type StageVerdict } from '../../../src/core/judge/stage.ts';
import { addObservation, enterStage, startJudge } from '../../../src/core/judge/stage-state.ts';
import type { Observation, Sample } from '../../../src/core/rollout/observation.ts';
import type { JudgeSettings } from '../../../src/core/rollout/settings.ts';
import { observation, settings, slos, stage } from './samples.ts';

const judge = (observations: readonly Observation[], more: Partial<JudgeSettings> = {}, samples: Sample[] = []) =>
  judgeStage({ stage, observations, samples, slos, settings: { ...settings, judge: { ...settings.judge, ...more } } });
const times = (count: number, make: (index: number) => Observation = () => observation()) =>
  Array.from({ length: count }, (_, index) => make(index));
const of = (verdict: StageVerdict, id: string) => verdict.judgements.find((each) => each.id === `stage-10.${id}`);

describe('line 5, proofs', () => {
  it('is GO when the dwell is over and every objective is proved', () => {
    const verdict = judge(times(6));
    expect(verdict).toMatchObject({ word: 'GO', line: 'proofs' });
    expect(verdict.judgements.map(({ status }) => status)).toEqual(['pass', 'pass', 'pass', 'pass']);
    expect(of(verdict, '5xx')?.actual).toBe('5xx 0 % [0 %, 0.33 %], n = 1 200');
  });

  it('is HOLD without an observation', () => expect(judge([]).word).toBe('HOLD'));
  it('is HOLD until the dwell is over', () => {
    expect(judge(times(5, () => observation({ '5xx': [0, 2000], pay: [0, 500] })))).toMatchObject({
      word: 'HOLD',
      line: 'proofs',
      because: 'observed for 50 s of 60 s',
    });
  });
  it('is HOLD where there are no objectives', () =>
    expect(judgeStage({ stage, observations: times(9), slos: [], settings }).word).toBe('HOLD'));

  it('is HOLD with too few samples of any one objective, and says how many more', () => {
    const verdict = judge(times(6, () => observation({ pay: [0, 10] })));
    expect(verdict).toMatchObject({ word: 'HOLD', line: 'proofs' });
    expect(verdict.because).toContain('about 135 more samples prove it');
  });

  it('needs every proof: 782 requests without a 5xx are one too few', () => {
    const last = (trials: number) => judge(times(6, (index) => observation({ '5xx': [0, index < 5 ? 130 : trials] })));
    expect([last(132).word, last(133).word]).toEqual(['HOLD', 'GO']);
  });
});

describe('line 2, a proved breach', () => {
  it.each([
    ['5xx', { '5xx': [20, 200] as const }],
    ['pay', { pay: [8, 40] as const }],
  ])('of %s above 1 %% is NO-GO after three batches, and not after two (4.1b)', (id, counts) => {
    const after = (count: number) => judge(times(count, () => observation(counts)));
    expect(after(2).word).toBe('HOLD');
    expect(after(3)).toMatchObject({ word: 'NO-GO', line: 'breach' });
    expect(after(3).because).toMatch(/breach proved: .* \[.*\], n = .*, above 1 % \(4\.1b\)/);
    expect(of(after(3), id)).toMatchObject({ status: 'fail', clauses: expect.arrayContaining(['4.1b']) as unknown });
  });

  it('that began late is described by the trailing window, not by the whole stage', () => {
    const failing = (events: number) => () => observation({ '5xx': [events, 200] });
    const late = judge([...times(100, failing(0)), ...times(10, failing(20))]);
    expect(late).toMatchObject({ word: 'NO-GO', line: 'breach' });
    expect(Number(/breach proved: 5xx ([\d.]+) %/.exec(late.because)?.[1])).toBeGreaterThan(1);
  });

  it('needs three batches of observed time, however many observations they are', () => {
    const short = (count: number) => judge(times(count, () => observation({ '5xx': [2, 20] }, { lengthMs: 1000 })));
    expect([short(29).word, short(30).word]).toEqual(['HOLD', 'NO-GO']);
  });

  it('by latency alone needs twelve batches after the warm-up', () => {
    const slow = (count: number) =>
      judgeStage({
        stage,
        observations: times(count, () => observation({ p95: [50, 100] })),
        slos,
        settings: { ...settings, latency: { ...settings.latency, sustainedMs: 300_000 } },
      });
    expect([slow(12).word, slow(13).word]).toEqual(['HOLD', 'NO-GO']);
    expect(slow(13)).toMatchObject({ line: 'breach', because: expect.stringContaining('(4.1a)') as unknown });
  });
});

describe('line 3, the literal rules of the SOP', () => {
  /** 2 % of 100 requests in ten seconds: above 1 %, and no proof within the minutes of these tests. */
  const weak = () => observation({ '5xx': [2, 100] });
  /** The same breach on the baseline is no proof of its own, and no reason against the SOP's rule. */
  const proofless = { alpha: { ...settings.judge.alpha, rollback: 1e-12 } };

  it('sop-confirmed: holds at the first firing, with 300 requests, and not before', () => {
    expect(judge(times(2, weak), proofless).line).not.toBe('sop');
    expect(judge(times(3, weak), proofless)).toMatchObject({ word: 'HOLD', line: 'sop' });
    expect(judge(times(3, weak), proofless).because).toMatch(
      /breach suspected: 5xx 2 % \[.*n = 300 over 60 s \(4\.1b\)/,
    );
  });

  it('sop-confirmed: is NO-GO after thirty more seconds of the same', () => {
    expect(judge(times(5, weak), proofless).word).toBe('HOLD');
    const verdict = judge(times(6, weak), proofless);
    expect(verdict).toMatchObject({ word: 'NO-GO', line: 'sop' });
    expect(of(verdict, '5xx')).toMatchObject({ status: 'fail', clauses: ['3.2d', '4.1b'] });
  });

  it('sop-confirmed: a suspicion that fresh data do not confirm is dropped', () => {
    const recovered = judge(
      times(9, (index) => (index < 3 ? weak() : observation({ '5xx': [0, 400] }))),
      proofless,
    );
    expect(recovered.line).not.toBe('sop');
  });

  it('sop-strict: is NO-GO at the first firing', () => {
    expect(judge(times(3, weak), { ...proofless, mode: 'sop-strict' })).toMatchObject({ word: 'NO-GO', line: 'sop' });
  });

  it('proof-only: neither holds nor rolls back by it', () => {
    const verdict = judge(times(7, weak), { alpha: { rollback: 1e-12, fast: 1e-12, hold: 1e-12 }, mode: 'proof-only' });
    expect(verdict).toMatchObject({ word: 'HOLD', line: 'proofs' });
  });

  it('is not a breach with too few samples', () => {
    expect(judge([observation({ '5xx': [50, 100] })])).toMatchObject({ word: 'HOLD' });
    expect(judge([observation({ '5xx': [50, 100] })]).line).not.toBe('sop');
  });

  it('payments of 98.5 % meet 3.2c and 4.1b rolls back: the stricter applies', () => {
    const half = (index: number) => observation({ pay: [index % 2, 33] });
    expect(of(judge(times(4, half)), 'pay')).toMatchObject({
      status: 'inconclusive',
      because: expect.stringContaining('conflict, the stricter clause applies') as unknown,
    });
    const verdict = judge(times(8, half), proofless);
    expect(verdict).toMatchObject({ word: 'NO-GO', line: 'sop' });
    expect(of(verdict, 'pay')).toMatchObject({ status: 'fail', clauses: ['3.2c', '4.1b'] });
  });
});

describe('latency', () => {
  const slow = () => observation({ p95: [6, 100] });
  const silent = () => observation({ p95: [0, 0] });
  const unobserved = () => observation({}, { observed: false, problems: ['a gap'] });

  it('above the limit for a while is HOLD, sustained it is NO-GO (4.1a)', () => {
    expect(judge(times(7, slow)).word).toBe('HOLD');
    const verdict = judge(times(11, slow));
    expect(verdict).toMatchObject({ word: 'NO-GO', line: 'sop' });
    expect(of(verdict, 'p95')?.clauses).toEqual(['3.2a', '4.1a']);
  });

  it('sustained and proved is NO-GO one line earlier', () => {
    const verdict = judge(times(11, () => observation({ p95: [50, 100] })));
    expect(verdict).toMatchObject({ word: 'NO-GO', line: 'breach' });
    expect(verdict.because).toContain('above the limit in every interval for 100 s');
  });

  it('one interval within the limit ends the span', () => {
    const verdict = judge(times(12, (index) => (index === 5 || index === 6 ? observation() : slow())));
    expect(of(verdict, 'p95')?.status).not.toBe('fail');
  });

  it.each([
    ['without samples', silent],
    ['that was not observed', unobserved],
  ])('an interval %s neither ends nor extends the span, and is named', (_, gap) => {
    const verdict = judge([...times(7, slow), gap(), gap(), ...times(4, slow)]);
    expect(of(verdict, 'p95')?.status).toBe('fail');
    expect(verdict.because).toContain('20 s within it were not observed');
    expect(of(judge([...times(7, slow), ...times(4, gap)]), 'p95')?.status).not.toBe('fail');
  });

  it('does not count during the warm-up', () => {
    expect(judge([observation({ p95: [100, 100], p50: [100, 100] }), ...times(6)]).word).toBe('GO');
  });
});

describe('line 4, holds', () => {
  it('between 0.5 % and 1 % of 5xx: no GO, and no rollback criterion', () => {
    const verdict = judge(times(6, (index) => observation({ '5xx': [index < 4 ? 2 : 0, 200] })));
    expect(verdict.word).toBe('HOLD');
    expect(of(verdict, '5xx')?.status).toBe('inconclusive');
  });

  it('evidence of a breach of the objective holds after two batches, and names the lane', () => {
    const verdict = judge(times(2, () => observation({ '5xx': [18, 100] })));
    expect(verdict).toMatchObject({ word: 'HOLD', line: 'hold' });
    expect(verdict.because).toMatch(/5xx 18 % \[.*n = 200: evidence that it is not within 0\.5 % \(3\.2d\)/);
  });

  it('a canary that is worse than the baseline holds, although it is within its limit', () => {
    const worse = () => observation({ p95: [40, 1000] }, { baseline: { p95: { events: 20, trials: 20_000 } } });
    const verdict = judge(times(6, worse));
    expect(verdict).toMatchObject({ word: 'HOLD', line: 'hold' });
    expect(verdict.because).toContain('more than 1.5 times the odds of the baseline');
  });

  it('spent with a rate that is not within its limit is NO-GO, degraded (4.1c)', () => {
    const rate = (index: number) => observation({ '5xx': [index % 2 === 0 ? 1 : 2, 200] });
    expect(judge(times(17, rate)).word).toBe('HOLD');
    expect(judge(times(18, rate))).toMatchObject({
      word: 'NO-GO',
      line: 'hold',
      because: expect.stringMatching(/degraded \(4\.1c\): 5xx 0\.75 % .*did not return within 3 min/) as unknown,
    });
  });

  it('spent for want of evidence is HOLD, and never a rollback', () => {
    const verdict = judge(times(18, () => observation({ pay: [0, 1] })));
    expect(verdict).toMatchObject({ word: 'HOLD', line: 'hold', spent: true });
    expect(verdict.because).toContain('more samples prove it');
  });
});

describe('unobserved time', () => {
  const gap = () => observation({}, { observed: false, problems: ['unobserved for 40 s'] });

  it('does not count as dwell', () => expect(judge([...times(3), gap(), gap(), gap()]).word).toBe('HOLD'));
  it('is an error while it lasts', () => {
    const verdict = judge([...times(6), gap()]);
    expect(verdict).toMatchObject({ word: 'HOLD', line: 'hold' });
    expect(of(verdict, '5xx')).toMatchObject({
      status: 'error',
      because: expect.stringContaining('unobserved for 40 s') as unknown,
    });
  });
});

describe('the same breach on both sides', () => {
  const both = (trials: number) => () =>
    observation({ '5xx': [trials / 20, trials] }, { baseline: { '5xx': { events: 150, trials: 3000 } } });

  it('has a shared cause, and holds while the criterion of the SOP is not met', () => {
    const verdict = judge(times(5, both(40)), { alpha: { ...settings.judge.alpha, rollback: 0.5 } });
    expect(verdict).toMatchObject({ word: 'HOLD', line: 'breach' });
    expect(verdict.because).toContain('check for a shared cause');
  });

  it('rolls back all the same once it is met, and is named', () => {
    const verdict = judge(times(5, both(200)));
    expect(verdict).toMatchObject({ word: 'NO-GO', line: 'breach' });
    expect(of(verdict, '5xx')?.because).toContain('shared cause');
  });
});

it('evidence that held a stage does not hold the next one, where the baseline has no traffic to lower it', () => {
  const worse = observation({ p95: [40, 1000] }, { baseline: { p95: { events: 20, trials: 20_000 } } });
  const held = times(6, () => worse).reduce(addObservation, enterStage(startJudge({ slos, settings }), stage));
  expect(decide(held)).toMatchObject({ word: 'HOLD', line: 'hold' });
  const full = enterStage(held, { ...stage, share: 100 });
  expect(decide(times(6).reduce(addObservation, full)).word).toBe('GO');
});
