import { expect, it } from 'vitest';
import {
  addRegressionBatch,
  logBreachEvidence,
  logLaneEvidence,
  startLane,
  type ColourCounts,
  type LaneSettings,
} from '../../../src/core/statistics/index.ts';
import { nineDecimals } from './vectors.ts';

/** The plain mixture: its evidence is that of one count. */
const plain: LaneSettings = { lanes: 1, alpha: 0.05, phi: 1, restarts: 1 };
const evidence = (batch: ColourCounts, rho: number): number =>
  logLaneEvidence(addRegressionBatch(startLane(plain), plain, batch, rho));

it("green's share of the events is tested against its share of the traffic, weighted by rho", () => {
  const batch = { green: { events: 9, trials: 100 }, blue: { events: 3, trials: 300 } };
  expect(evidence(batch, 2)).toBeCloseTo(logBreachEvidence(9, 12, 200 / 500), nineDecimals);
});

it('is neutral without traffic on one colour and for what is not a count', () => {
  const count = { events: 5, trials: 10 };
  for (const nothing of [
    { events: 0, trials: 0 },
    { events: -1, trials: 10 },
    { events: 11, trials: 10 },
    { events: Number.NaN, trials: 10 },
    { events: 1, trials: Infinity },
  ]) {
    expect(evidence({ green: count, blue: nothing }, 2)).toBe(0);
    expect(evidence({ green: nothing, blue: count }, 2)).toBe(0);
  }
});
