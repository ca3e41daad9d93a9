import { describe, expect, it } from 'vitest';
import {
  logBreachEvidence,
  logMean,
  logWithinEvidence,
  rateBounds,
  trialsToProve,
} from '../../../src/core/statistics/index.ts';
import { nineDecimals, vectors } from './vectors.ts';

describe('reference values of one count', () => {
  it.each(vectors.logE)('log evidence of $s in $n against $p0', ({ s, n, p0, breach, within }) => {
    expect(logBreachEvidence(s, n, p0)).toBeCloseTo(breach, nineDecimals);
    expect(logWithinEvidence(s, n, p0)).toBeCloseTo(within, nineDecimals);
  });

  it.each(vectors.oneSidedCS)('bounds of $s in $n at alpha $alpha', ({ s, n, alpha, lower, upper }) => {
    const bounds = rateBounds(s, n, 1 - alpha);
    expect(bounds.lower).toBeCloseTo(lower, nineDecimals);
    expect(bounds.upper).toBeCloseTo(upper, nineDecimals);
  });

  it.each(vectors.minFailuresToReject)(
    '$minS failures of $n reject $p0, one fewer does not',
    ({ n, p0, alpha, minS }) => {
      expect(logBreachEvidence(minS, n, p0)).toBeGreaterThanOrEqual(-Math.log(alpha));
      expect(logBreachEvidence(minS - 1, n, p0)).toBeLessThan(-Math.log(alpha));
    },
  );

  it.each(vectors.maxFailuresToProveWithin)('at most $maxS failures of $n prove < $p0', ({ n, p0, beta, maxS }) => {
    if (maxS >= 0) expect(logWithinEvidence(maxS, n, p0)).toBeGreaterThanOrEqual(-Math.log(beta));
    expect(logWithinEvidence(maxS + 1, n, p0)).toBeLessThan(-Math.log(beta));
  });

  it.each([
    [0.01, 391],
    [0.005, 783],
    [0.02, 195],
    [0.05, 77],
    [0.5, 6],
  ])('an empty record proves < %d from %d trials on', (p0, n) => {
    expect(trialsToProve(p0)).toBe(n);
  });
});

describe('the mean of e-values', () => {
  it('is taken on the values, not on their logs, and does not overflow', () => {
    expect(logMean([Math.log(1), Math.log(3)])).toBeCloseTo(Math.log(2), nineDecimals);
    expect(logMean([5000, 0])).toBeCloseTo(5000 - Math.LN2, nineDecimals);
  });

  it('of no lanes, or of a lane that is no number, never reaches a threshold', () => {
    expect(logMean([])).toBe(-Infinity);
    expect(logMean([Number.NaN])).toBe(-Infinity);
    expect(logMean([Number.NaN, 0])).toBeCloseTo(-Math.LN2, nineDecimals);
  });
});
