import fc from 'fast-check';
import { expect } from 'vitest';
import {
  addBreachBatch,
  addFastBatch,
  addRegressionBatch,
  fastDefaults,
  isCount,
  startFastLane,
  startLane,
  type ColourCounts,
  type FastBatch,
  type LaneSettings,
} from '../../../src/core/statistics/index.ts';

export interface Pair {
  readonly events: number;
  readonly trials: number;
}

export const count = (most = 200) =>
  fc.nat(most).chain((trials) => fc.record({ events: fc.nat(trials), trials: fc.constant(trials) }));
export const colours: fc.Arbitrary<ColourCounts> = fc.record({ green: count(), blue: count() });
export const limit = fc.double({ min: 0.001, max: 0.6, noNaN: true });
export const laneSettings: fc.Arbitrary<LaneSettings> = fc.record(
  {
    lanes: fc.constantFrom(1, 4, 8),
    alpha: fc.constantFrom(0.009, 0.05),
    capBatches: fc.constantFrom(2, 3, 12),
    phi: fc.constantFrom(1, 2),
    restarts: fc.constantFrom(1, 2, 5, 300),
  },
  { requiredKeys: ['lanes', 'alpha', 'phi', 'restarts'] },
);
export const empty = { events: 0, trials: 0 };
/** What a counter that was reset, a broken exporter or a wrong parser would give. */
export const notCount: fc.Arbitrary<Pair> = fc
  .record({
    events: fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, 0.5, 2 ** 60)),
    trials: fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Infinity, -Infinity, -1, 0.5, 2 ** 60)),
  })
  .filter(({ events, trials }) => !isCount(events, trials));

export const breach = (batches: readonly Pair[], settings: LaneSettings, p0: number) => {
  let state = startLane(settings);
  for (const batch of batches) state = addBreachBatch(state, settings, batch, p0);
  return state;
};
export const regression = (batches: readonly ColourCounts[], settings: LaneSettings, rho: number) => {
  let state = startLane(settings);
  for (const batch of batches) state = addRegressionBatch(state, settings, batch, rho);
  return state;
};
export const fast = (batches: readonly FastBatch[]) => {
  let state = startFastLane(fastDefaults);
  for (const batch of batches) state = addFastBatch(state, fastDefaults, batch);
  return state;
};
export const fastOf = (batches: readonly ColourCounts[]) => fast(batches.map((stratum) => ({ strata: [stratum] })));
export const close = (a: number, b: number): void => {
  expect(Math.abs(a - b)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(a)));
};
export const atLeast = (more: number, less: number): void => {
  expect(more).toBeGreaterThanOrEqual(less - 1e-9 * Math.max(1, Math.abs(less)));
};
