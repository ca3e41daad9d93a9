import type { VerdictWord } from '../verdict.ts';
import { planBack, type RolloutPlan } from './plan.ts';
import { factsOf, type RolloutStep, sameStage, type Shares, type Stage } from './step.ts';
import type { Tick } from './tick.ts';

/** What happens to a rollout. Each is one line of the journal, and the lines are all there is. */
export type RolloutEvent =
  /** About to touch the world; on disk before it is touched. */
  | { readonly type: 'intended'; readonly step: RolloutStep }
  | { readonly type: 'done'; readonly step: RolloutStep; readonly summary: string; readonly shares?: Shares }
  | { readonly type: 'failed'; readonly step: RolloutStep; readonly because: string }
  | { readonly type: 'tick'; readonly stage: Stage; readonly tick: Tick }
  | { readonly type: 'judged'; readonly stage: Stage; readonly word: VerdictWord; readonly because: string }
  /** A person takes it back. */
  | { readonly type: 'abandoned'; readonly because: string }
  | { readonly type: 'paused'; readonly because: string }
  | { readonly type: 'resumed'; readonly unobservedMs: number };

export type Phase = 'planned' | 'forward' | 'back' | 'promoted' | 'rolled-back' | 'stuck';

export interface RolloutState {
  readonly plan: RolloutPlan;
  readonly phase: Phase;
  /** The steps of the present direction, and the one that is next. */
  readonly steps: readonly RolloutStep[];
  readonly position: number;
  /** Every step that was begun on the way forward, the last perhaps not finished. */
  readonly begun: readonly RolloutStep[];
  /** Set while the last `intended` has no `done`: nobody knows whether it happened. */
  readonly intended?: RolloutStep;
  readonly paused: boolean;
  /** As the router said last; undefined before the first shift. */
  readonly shares?: Shares;
  /** The last stage that was reached, and its looks since the traffic was shifted to it. */
  readonly stage?: Stage;
  readonly ticks: readonly Tick[];
  /** Why it went back, is stuck, or is done. */
  readonly because: string;
}

export interface Advance {
  readonly state: RolloutState;
  /** What is to be done next; nothing when it is over. */
  readonly commands: readonly RolloutStep[];
}

export const startRollout = (plan: RolloutPlan): Advance =>
  withCommands({
    plan,
    phase: 'planned',
    steps: plan.steps,
    position: 0,
    begun: [],
    paused: false,
    ticks: [],
    because: '',
  });

/**
 * The rollout machine. Pure and total: the state is the fold of the journal's events, so a killed process loses nothing.
 * An event that does not belong to the present step changes nothing.
 */
export function advance(state: RolloutState, event: RolloutEvent): Advance {
  // What got stuck on its way back may be sent there again, once somebody has looked after the router.
  if (state.phase === 'stuck' && event.type === 'abandoned')
    return withCommands({ ...state, phase: 'back', position: 0 });
  return withCommands(isOver(state) ? state : change(state, event));
}

export const isOver = ({ phase }: RolloutState): boolean =>
  phase === 'promoted' || phase === 'rolled-back' || phase === 'stuck';

const withCommands = (state: RolloutState): Advance => {
  const next = state.steps[state.position];
  return { state, commands: isOver(state) || next === undefined ? [] : [next] };
};

function change(state: RolloutState, event: RolloutEvent): RolloutState {
  switch (event.type) {
    case 'intended':
      return begin(state, event.step);
    case 'done':
      return isNext(state, event.step)
        ? goOn({ ...begin(state, event.step), ...(event.shares ? { shares: event.shares } : {}) })
        : state;
    case 'failed':
      return isNext(state, event.step) ? fail(begin(state, event.step), event.because) : state;
    case 'tick':
      return look(state, event.stage, event.tick);
    case 'judged':
      return judge(state, event.stage, event.word, event.because);
    case 'abandoned':
      return state.phase === 'back' ? state : turnBack(state, event.because);
    case 'paused':
      return { ...state, paused: true, ...(state.phase === 'back' ? {} : { because: event.because }) };
    case 'resumed':
      return { ...state, paused: false, ...(state.phase === 'back' ? {} : { because: '' }) };
  }
}

const isNext = (state: RolloutState, step: RolloutStep): boolean => {
  const next = state.steps[state.position];
  return next !== undefined && factsOf(next).id === factsOf(step).id;
};

function begin(state: RolloutState, step: RolloutStep): RolloutState {
  if (!isNext(state, step)) return state;
  const phase = state.phase === 'planned' ? 'forward' : state.phase;
  const last = state.begun.at(-1);
  const known = phase === 'back' || (last !== undefined && factsOf(last).id === factsOf(step).id);
  const begun = known ? state.begun : [...state.begun, step];
  return { ...state, phase, begun, ...(factsOf(step).mutates ? { intended: step } : {}) };
}

function goOn(state: RolloutState): RolloutState {
  const { intended: _, ...rest } = state;
  const done = state.steps[state.position];
  const position = state.position + 1;
  // A stage begins with its shift, or, without one, with its first look.
  const fresh = done?.do === 'shift' ? { ticks: [] } : {};
  if (position < state.steps.length) return { ...rest, ...fresh, position };
  return state.phase === 'back'
    ? { ...rest, position, phase: 'rolled-back' }
    : { ...rest, position, phase: 'promoted', because: `${state.plan.release} has all traffic` };
}

function fail(state: RolloutState, because: string): RolloutState {
  return state.phase === 'back'
    ? { ...state, phase: 'stuck', because: `${because} (on the way back from: ${state.because})` }
    : turnBack(state, because);
}

function turnBack(state: RolloutState, because: string): RolloutState {
  const { intended: _, ...rest } = state;
  return { ...rest, phase: 'back', steps: planBack(state.plan, state.begun), position: 0, because };
}

function look(state: RolloutState, stage: Stage, tick: Tick): RolloutState {
  if (state.stage && sameStage(state.stage, stage)) return { ...state, ticks: [...state.ticks, tick] };
  return { ...state, stage, ticks: [tick] };
}

function judge(state: RolloutState, stage: Stage, word: VerdictWord, because: string): RolloutState {
  const next = state.steps[state.position];
  if (state.phase !== 'forward' || !next || !('stage' in next) || !sameStage(next.stage, stage)) return state;
  if (word === 'NO-GO') return turnBack(state, because);
  if (word === 'GO') return next.do === 'judge' ? goOn(state) : state;
  const observe = state.steps.findIndex((step) => step.do === 'observe' && sameStage(step.stage, stage));
  return { ...state, position: observe };
}

/** The state of a rollout from the lines of its journal. */
export const foldRollout = (plan: RolloutPlan, events: readonly RolloutEvent[]): RolloutState =>
  events.reduce((state, event) => advance(state, event).state, startRollout(plan).state);
