import { logBreachEvidence, logWithinEvidence } from './evidence.ts';

/** Confidence of every bound that Shiproom prints: each side errs with probability 1 - level at most. */
export const boundLevel = 0.95;

/**
 * One-sided confidence bounds for the rate behind s events in n trials, each valid with probability `level` at any time.
 * The lower bound is the largest p0 that a breach test rejects, the upper bound the smallest p0 that the opposite test
 * rejects, at alpha = 1 - level; both tests are monotone in p0, so bisection finds them. Returns fractions in [0, 1];
 * no trials, and what is not a count, give [0, 1]. Howard et al., Annals of Statistics 49 (2021) 1055.
 */
export function rateBounds(s: number, n: number, level = boundLevel): { lower: number; upper: number; level: number } {
  const needed = -Math.log(1 - level);
  const lower = bisect((p0) => logBreachEvidence(s, n, p0) >= needed);
  const upper = bisect((p0) => logWithinEvidence(s, n, p0) < needed);
  return { lower, upper, level };
}

/** The boundary in [0, 1] between where `below` holds and where it does not; 0 where it never does, 1 where it always does. */
function bisect(below: (p0: number) => boolean): number {
  let low = 0;
  let high = 1;
  if (!below(Number.MIN_VALUE)) return 0;
  if (below(1 - Number.EPSILON)) return 1;
  // 60 halvings are finer than a double's resolution around a rate of one in a million.
  for (let halving = 0; halving < 60; halving += 1) {
    const middle = (low + high) / 2;
    if (below(middle)) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
