import type { StepOutcome } from '../../core/rollout/advance.ts';
import { observedMs } from '../../core/rollout/observation.ts';
import type { Stage } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import { observeUntil, type Outcome, recordGap } from './observe.ts';
import { openObserver } from './observer.ts';
import type { RolloutRun } from './run.ts';
import { sendSynthetic } from './synthetic.ts';

/** Both releases side by side: the fast lane decides, or the traffic returns once the time of the step-back is over. */
export async function compare(stage: Stage, run: RolloutRun): Promise<StepOutcome | { readonly outcome: Outcome }> {
  const { forMs } = run.state().plan.settings.judge.stepBack;
  const soFar = () => observedMs(run.state().observations);
  const traffic = await sendSynthetic(stage, run, { forMs });
  try {
    await recordGap(stage, run);
    const outcome = await observeUntil(stage, await openObserver(stage, run, traffic), run, () => soFar() >= forMs);
    return outcome === 'continue'
      ? { summary: `nothing proved against the release in ${formatMs(soFar())}` }
      : { outcome };
  } finally {
    traffic.stop();
  }
}
