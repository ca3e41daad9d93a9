import type { Attestation } from '../../core/crashes.ts';
import type { Decision } from '../../core/rollout/decided.ts';
import type { Strategy } from '../../core/rollout/plan.ts';

/** The flags of `npm run deploy` and `npm run watch`. */
export interface DeployOptions {
  /** `watch`: of a release that is live already, instead of a rollout. `release`: with everything before and after it. */
  readonly verb?: 'watch' | 'release' | undefined;
  /** Of a release: who has reviewed its crashes, and what was reviewed. */
  readonly attestation?: Attestation | undefined;
  /** Of a release: why it is shipped inside a freeze window. */
  readonly hotfix?: string | undefined;
  /** Of a watch: where the release is live. */
  readonly environment?: string | undefined;
  /** Of a watch: when the release was shipped, in ms since the epoch. */
  readonly sinceMs?: number | undefined;
  /** Why a release that was rolled back is shipped again. */
  readonly retryRejected?: string | undefined;
  readonly target?: string | undefined;
  readonly release?: string | undefined;
  readonly strategy?: Strategy | undefined;
  readonly slo?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly resume?: boolean | undefined;
  /** Rolls the open rollout back. */
  readonly abort?: boolean | undefined;
  /** Why. */
  readonly abortReason?: string | undefined;
  /** Waits at most so many ms for the lock of another command. */
  readonly waitMs?: number | undefined;
  /** Starts although the shares are not what the last rollout set; with `resume`, sets them again. */
  readonly acceptWeights?: boolean | undefined;
  /** With `resume`: what an operator has decided. */
  readonly decision?: Decision | undefined;
  readonly allowProductionLoad?: boolean | undefined;
}
