import { atStage, withSettings } from '../../core/judge/rollout.ts';
import { decide, type StageVerdict } from '../../core/judge/stage.ts';
import type { Stage } from '../../core/rollout/step.ts';
import { judgedSettings } from '../../core/rollout/watch.ts';
import type { RolloutRun } from './run.ts';

/** The verdict on a stage by everything that has been observed of it. */
export const judgeNow = (stage: Stage, run: RolloutRun): StageVerdict =>
  decide(withSettings(atStage(run.judge(), stage), judgedSettings(run.state())));
