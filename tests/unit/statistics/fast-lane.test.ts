import { describe, expect, it } from 'vitest';
import {
  addFastBatch,
  addStepBackBatch,
  fastDefaults,
  type FastBatch,
  type FastSettings,
  type FastState,
  logFastEvidence,
  logStepBackEvidence,
  startFastLane,
  startStepBack,
  stepBackDefaults,
  stepBackDue,
  type StepBackState,
} from '../../../src/core/statistics/index.ts';
import { logGrowth } from '../../../src/core/statistics/fast-lane.ts';
import { binomial } from './binomial.ts';
import { type FastRow, nineDecimals, vectors } from './vectors.ts';

const stratum = ([nGreen, nBlue, sGreen, sBlue]: FastRow) => ({
  green: { events: sGreen, trials: nGreen },
  blue: { events: sBlue, trials: nBlue },
});

describe('the fast lane', () => {
  it.each(vectors.fastLane.fastTraces)('$name', ({ batches, shift, params, logE, decidedAt }) => {
    const settings: FastSettings = { ...fastDefaults, ...params };
    let state: FastState = startFastLane(settings);
    let decided: number | null = null;
    for (const [index, row] of batches.entries()) {
      const batch: FastBatch = { strata: [stratum(row)], startsSplit: shift.includes(index + 1) };
      state = addFastBatch(state, settings, batch);
      const evidence = logFastEvidence(state);
      expect(evidence).toBeCloseTo(logE[index] ?? Number.NaN, nineDecimals);
      if (evidence >= -Math.log(settings.alpha)) decided ??= index + 1;
    }
    expect(decided).toBe(decidedAt);
  });
});

/** The exact mean of exp(l_r) over the independent failures of one batch. */
function batchMean(nGreen: number, nBlue: number, pGreen: number, pBlue: number, r: number): number {
  let mean = 0;
  for (const [sGreen, greenChance] of binomial(nGreen, pGreen).entries())
    for (const [sBlue, blueChance] of binomial(nBlue, pBlue).entries())
      mean +=
        greenChance * blueChance * Math.exp(logGrowth([stratum([nGreen, nBlue, sGreen, sBlue])], fastDefaults, r));
  return mean;
}

describe('the exact mean of one batch', () => {
  it.each(vectors.fastLane.exactBatchMean)(
    'of $nGreen and $nBlue requests at rates $pGreen and $pBlue, r = $r',
    ({ nGreen, nBlue, pGreen, pBlue, r, null: hypothesis, mean }) => {
      const exact = batchMean(nGreen, nBlue, pGreen, pBlue, r);
      expect(exact).toBeCloseTo(mean, nineDecimals);
      if (hypothesis !== 'none') expect(exact).toBeLessThanOrEqual(1);
    },
  );
});

describe('the step-back', () => {
  it.each(vectors.fastLane.stepBackTraces)('$name', ({ batches, h, m, logD }) => {
    let state: StepBackState = startStepBack();
    for (const [index, [trials, events]] of batches.entries()) {
      state = addStepBackBatch(state, { events, trials }, { h, m });
      expect(logStepBackEvidence(state)).toBeCloseTo(logD[index] ?? Number.NaN, nineDecimals);
      expect(stepBackDue(state, { h })).toBe(index === batches.length - 1);
    }
  });

  it('is due after m bad seconds, and never on what is not a count', () => {
    let state = startStepBack();
    for (let second = 1; second <= stepBackDefaults.m; second += 1) {
      expect(stepBackDue(state, stepBackDefaults)).toBe(false);
      for (const [events, trials] of [
        [0, 0],
        [Number.NaN, 9],
        [9, 5],
        [-1, 5],
      ] as const)
        expect(addStepBackBatch(state, { events, trials }, stepBackDefaults)).toBe(state);
      state = addStepBackBatch(state, { events: 500, trials: 500 }, stepBackDefaults);
    }
    expect(stepBackDue(state, stepBackDefaults)).toBe(true);
  });
});
