import type { StepOutcome } from '../../core/rollout/advance.ts';
import type { Outcome } from './observe.ts';
import type { RolloutRun } from './run.ts';

/** Clause 3.3a. */
export async function finalize(_run: RolloutRun): Promise<StepOutcome | { readonly outcome: Outcome }> {
  return { summary: 'not wired' };
}

/** Clause 3.3b. */
export async function reviewCrashes(_run: RolloutRun): Promise<StepOutcome | { readonly outcome: Outcome }> {
  return { summary: 'not wired' };
}
