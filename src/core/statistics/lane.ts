/**
 * A lane: the capped, restarting test of one rate over batches of observed time (10 s each).
 *   R_j <- (R_j + pi_t) exp(min(logLR_j / phi, c))    E = mean_j R_j + (1 - sum of pi)
 * over the odds ratios j. The stakes pi_t enter one after the other, so that a defect that begins late is found as fast
 * as one that was there from the start (Shin, Ramdas and Rinaldo on e-detectors), and the cap c makes a decision on fewer
 * than `capBatches` batches impossible. If in every batch, given the past, each trial fails with probability at most p0,
 * independently of the others of the batch or in clusters of mean size at most phi, the chance that the mean of all lanes
 * ever reaches 1/alpha is at most alpha, whatever the dependence between batches (Ville 1939).
 */
import type { Count } from '../evidence.ts';
import { isCount, isRate, logLikelihoodRatio, oddsRatios } from './evidence.ts';
import { logAdd, logSumExp } from './log-domain.ts';

export interface LaneSettings {
  /** Lanes whose e-values are averaged before they are compared with 1/alpha. At least 1. */
  readonly lanes: number;
  /** Chance of a wrong decision by all those lanes together, in (0, 1). */
  readonly alpha: number;
  /** The fewest batches that can decide; absent: one batch is not limited. */
  readonly capBatches?: number;
  /** Mean size of the clusters in which events come, at least 1; 1 where they are counted once per user or key. */
  readonly phi: number;
  /** K: the batches in which a stake enters. At least 1; 1 is the plain mixture. */
  readonly restarts: number;
}

/** Plain JSON of constant size; made and read by this folder only. */
export interface LaneState {
  readonly batches: number;
  /** 1 - the sum of the stakes that have entered. */
  readonly unspent: number;
  /** ln R_j per odds ratio; empty before the first batch, because JSON has no -Infinity. */
  readonly logStakes: readonly number[];
}

/** The state before the first batch: E = 1. Throws RangeError for settings outside of their ranges. */
export function startLane(settings: LaneSettings): LaneState {
  const { lanes, alpha, capBatches = 1, phi, restarts } = settings;
  const valid = lanes >= 1 && isRate(alpha) && capBatches > 0 && phi >= 1 && Number.isSafeInteger(restarts);
  if (!valid || restarts < 1) throw new RangeError(`a lane cannot work with ${JSON.stringify(settings)}`);
  return { batches: 0, unspent: 1, logStakes: [] };
}

/**
 * The state after one more batch, tested against "rate <= p0"; p0 in (0, 1), the same in every batch.
 * An empty batch, and what is not a count, leave E as it was.
 */
export function addBreachBatch(state: LaneState, settings: LaneSettings, batch: Count, p0: number): LaneState {
  const { events: s, trials: n } = batch;
  const counts = isCount(s, n) && isRate(p0);
  return addRatios(
    state,
    settings,
    oddsRatios.map((r) => (counts ? logLikelihoodRatio(s, n, p0, r) : 0)),
  );
}

/** Natural log of the lane's e-value; 0 before the first batch. At least -Infinity, never NaN. */
export const logLaneEvidence = (state: LaneState): number =>
  logAdd(logSumExp(state.logStakes) - Math.log(oddsRatios.length), Math.log(state.unspent));

/** The state after a batch whose log likelihood ratios are given per odds ratio, in their order. */
export function addRatios(state: LaneState, settings: LaneSettings, logRatios: readonly number[]): LaneState {
  const batches = state.batches + 1;
  const logStake = Math.log(stake(batches, settings.restarts));
  const cap = capOf(settings);
  return {
    batches,
    unspent: unspentAfter(batches, settings.restarts),
    logStakes: logRatios.map(
      (logRatio, j) => logAdd(state.logStakes[j] ?? -Infinity, logStake) + Math.min(logRatio / settings.phi, cap),
    ),
  };
}

/** c: the most that the log of a stake can grow in one batch. From E <= 1, `capBatches` of it reach lanes/alpha with pi_1 = 1/2. */
const capOf = ({ lanes, alpha, capBatches }: LaneSettings): number =>
  capBatches === undefined ? Infinity : (Math.log(lanes / alpha) + Math.LN2) / capBatches;

/** pi_t: half in the first batch, the other half in equal parts up to batch K, none after it. */
function stake(batch: number, restarts: number): number {
  if (batch > restarts) return 0;
  if (restarts === 1) return 1;
  return batch === 1 ? 1 / 2 : 1 / (2 * (restarts - 1));
}

/** 1 - the sum of the stakes up to a batch, in closed form, so that it ends at exactly 0. */
function unspentAfter(batch: number, restarts: number): number {
  if (batch >= restarts) return 0;
  return 1 / 2 - (batch - 1) / (2 * (restarts - 1));
}
