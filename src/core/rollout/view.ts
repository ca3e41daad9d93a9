import type { Judgement } from '../verdict.ts';
import type { RolloutSettings } from './settings.ts';
import type { Shares, Stage } from './step.ts';
import { observedMs, sumServed, type Observation, type Served } from './observation.ts';

/** The current stage, for the live display. */
export interface StageView {
  readonly stage: Stage;
  readonly shares?: Shares;
  readonly observedMs: number;
  readonly dwellMs: number;
  readonly judgements: readonly Judgement[];
  readonly users?: Served;
  readonly problem?: string;
}

export function viewStage(
  stage: Stage,
  observations: readonly Observation[],
  settings: RolloutSettings,
  judgements: readonly Judgement[],
): StageView {
  const last = observations.at(-1);
  const users = sumServed(observations, 'canary');
  return {
    stage,
    ...(last?.shares ? { shares: last.shares } : {}),
    observedMs: observedMs(observations),
    dwellMs: settings.dwellMs,
    judgements,
    ...(users ? { users } : {}),
    ...(last?.problems[0] === undefined ? {} : { problem: last.problems[0] }),
  };
}
