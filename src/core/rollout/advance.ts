import type { VerdictWord } from '../verdict.ts';
import { formatMs } from '../slo.ts';
import { type Decision, describeDecision } from './decided.ts';
import type { RolloutPlan } from './plan.ts';
import { planRollback } from './rollback-plan.ts';
import { insertStepBack, isStepBack } from './step-back.ts';
import { stepInfo } from './step-info.ts';
import { isCourtesy, isWatchStep, movesTraffic, type RolloutStep, sameStage, type Stage } from './step.ts';
import type { RolloutEvent } from './event.ts';
import { type Observation, observedMs } from './observation.ts';
import type { RolloutState } from './state.ts';

export type { RolloutEvent, StepOutcome } from './event.ts';

export type { Phase, RolloutState } from './state.ts';

export interface Advance {
  readonly state: RolloutState;
  /** The next step; empty when the rollout is finished. */
  readonly commands: readonly RolloutStep[];
}

export const startRollout = (plan: RolloutPlan): Advance =>
  withCommands({
    plan,
    phase: 'planned',
    // Of a rollout that an earlier run has finished, only the rollback is left.
    ...(plan.undoes
      ? { steps: [], startedSteps: plan.steps, ...(plan.undoes.shares ? { shares: plan.undoes.shares } : {}) }
      : { steps: plan.steps, startedSteps: [] }),
    position: 0,
    paused: false,
    commands: [],
    observations: [],
    extendedMs: 0,
    watchHeld: false,
    stepBacks: 0,
    because: '',
    failures: [],
  });

/**
 * The rollout state machine. Pure and total: the state is the fold of the journal's events, so a killed process loses nothing.
 * An event that does not belong to the current step changes nothing.
 */
export function advance(state: RolloutState, event: RolloutEvent): Advance {
  // A failed rollback may be ordered again, once the operator has repaired what it failed on.
  if (state.phase === 'rollback-failed' && event.type === 'aborted') {
    const { withoutTraffic: _, ...rest } = state;
    const because = state.rollbackReason ?? state.because;
    return withCommands({ ...rest, phase: 'rolling-back', position: 0, failures: [], because });
  }
  return withCommands(isFinished(state) ? state : applyEvent(state, event));
}

export const isFinished = ({ phase }: RolloutState): boolean =>
  phase === 'promoted' || phase === 'rolled-back' || phase === 'rollback-failed';

const withCommands = (state: RolloutState): Advance => {
  const next = state.steps[state.position];
  return { state, commands: isFinished(state) || next === undefined ? [] : [next] };
};

function applyEvent(state: RolloutState, event: RolloutEvent): RolloutState {
  switch (event.type) {
    case 'intended':
      return { ...startStep(state, event.step), commands: [] };
    case 'command-started':
      return { ...state, commands: [...state.commands, event.process] };
    case 'done':
      return isNext(state, event.step)
        ? completeStep({ ...startStep(state, event.step), ...(event.shares ? { shares: event.shares } : {}) })
        : state;
    case 'failed':
      return isNext(state, event.step) ? failStep(startStep(state, event.step), event.step, event.because) : state;
    case 'observed':
      return addObservation(state, event.stage, event.observation);
    case 'sampled':
      return state;
    case 'stepped-back':
      return insertStepBack(state);
    case 'judged':
      return applyVerdict(state, event.stage, event.word, event.because);
    case 'aborted':
      return state.phase === 'rolling-back' ? state : beginRollback(state, event.because);
    case 'decided':
      return state.phase === 'progressing' ? applyDecision(state, event) : state;
    case 'paused':
      return { ...state, paused: true, ...(state.phase === 'rolling-back' ? {} : { because: event.because }) };
    case 'resumed':
      return resume(state);
  }
}

/** A stage or a watch that ended without its proofs is observed for another hold budget. */
function resume(state: RolloutState): RolloutState {
  const resumed = { ...state, paused: false, ...(state.phase === 'rolling-back' ? {} : { because: '' }) };
  const { dwellMs, holdBudgetMs } = state.plan.settings;
  const seenMs = observedMs(state.observations);
  if (state.watchHeld) return { ...resumed, watchHeld: false, watchUntilMs: seenMs + holdBudgetMs };
  const next = state.steps[state.position];
  const isStage = next !== undefined && 'stage' in next && next.do !== 'compare' && !isWatchStep(next);
  const isSpent = isStage && seenMs >= dwellMs + holdBudgetMs + state.extendedMs;
  return isSpent ? { ...resumed, extendedMs: seenMs - dwellMs } : resumed;
}

function applyDecision(state: RolloutState, decision: Decision): RolloutState {
  const because = describeDecision(decision, formatMs);
  if (decision.decision === 'no-go') return beginRollback(state, because);
  const next = state.steps[state.position];
  if (!next || !('stage' in next) || next.do === 'compare') return state;
  if (decision.decision === 'extend') return extend(state, isWatchStep(next), decision.extendMs ?? 0);
  const { stage } = next;
  const end = isWatchStep(next) ? 'conclude-watch' : 'judge';
  // A release that was not verified yet still has to pass the smoke and the watch.
  const position =
    next.do === 'verify-live'
      ? state.position
      : state.steps.findIndex((step) => step.do === end && sameStage(step.stage, stage));
  const decided = completeStep({ ...state, position, watchHeld: false });
  return decided.phase === 'promoted' ? { ...decided, because: `${decided.because}; ${because}` } : decided;
}

function extend(state: RolloutState, isWatch: boolean, extendMs: number): RolloutState {
  if (!isWatch) {
    const { dwellMs, holdBudgetMs } = state.plan.settings;
    const spentMs = Math.max(state.extendedMs, observedMs(state.observations) - dwellMs - holdBudgetMs);
    return { ...state, extendedMs: spentMs + extendMs };
  }
  const end = state.watchUntilMs ?? state.plan.settings.watch.forMs;
  const watchUntilMs = Math.max(end, observedMs(state.observations)) + extendMs;
  return { ...state, watchHeld: false, watchUntilMs };
}

const isNext = (state: RolloutState, step: RolloutStep): boolean => {
  const next = state.steps[state.position];
  return next !== undefined && stepInfo(next).id === stepInfo(step).id;
};

function startStep(state: RolloutState, step: RolloutStep): RolloutState {
  if (!isNext(state, step)) return state;
  const phase = state.phase === 'planned' ? 'progressing' : state.phase;
  const last = state.startedSteps.at(-1);
  const known = phase === 'rolling-back' || (last !== undefined && stepInfo(last).id === stepInfo(step).id);
  const startedSteps = known ? state.startedSteps : [...state.startedSteps, step];
  return { ...state, phase, startedSteps, ...(stepInfo(step).mutates ? { intended: step } : {}) };
}

function completeStep(state: RolloutState): RolloutState {
  const { intended: _, ...unfinished } = state;
  const rest = { ...unfinished, commands: [] };
  const done = state.steps[state.position];
  const next = state.position + 1;
  const position = state.withoutTraffic && state.steps[next]?.do === 'prove-rollback' ? next + 1 : next;
  // A stage begins with its shift, or, without one, with its first observation.
  if (position < state.steps.length) return { ...(done?.do === 'shift' ? startStage(rest) : rest), position };
  return state.phase === 'rolling-back'
    ? endRollback({ ...rest, position })
    : { ...rest, position, phase: 'promoted', because: `${state.plan.release} has all traffic` };
}

function startStage(state: RolloutState): RolloutState {
  const { watchUntilMs: _, ...rest } = state;
  return { ...rest, observations: [], extendedMs: 0 };
}

function endRollback(state: RolloutState): RolloutState {
  const { failures, because } = state;
  if (failures.length === 0) return { ...state, phase: 'rolled-back' };
  return {
    ...state,
    phase: 'rollback-failed',
    because: `${failures.join('; ')} (while rolling back because of: ${because})`,
  };
}

function failStep(state: RolloutState, step: RolloutStep, because: string): RolloutState {
  // All traffic is on the new release: that the old one cannot be kept warm is no reason to send users to it.
  if (step.do === 'confirm' && step.because === 'keep-warm') return completeStep(state);
  if (isStepBack(step)) return returnToFull(state);
  // A later snapshot only narrows what a rollback restores.
  if (step.do === 'snapshot-flags' && step.at !== undefined) return completeStep(state);
  return state.phase === 'rolling-back' ? failRollbackStep(state, step, because) : beginRollback(state, because);
}

/** A step-back that failed is left out; part of it may have taken effect, so that its return follows all the same. */
function returnToFull(state: RolloutState): RolloutState {
  const rest = completeStep(state);
  return { ...rest, position: rest.position + 1 };
}

/**
 * Without its traffic the previous release needs neither flags nor schema back, so only the reports follow. Everything else
 * is tried although a step before it failed: an unhealthy side may be repaired by its schema.
 */
function failRollbackStep(state: RolloutState, step: RolloutStep, because: string): RolloutState {
  if (isCourtesy(step)) return completeStep(state);
  const failures = [...state.failures, because];
  if (!movesTraffic(step)) return completeStep({ ...state, failures });
  const failed = { ...state, failures, withoutTraffic: true } as const;
  const report = state.steps.findIndex((each) => isCourtesy(each) && each.do !== 'prove-rollback');
  return report < 0 ? endRollback({ ...failed, position: state.steps.length }) : { ...failed, position: report };
}

function beginRollback(state: RolloutState, because: string): RolloutState {
  const { intended: _, ...rest } = state;
  const steps = planRollback(state.plan, state.startedSteps);
  return { ...rest, phase: 'rolling-back', steps, position: 0, because, rollbackReason: because };
}

function addObservation(state: RolloutState, stage: Stage, observation: Observation): RolloutState {
  if (state.stage && sameStage(state.stage, stage))
    return { ...state, observations: [...state.observations, observation] };
  return { ...state, stage, observations: [observation] };
}

function applyVerdict(state: RolloutState, stage: Stage, word: VerdictWord, because: string): RolloutState {
  const next = state.steps[state.position];
  if (state.phase !== 'progressing' || !next || !('stage' in next) || !sameStage(next.stage, stage)) return state;
  if (word === 'NO-GO') return beginRollback(state, because);
  if (word === 'GO') return next.do === 'judge' || next.do === 'conclude-watch' ? completeStep(state) : state;
  if (isWatchStep(next))
    return { ...state, watchHeld: true, position: state.steps.findIndex((step) => step.do === 'watch') };
  const observe = state.steps.findIndex((step) => step.do === 'observe' && sameStage(step.stage, stage));
  return { ...state, position: observe };
}

/** The state of a rollout from the events of its journal. */
export const foldRollout = (plan: RolloutPlan, events: readonly RolloutEvent[]): RolloutState =>
  events.reduce((state, event) => advance(state, event).state, startRollout(plan).state);
