import type { RolloutEvent } from './advance.ts';
import type { StageForecast } from './forecast.ts';
import type { RolloutPlan } from './plan.ts';

/** ISO 8601 in UTC. */
export type TimedRolloutEvent = RolloutEvent & { readonly at: string };

/** All that one rollout did and saw; its state, its judgements and its picture are made of this. */
export interface RolloutRecord {
  readonly plan: RolloutPlan;
  readonly forecast: readonly StageForecast[];
  readonly events: readonly TimedRolloutEvent[];
}
