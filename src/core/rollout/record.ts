import type { RolloutEvent } from './advance.ts';
import type { StageForecast } from './forecast.ts';
import type { RolloutPlan } from './plan.ts';

/** ISO 8601 in UTC. */
export type TimedRolloutEvent = RolloutEvent & { readonly at: string };

/** Everything that one rollout did and observed; its state, judgements and charts are derived from it. */
export interface RolloutRecord {
  readonly plan: RolloutPlan;
  readonly forecast: readonly StageForecast[];
  readonly events: readonly TimedRolloutEvent[];
}
