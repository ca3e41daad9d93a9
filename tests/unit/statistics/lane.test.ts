import { describe, expect, it } from 'vitest';
import {
  addBreachBatch,
  logLaneEvidence,
  startLane,
  type LaneSettings,
  type LaneState,
} from '../../../src/core/statistics/index.ts';
import { nineDecimals, vectors } from './vectors.ts';

describe('a lane', () => {
  it.each(vectors.traces)('$name', ({ K, phi, p0, batches, logE }) => {
    const settings: LaneSettings = { lanes: 1, alpha: 0.01, phi, restarts: K };
    let state: LaneState = startLane(settings);
    for (const [index, [events, trials]] of batches.entries()) {
      state = addBreachBatch(state, settings, { events, trials }, p0);
      expect(logLaneEvidence(state)).toBeCloseTo(logE[index] ?? Number.NaN, nineDecimals);
    }
  });

  it('decides on capBatches bad batches and on no fewer, however bad they are', () => {
    const settings: LaneSettings = { lanes: 4, alpha: 0.009, capBatches: 3, phi: 1, restarts: 300 };
    const needed = Math.log(4 / 0.009);
    let state = startLane(settings);
    for (const decided of [false, false, true]) {
      state = addBreachBatch(state, settings, { events: 1_000_000, trials: 1_000_000 }, 0.01);
      expect(logLaneEvidence(state) >= needed).toBe(decided);
    }
  });

  it('refuses settings outside of their ranges', () => {
    const settings: LaneSettings = { lanes: 1, alpha: 0.01, phi: 1, restarts: 300 };
    for (const wrong of [
      { lanes: 0 },
      { alpha: 1 },
      { alpha: Number.NaN },
      { phi: 0.5 },
      { restarts: 0 },
      { capBatches: 0 },
    ])
      expect(() => startLane({ ...settings, ...wrong })).toThrow(RangeError);
  });
});
