import type { Judgement } from '../verdict.ts';
import type { RolloutState } from './advance.ts';
import type { RolloutSettings } from './settings.ts';
import type { Shares, Stage } from './step.ts';
import { isWatching, watchEndMs } from './watch.ts';
import { observedMs, sumServed, type Served } from './observation.ts';

/** The current stage, for the live display. */
export interface StageView {
  readonly stage: Stage;
  /** Its watch, once the stage itself is over. */
  readonly isWatch: boolean;
  readonly shares?: Shares;
  readonly observedMs: number;
  readonly dwellMs: number;
  readonly judgements: readonly Judgement[];
  readonly users?: Served;
  readonly problem?: string;
}

/** Least observed time of a stage, and the whole one of a step-back. */
export const stageMs = ({ stepBack }: Stage, settings: RolloutSettings): number =>
  stepBack === undefined ? settings.dwellMs : settings.judge.stepBack.forMs;

export function viewStage(stage: Stage, state: RolloutState, judgements: readonly Judgement[]): StageView {
  const { observations } = state;
  const isWatch = isWatching(state);
  const last = observations.at(-1);
  const users = sumServed(observations, 'canary');
  return {
    stage,
    isWatch,
    ...(last?.shares ? { shares: last.shares } : {}),
    observedMs: observedMs(observations),
    dwellMs: isWatch ? watchEndMs(state) : stageMs(stage, state.plan.settings),
    judgements,
    ...(users ? { users } : {}),
    ...(last?.problems[0] === undefined ? {} : { problem: last.problems[0] }),
  };
}
