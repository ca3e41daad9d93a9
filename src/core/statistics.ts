/**
 * Anytime-valid tests of a rate: they may be evaluated any number of times while data arrives.
 * A bet on an odds ratio r against "the rate is p0" multiplies its stake by the likelihood ratio of every trial;
 * the mixture over several r is an e-value, and by Ville's inequality (1939) it reaches 1/alpha with probability at
 * most alpha while the null hypothesis holds. See Howard, Ramdas, McAuliffe, Sekhon, Annals of Statistics 49 (2021) 1055.
 */

/** Odds ratios of the bets, equally weighted. */
const oddsRatios = [1.5, 2, 4, 8, 16] as const;

/** Confidence of every bound that Shiproom prints: each side errs with probability 1 - level at most. */
export const boundLevel = 0.95;

/** Whether s events in n trials is a count: whole numbers with 0 <= s <= n. Everything below gives no evidence for others. */
export const isCount = (s: number, n: number): boolean =>
  Number.isSafeInteger(s) && Number.isSafeInteger(n) && s >= 0 && s <= n;

/**
 * Natural log of the e-value against "rate <= p0", from s events in n trials. Large: strong evidence of a breach.
 * s and n are counts with 0 <= s <= n; p0 in (0, 1). Zero trials, and what is not a count, give 0: no evidence either way.
 */
export const logBreachEvidence = (s: number, n: number, p0: number): number => logMixture(s, n, p0, oddsRatios);

/**
 * Natural log of the e-value against "rate >= p0". Large: strong evidence that the rate is below p0.
 * Arguments as in {@link logBreachEvidence}.
 */
export const logWithinEvidence = (s: number, n: number, p0: number): number =>
  logMixture(
    s,
    n,
    p0,
    oddsRatios.map((r) => 1 / r),
  );

function logMixture(s: number, n: number, p0: number, ratios: readonly number[]): number {
  if (!isCount(s, n)) return 0;
  const terms = ratios.map((r) => s * Math.log(r) - n * Math.log1p((r - 1) * p0));
  const largest = Math.max(...terms);
  const sum = terms.reduce((total, term) => total + Math.exp(term - largest), 0);
  return largest + Math.log(sum / ratios.length);
}

/**
 * One-sided confidence bounds for the rate behind s events in n trials, each valid with probability `level`.
 * The lower bound is the largest p0 that a breach test rejects, the upper bound the smallest p0 that the opposite test
 * rejects, at alpha = 1 - level; both tests are monotone in p0, so bisection finds them. Returns fractions in [0, 1];
 * no trials, and what is not a count, give [0, 1].
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

/**
 * The fewest trials without a single event whose upper bound at `level` is below p0. p0 and level in (0, 1).
 */
export function trialsToProve(p0: number, level = boundLevel): number {
  const needed = -Math.log(1 - level);
  let high = 1;
  while (logWithinEvidence(0, high, p0) < needed) high *= 2;
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (logWithinEvidence(0, middle, p0) >= needed) high = middle;
    else low = middle;
  }
  return high;
}
