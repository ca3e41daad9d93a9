import { describe, expect, it } from 'vitest';
import { judgeStage } from '../../../src/core/judge/stage.ts';
import type { Observation } from '../../../src/core/rollout/observation.ts';
import { observation, settings, slos, stage } from './samples.ts';

const judge = (observations: readonly Observation[]) => judgeStage({ stage, observations, slos, settings });
const times = (count: number) => Array.from({ length: count }, () => observation());

describe('line 1: readiness under traffic', () => {
  const readyEvery = (lengthMs: number, answers: readonly boolean[]) =>
    judge([...times(6), ...answers.map((ready) => observation({}, { ready, lengthMs }))]);
  const ready = (...answers: readonly boolean[]) => readyEvery(10_000, answers);

  it('lost in one observation is HOLD, in three NO-GO', () => {
    expect(ready(true, false).word).toBe('HOLD');
    expect(ready(true, false, false, false)).toMatchObject({
      word: 'NO-GO',
      line: 'smoke',
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
