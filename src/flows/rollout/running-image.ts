import { judgeRunning } from '../../core/judge/artifacts.ts';
import type { RunningEvidence } from '../../core/artifacts.ts';
import type { Judgement } from '../../core/verdict.ts';
import type { Side } from '../../core/rollout/step.ts';
import { stepFailed } from './release-steps.ts';
import type { RolloutRun } from './run.ts';
import { placesOf } from './sides.ts';

/** Clause 1.3b: what runs on a side is the image that the preflight recorded. Throws ToolError where it is another one. */
export async function confirmImage(side: Side, release: string, run: RolloutRun): Promise<Judgement | undefined> {
  const { plan, phase } = run.state();
  if (phase === 'rolling-back' || side.kind === 'public') return undefined;
  const found = await run.services.readRunning({ release, places: await placesOf(side, run) });
  // A rollout of its own needs no preflight.
  if (!found || (!found.recorded && plan.verb !== 'release')) return undefined;
  run.evidence.running = merge(run.evidence.running, found);
  const judgement = judgeRunning(found);
  if (!('status' in judgement)) return undefined;
  run.emit({ type: 'judged', judgement });
  if (judgement.status === 'fail') throw stepFailed(`${judgement.title}: ${judgement.because}`);
  return judgement;
}

/** A rolling update verifies one instance after the other. */
function merge(earlier: RunningEvidence | undefined, found: RunningEvidence): RunningEvidence {
  const others = earlier?.running.filter(({ place }) => !found.running.some((each) => each.place === place)) ?? [];
  return { ...found, running: [...others, ...found.running] };
}
