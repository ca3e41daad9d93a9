import type { Count } from '../evidence.ts';
import { isCount, logLikelihoodRatio, oddsRatios } from './evidence.ts';
import { addRatios, type LaneSettings, type LaneState } from './lane.ts';

/** The same batch of both colours. */
export interface ColourCounts {
  readonly green: Count;
  readonly blue: Count;
}

/**
 * Natural log of the likelihood ratio of "green's odds are r rho times blue's" against "they are rho times blue's": given
 * that the colours had s = s_green + s_blue events together, green's share of them is rho n_green / (rho n_green + n_blue)
 * under the null hypothesis, whatever the split of the traffic and the common rate.
 * It is 0, neutral, while blue or green has no traffic, and for what is not a count. r > 0, rho >= 1.
 * Lindon and Malek, NeurIPS 2022 (anytime-valid inference for multinomial counts).
 */
export function logRegressionRatio({ green, blue }: ColourCounts, rho: number, r: number): number {
  if (!isCount(green.events, green.trials) || !isCount(blue.events, blue.trials) || !(rho >= 1)) return 0;
  if (green.trials === 0 || blue.trials === 0) return 0;
  const share = (rho * green.trials) / (rho * green.trials + blue.trials);
  return logLikelihoodRatio(green.events, green.events + blue.events, share, r);
}

/**
 * The state after one more batch, tested against "green's odds of an event are at most rho times blue's".
 * Valid in this direction only: a small E is no evidence that green is not worse.
 * A batch without traffic on one colour, and what is not a count, leave E as it was. rho is finite and at least 1.
 */
export const addRegressionBatch = (
  state: LaneState,
  settings: LaneSettings,
  batch: ColourCounts,
  rho: number,
): LaneState =>
  addRatios(
    state,
    settings,
    oddsRatios.map((r) => logRegressionRatio(batch, rho, r)),
  );
