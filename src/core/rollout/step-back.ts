import { type RolloutPlan, sharesOf } from './plan.ts';
import type { RolloutState } from './state.ts';
import type { RolloutStep } from './step.ts';

/** Why a plan cannot step back; undefined where it can, or is not to. */
export function refuseStepBack({ strategy, settings }: Pick<RolloutPlan, 'strategy' | 'settings'>): string | undefined {
  if (settings.judge.stepBack.mode === 'off') return undefined;
  if (strategy !== 'blue-green')
    return 'judge.stepBack needs the previous release beside the new one, and only a blue-green rollout keeps it running.';
  return settings.stages.length > 1
    ? undefined
    : 'judge.stepBack needs a stage before 100 %, to whose share the traffic is put back.';
}

/** Whether the traffic may be put back to the previous stage now: at 100 %, and not too often for one release. */
export function mayStepBack({ plan, phase, steps, position, stepBacks }: RolloutState): boolean {
  const { mode, most } = plan.settings.judge.stepBack;
  const next = steps[position];
  return (
    mode === 'on' &&
    refuseStepBack(plan) === undefined &&
    phase === 'progressing' &&
    stepBacks < most &&
    next !== undefined &&
    (next.do === 'observe' || next.do === 'watch') &&
    next.stage.share === 100
  );
}

/** Its three steps come before the current one, which starts afresh after them, because the traffic was shifted. */
export function insertStepBack(state: RolloutState): RolloutState {
  if (!mayStepBack(state)) return state;
  const { plan, steps, position } = state;
  const stepBacks = state.stepBacks + 1;
  return {
    ...state,
    stepBacks,
    steps: [...steps.slice(0, position), ...stepsOf(plan, stepBacks), ...steps.slice(position)],
  };
}

function stepsOf(plan: RolloutPlan, stepBack: number): RolloutStep[] {
  if (plan.strategy !== 'blue-green') return [];
  const share = plan.settings.stages.at(-2) ?? 50;
  return [
    { do: 'shift', shares: sharesOf(plan.idle, share), stepBack },
    { do: 'compare', stage: { share, canary: { kind: 'colour', colour: plan.idle }, stepBack } },
    { do: 'shift', shares: sharesOf(plan.idle, 100), stepBack },
  ];
}

/** Whether a step puts the traffic back, which is no rollback: where it fails, the release keeps its traffic. */
export const isStepBack = (step: RolloutStep): boolean =>
  step.do === 'shift' && step.stepBack !== undefined && step.shares.blue > 0 && step.shares.green > 0;
