import {
  addFastBatch,
  type FastBatch,
  type FastSettings,
  type FastState,
  logFastEvidence,
  logMean,
  startFastLane,
} from '../statistics/index.ts';
import type { JudgeInput } from './judge-input.ts';
import { errorSlos } from './tally.ts';

/**
 * How many strata of a sample each fast lane sums. The sum finds a gross failure where users are few, and users alone find
 * one that requests of our own do not meet; the mean of both is an e-process under the same window as either.
 */
const strataOf = ({ settings }: JudgeInput): readonly number[] => (settings.synthetic === false ? [1] : [1, 2]);

/** The fast lanes before the first sample. */
export const startFast = (input: JudgeInput): readonly FastState[] =>
  strataOf(input).map(() => startFastLane(fastSettings(input)));

/** The fast lanes after a sample of about one second, users first in its strata. */
export function addToFast(fast: readonly FastState[], input: JudgeInput, batch: FastBatch): readonly FastState[] {
  const settings = fastSettings(input);
  const counts = strataOf(input);
  return fast.map((lane, index) =>
    addFastBatch(lane, settings, { ...batch, strata: batch.strata.slice(0, counts[index]) }),
  );
}

/** Natural log of the mean of the fast lanes. */
export const logFastMean = ({ fast }: { readonly fast: readonly FastState[] }): number =>
  logMean(fast.map(logFastEvidence));

export function fastSettings({ slos, settings: { judge } }: JudgeInput): FastSettings {
  const [slo] = errorSlos(slos);
  return {
    alpha: judge.alpha.fast,
    m: judge.fast.beyond,
    L: judge.fast.leftOut,
    K: Math.max(1, Math.round((judge.restarts * judge.batchMs) / judge.sample.everyMs)),
    phi: judge.clusters.errors,
    p0: slo?.rollback?.above ?? slo?.limit ?? 0.01,
    rho: judge.tolerance.errors,
  };
}
