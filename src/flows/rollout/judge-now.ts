import { frontBefore } from '../../core/judge/rollout.ts';
import { judgeStage, type StageVerdict } from '../../core/judge/stage.ts';
import type { Stage } from '../../core/rollout/step.ts';
import { judgedSettings } from '../../core/rollout/watch.ts';
import type { RolloutRun } from './run.ts';

/** The verdict on a stage by everything that has been observed of it. */
export function judgeNow(stage: Stage, run: RolloutRun): StageVerdict {
  const { observations } = run.state();
  const settings = judgedSettings(run.state());
  return judgeStage({ stage, observations, slos: run.slos, settings, frontBefore: frontBefore(run.record().events) });
}
