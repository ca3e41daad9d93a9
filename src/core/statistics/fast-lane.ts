/**
 * The fast lane: gross failures of green alone, in one-second batches of the router's counters.
 *   a_r = ln LR of "above p0"    b_r = ln LR of "worse than rho times blue"    both summed over strata (real, synthetic)
 *   l_r = min(a_r / phi, b_r / phi, c)                     c = (ln(1/alpha) + ln 2) / m
 *   A_r(t) = (A_r(t-1) + pi_t) exp(l_r)
 *   B_r(t) = min((B_r(t-1) + pi_t) exp(l_r), A_r(t-L) + sum of pi over the last L batches)
 *   E      = mean_r B_r + (1 - sum of pi)
 * A batch counts only as far as it speaks for both, and B is what remains when the L consecutive batches that speak most
 * for a rollback are left out: no window of at most L batches can decide, whatever happens in it.
 * If in every other batch green fails at a rate of at most p0, or of at most rho times blue's, independently given the
 * rates or in clusters of mean size at most phi, then the chance that E ever reaches 1/alpha is at most alpha: E stays
 * below the process that skips the window, which is a supermartingale of initial value 1 (Ville 1939).
 * A batch without any traffic is not counted among the L, so that it changes nothing.
 */
import type { Count } from '../evidence.ts';
import { isCount, isRate, logLikelihoodRatio } from './evidence.ts';
import { logAdd, logSumExp } from './log-domain.ts';
import { logRegressionRatio, type ColourCounts } from './regression.ts';

/** Odds ratios of the bets on gross failures, equally weighted. */
export const grossRatios = [4, 8, 16] as const;

export interface FastSettings {
  /** Chance of a wrong rollback by this lane, in (0, 1). */
  readonly alpha: number;
  /** Bad batches beyond the left-out window that can decide, at least 1. */
  readonly m: number;
  /** Batches of the left-out window: the longest tolerated blip in batches, plus 1. Whole, at least 0. */
  readonly L: number;
  /** Batches in which a stake enters; whole, at least 1. */
  readonly K: number;
  /** Mean size of the clusters in which failures come, at least 1. */
  readonly phi: number;
  /** Green's limit, a fraction in (0, 1). */
  readonly p0: number;
  /** How many times blue's odds are tolerated, at least 1. */
  readonly rho: number;
}

export const fastDefaults: FastSettings = { alpha: 0.001, m: 2, L: 4, K: 3000, phi: 1, p0: 0.01, rho: 2 };

export interface FastBatch {
  /** Failures and attempts of the batch, one entry per kind of traffic. */
  readonly strata: readonly ColourCounts[];
  /** The first batch after a traffic shift or a step-back; its stake finds a defect that begins with the split. */
  readonly startsSplit?: boolean;
  /** Part of the warm-up that was fixed in advance: gives no evidence, and its stake enters in the next counted batch. */
  readonly leftOut?: boolean;
}

/** Plain JSON of constant size (about 4 L numbers); made and read by this folder only. */
export interface FastState {
  readonly batches: number;
  /** Splits that have started; the first batch starts one. */
  readonly splits: number;
  /** Stakes of batches that were not counted, entering with the next one that is. */
  readonly postponed: number;
  readonly unspent: number;
  /** ln A_r and ln B_r; empty before the first counted batch, because JSON has no -Infinity. */
  readonly logAll: readonly number[];
  readonly logLeftOut: readonly number[];
  /** The last L counted batches, oldest first: ln A_r before the batch, and the stake that entered with it. */
  readonly window: readonly { readonly logAll: readonly number[]; readonly stake: number }[];
}

/** The state before the first batch: E = 1. Throws RangeError for settings outside of their ranges. */
export function startFastLane(settings: FastSettings): FastState {
  const { alpha, m, L, K, phi, p0, rho } = settings;
  const whole = Number.isSafeInteger(L) && L >= 0 && Number.isSafeInteger(K) && K >= 1;
  const inRange = isRate(alpha) && isRate(p0) && m >= 1 && phi >= 1 && rho >= 1 && Number.isFinite(rho);
  if (!whole || !inRange) throw new RangeError(`the fast lane cannot work with ${JSON.stringify(settings)}`);
  return { batches: 0, splits: 0, postponed: 0, unspent: 1, logAll: [], logLeftOut: [], window: [] };
}

/**
 * The state after one more batch of about one second.
 * A batch without traffic on either colour, one that is left out, and strata that are not counts leave E as it was.
 * Without traffic on blue the relative part is 0, so that E can only fall.
 */
export function addFastBatch(state: FastState, settings: FastSettings, batch: FastBatch): FastState {
  const batches = state.batches + 1;
  const splits = batches === 1 || batch.startsSplit === true ? state.splits + 1 : state.splits;
  const postponed = state.postponed + stakeOf(batches, splits > state.splits ? splits : undefined, settings.K);
  const strata = batch.strata.filter(hasTraffic);
  if (batch.leftOut === true || strata.length === 0) return { ...state, batches, splits, postponed };

  const growth = grossRatios.map((r) => logGrowth(strata, settings, r));
  const entering = Math.log(postponed);
  const grow = (logs: readonly number[]): number[] =>
    growth.map((log, j) => logAdd(logs[j] ?? -Infinity, entering) + log);
  const logAll = grow(state.logAll);
  const window = lastOf([...state.window, { logAll: state.logAll, stake: postponed }], settings.L);
  // Without the window, nothing but its stakes has entered since the batch before it.
  const leftOut = Math.log(window.reduce((sum, { stake }) => sum + stake, 0));
  const before = window.length === 0 ? logAll : (window[0]?.logAll ?? []);
  return {
    batches,
    splits,
    postponed: 0,
    unspent: Math.max(0, state.unspent - postponed),
    logAll,
    logLeftOut: grow(state.logLeftOut).map((log, j) => Math.min(log, logAdd(before[j] ?? -Infinity, leftOut))),
    window,
  };
}

const lastOf = <T>(items: readonly T[], count: number): T[] => items.slice(Math.max(0, items.length - count));

/** Natural log of the lane's e-value; 0 before the first counted batch. Roll back once it is at least ln(1/alpha). */
export const logFastEvidence = (state: FastState): number =>
  logAdd(logSumExp(state.logLeftOut) - Math.log(grossRatios.length), Math.log(state.unspent));

/**
 * l_r: the log of the factor of one batch, for the bet on the odds ratio r > 1. Its exponential has a mean of at most 1
 * whenever green's rate is at most p0 or at most rho times blue's, because it is at most either likelihood ratio.
 */
export function logGrowth(strata: readonly ColourCounts[], settings: FastSettings, r: number): number {
  const { alpha, m, phi, p0, rho } = settings;
  let absolute = 0;
  let relative = 0;
  for (const stratum of strata) {
    if (!hasTraffic(stratum)) continue;
    absolute += logLikelihoodRatio(stratum.green.events, stratum.green.trials, p0, r);
    relative += logRegressionRatio(stratum, rho, r);
  }
  return Math.min(absolute / phi, relative / phi, (Math.log(1 / alpha) + Math.LN2) / m);
}

const isPair = ({ events, trials }: Count): boolean => isCount(events, trials);

const hasTraffic = ({ green, blue }: ColourCounts): boolean =>
  isPair(green) && isPair(blue) && green.trials + blue.trials > 0;

/** pi_t: 1/(4 K) up to batch K, 1/2 more in the first batch, 2^-(k+1) more in the batch that starts split k = 2, 3, ... */
function stakeOf(batch: number, startedSplit: number | undefined, K: number): number {
  const regular = batch <= K ? 1 / (4 * K) : 0;
  if (startedSplit === undefined) return regular;
  return regular + (startedSplit === 1 ? 1 / 2 : 2 ** -(startedSplit + 1));
}
