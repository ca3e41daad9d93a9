import { advance, isFinished, type RolloutState, startRollout } from '../../../src/core/rollout/advance.ts';
import type { RolloutPlan } from '../../../src/core/rollout/plan.ts';
import { stepInfo } from '../../../src/core/rollout/step-info.ts';
import { type RolloutStep } from '../../../src/core/rollout/step.ts';
import { finish } from './samples.ts';

export const ids = (state: Pick<RolloutState, 'steps'>): string[] => state.steps.map((step) => stepInfo(step).id);
export const next = (state: RolloutState): RolloutStep | undefined => state.steps[state.position];

/** Every step succeeds, until `stop` ends it. */
export function executeOn(from: RolloutState, stop: (state: RolloutState) => boolean = () => false): RolloutState {
  let state = from;
  for (let step = next(state); step && !isFinished(state) && !stop(state); step = next(state))
    state = advance(state, finish(step)).state;
  return state;
}

export const execute = (plan: RolloutPlan, stop?: (state: RolloutState) => boolean): RolloutState =>
  executeOn(startRollout(plan).state, stop);

/** The state before the step with this id. */
export const until = (plan: RolloutPlan, id: string): RolloutState =>
  execute(plan, (state) => ids(state)[state.position] === id);
