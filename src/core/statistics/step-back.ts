/**
 * The step-back: at full green blue has no traffic to compare with, so a burst of failures puts the traffic back to the
 * previous stage for a while, and the fast lane decides there. It is no verdict and costs no alpha.
 *   D_r <- max(1, D_r) exp(min(a_r, ln(h) / m))      due once ln mean_r D_r >= ln h
 * A CUSUM of likelihood ratios: Page, Biometrika 41 (1954) 100; its mean time to a false alarm is at least h batches.
 */
import type { Count } from '../evidence.ts';
import { logMean } from './combine.ts';
import { isCount, isRate, logLikelihoodRatio } from './evidence.ts';
import { grossRatios } from './fast-lane.ts';

export interface StepBackSettings {
  /** Threshold, above 1. */
  readonly h: number;
  /** The fewest bad batches that meet it, at least 1. */
  readonly m: number;
  /** Green's limit, a fraction in (0, 1); 0.01 where absent. */
  readonly p0?: number;
}

export const stepBackDefaults = { h: 200, m: 5, p0: 0.01 } as const satisfies StepBackSettings;

/** Plain JSON of constant size; made and read by this folder only. */
export interface StepBackState {
  /** ln D_r per odds ratio. */
  readonly logD: readonly number[];
}

/** D = 1: the state at full green, and again after each step-back. */
export const startStepBack = (): StepBackState => ({ logD: grossRatios.map(() => 0) });

/** The state after one more batch of about one second at full green. An empty batch, and what is not a count, change nothing. */
export function addStepBackBatch(state: StepBackState, batch: Count, settings: StepBackSettings): StepBackState {
  const { h, m, p0 = stepBackDefaults.p0 } = settings;
  const { events: s, trials: n } = batch;
  if (!isCount(s, n) || n === 0 || !isRate(p0)) return state;
  const logD = grossRatios.map(
    (r, index) => Math.max(0, state.logD[index] ?? 0) + Math.min(logLikelihoodRatio(s, n, p0, r), Math.log(h) / m),
  );
  return { logD };
}

/** Natural log of the mean of D over the odds ratios. */
export const logStepBackEvidence = (state: StepBackState): number => logMean(state.logD);

/** Whether the traffic is to be put back; the tolerance is for m equal steps of ln(h) / m, which meet ln h exactly. */
export const stepBackDue = (state: StepBackState, { h }: { readonly h: number }): boolean =>
  logStepBackEvidence(state) >= Math.log(h) - 1e-9;
