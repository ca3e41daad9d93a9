import type { StartedProcess } from '../drivers.ts';
import type { Observation } from './observation.ts';
import type { RolloutPlan } from './plan.ts';
import type { RolloutStep, Shares, Stage } from './step.ts';

export type Phase = 'planned' | 'progressing' | 'rolling-back' | 'promoted' | 'rolled-back' | 'rollback-failed';

export interface RolloutState {
  readonly plan: RolloutPlan;
  readonly phase: Phase;
  /** The steps of the current direction; `position` is the next one. */
  readonly steps: readonly RolloutStep[];
  readonly position: number;
  /** Every step that was started while progressing; the last may be unfinished. */
  readonly startedSteps: readonly RolloutStep[];
  /** Set while the last `intended` has no `done`: whether its effect took place is unknown. */
  readonly intended?: RolloutStep;
  /** Commands that were started for it, and may still be running if this process takes over from a dead one. */
  readonly commands: readonly StartedProcess[];
  readonly paused: boolean;
  /** As read back from the router after the last shift; undefined before the first. */
  readonly shares?: Shares;
  /** The last stage that was reached, and its observations since traffic was shifted to it. */
  readonly stage?: Stage;
  readonly observations: readonly Observation[];
  /** Added to the hold budget of the current stage. */
  readonly extendedMs: number;
  /** Observed time since the last shift until which the watch goes on, where it was extended. */
  readonly watchUntilMs?: number;
  /** The watch is over and has not proved what it should; it goes on when the rollout is resumed. */
  readonly watchHeld: boolean;
  /** How many times the traffic was put back from 100 % to the previous stage. */
  readonly stepBacks: number;
  /** Why it was rolled back, why the rollback failed, or that it was promoted. */
  readonly because: string;
  /** Why a rollback was begun; it keeps this reason when it fails and is ordered again. */
  readonly rollbackReason?: string;
  /** What failed of the rollback; it goes on as far as it can and ends as failed. */
  readonly failures: readonly string[];
  /** The rollback could not return the traffic, so that there is nothing to prove of the previous release. */
  readonly withoutTraffic?: true;
}
