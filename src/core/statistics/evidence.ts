/**
 * Evidence about one rate from one count, valid however often it is evaluated while data arrives.
 * A bet on an odds ratio r against "the rate is p0" multiplies its stake by the likelihood ratio of every trial;
 * the mixture over several r is an e-value, and by Ville's inequality (1939) it reaches 1/alpha with probability at
 * most alpha while the null hypothesis holds. See Howard, Ramdas, McAuliffe, Sekhon, Annals of Statistics 49 (2021) 1055.
 */
import { logSumExp } from './log-domain.ts';

/** Odds ratios of the bets, equally weighted. */
export const oddsRatios = [1.5, 2, 4, 8, 16] as const;

/** Whether s events in n trials is a count: whole numbers with 0 <= s <= n. Nothing else gives evidence in this folder. */
export const isCount = (s: number, n: number): boolean =>
  Number.isSafeInteger(s) && Number.isSafeInteger(n) && s >= 0 && s <= n;

/** Whether p0 is a rate that can be tested: a fraction strictly between 0 and 1. */
export const isRate = (p0: number): boolean => p0 > 0 && p0 < 1;

/**
 * Natural log of the likelihood ratio of "odds multiplied by r" against "rate p0", for s events in n trials:
 * s ln r - n ln(1 + (r - 1) p0). Wald, Annals of Mathematical Statistics 16 (1945) 117.
 * s and n are a count, r > 0, p0 in [0, 1].
 */
export const logLikelihoodRatio = (s: number, n: number, p0: number, r: number): number =>
  s * Math.log(r) - n * Math.log1p((r - 1) * p0);

/**
 * Natural log of the e-value against "rate <= p0", from s events in n trials. Large: strong evidence of a breach.
 * s and n are counts with 0 <= s <= n; p0 in (0, 1). Zero trials, what is not a count, and a p0 outside of (0, 1) give 0:
 * no evidence either way.
 */
export const logBreachEvidence = (s: number, n: number, p0: number): number => logMixture(s, n, p0, oddsRatios);

const inverseRatios = oddsRatios.map((r) => 1 / r);

/**
 * Natural log of the e-value against "rate >= p0". Large: strong evidence that the rate is below p0.
 * Arguments as in {@link logBreachEvidence}.
 */
export const logWithinEvidence = (s: number, n: number, p0: number): number => logMixture(s, n, p0, inverseRatios);

function logMixture(s: number, n: number, p0: number, ratios: readonly number[]): number {
  if (!isCount(s, n) || n === 0 || !isRate(p0)) return 0;
  return logSumExp(ratios.map((r) => logLikelihoodRatio(s, n, p0, r))) - Math.log(ratios.length);
}
