import type { Strategy } from '../../core/rollout/plan.ts';

/** What a person may say about a rollout. */
export interface DeployOptions {
  readonly target?: string | undefined;
  readonly release?: string | undefined;
  readonly strategy?: Strategy | undefined;
  readonly slo?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly resume?: boolean | undefined;
  /** Takes an open rollout back. */
  readonly abort?: boolean | undefined;
  /** Waits for another command's lock, so many ms at most. */
  readonly waitMs?: number | undefined;
  /** Takes the router's shares for right, although they are not what was set last. */
  readonly acceptWeights?: boolean | undefined;
  readonly allowProductionLoad?: boolean | undefined;
}
