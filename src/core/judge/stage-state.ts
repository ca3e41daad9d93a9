import type { Observation, Sample } from '../rollout/observation.ts';
import type { Stage } from '../rollout/step.ts';
import { decideFast, decideNow } from './decided.ts';
import { addToFast, startFast } from './fast.ts';
import { addToFeed, emptyFeed } from './feed.ts';
import type { JudgeInput } from './judge-input.ts';
import type { JudgeState, StageState } from './judge-state.ts';
import { addBatch, startLanes } from './lanes.ts';
import { addToLiteral, noLiteral } from './literal-rule.ts';
import { addToSeen, nothingSeen } from './stage-seen.ts';
import { addReading, notSustained } from './sustained.ts';
import { countOf, isCounted, isCountedSample, tallyPages, tallyRouter } from './tally.ts';

/** The state before the first stage. */
export const startJudge = (input: JudgeInput): JudgeState => ({
  input,
  lanes: startLanes(input.slos, input.settings),
  fast: startFast(input),
  current: undefined,
});

/**
 * Proofs, windows, spans and holds start afresh with each shift; the rollback lanes go on. A hold that an operator has decided
 * is no hold of the next stage, and at 100 % nothing could lower the evidence of a regression any more.
 */
export const enterStage = (state: JudgeState, stage: Stage): JudgeState => ({
  ...state,
  lanes: { ...state.lanes, hold: startLanes(state.input.slos, state.input.settings).hold },
  current: {
    stage,
    passedMs: 0,
    pages: emptyFeed,
    router: emptyFeed,
    sustained: notSustained,
    literal: noLiteral,
    seen: nothingSeen,
    startsSplit: true,
    samples: 0,
  },
});

/** The state after the router's counters of about one second. A sample that is no count is a gap. */
export const addSample = (state: JudgeState, sample: Sample): JudgeState => settle(state, sampled(state, sample));

/** The state after one observation. Time that was not observed, and numbers that are no counts, decide nothing. */
export const addObservation = (state: JudgeState, observation: Observation): JudgeState =>
  settle(state, observed(state, observation));

function settle(before: JudgeState, state: JudgeState): JudgeState {
  const { current } = state;
  if (!current || current.decided) return state;
  // Between two batches only the fast lanes change, and there are nine samples to a batch.
  const isBatch = state.lanes !== before.lanes || current.sustained !== before.current?.sustained;
  const decided = isBatch ? decideNow(state) : decideFast(state, current);
  return decided ? { ...state, current: { ...current, decided } } : state;
}

function sampled(state: JudgeState, sample: Sample): JudgeState {
  const { input, current } = state;
  if (!current || !isCountedSample(sample)) return state;
  const { lengthMs, strata } = sample;
  const short = lengthMs <= input.settings.judge.sample.longestMs;
  const pairs = strata.map(({ canary, baseline }) => ({ green: countOf(canary), blue: countOf(baseline) }));
  const fast = short ? addToFast(state.fast, input, { strata: pairs, startsSplit: current.startsSplit }) : state.fast;
  const startsSplit = current.startsSplit && !short;
  const next = { ...current, startsSplit, samples: current.samples + 1 };
  return addRouter({ ...state, fast }, next, { lengthMs, tally: tallyRouter(sample, input.slos) });
}

function observed(state: JudgeState, observation: Observation): JudgeState {
  const { input, current } = state;
  if (!current) return state;
  const { slos, settings } = input;
  const { lengthMs } = observation;
  const warmedUp = current.passedMs >= settings.warmUpMs;
  const next: StageState = {
    ...current,
    passedMs: current.passedMs + lengthMs,
    samples: 0,
    seen: addToSeen(current.seen, observation, slos, warmedUp),
  };
  if (!observation.observed || !isCounted(observation)) {
    const sustained = warmedUp ? addReading(current.sustained, { lengthMs }, slos, settings) : current.sustained;
    return { ...state, current: { ...next, sustained } };
  }
  const tally = tallyPages(observation, slos, warmedUp);
  const sustained = warmedUp ? addReading(current.sustained, { lengthMs, tally }, slos, settings) : current.sustained;
  const counted = addPages(state, { ...next, sustained }, { lengthMs, tally });
  if (current.samples > 0 || !counted.current) return counted;
  return addRouter(counted, counted.current, { lengthMs, tally: tallyRouter(observation, slos) });
}

type Reading = Parameters<typeof addToFeed>[1];

const addPages = (state: JudgeState, current: StageState, reading: Reading): JudgeState =>
  addTo('pages', state, current, reading);
const addRouter = (state: JudgeState, current: StageState, reading: Reading): JudgeState =>
  Object.keys(reading.tally).length === 0 ? { ...state, current } : addTo('router', state, current, reading);

function addTo(which: 'pages' | 'router', state: JudgeState, current: StageState, reading: Reading): JudgeState {
  const { judge } = state.input.settings;
  const { feed, batch } = addToFeed(current[which], reading, {
    batchMs: judge.batchMs,
    windowMs: judge.literal.windowMs,
  });
  if (!batch) return { ...state, current: { ...current, [which]: feed } };
  return {
    ...state,
    lanes: { rollback: addBatch(state.lanes.rollback, batch), hold: addBatch(state.lanes.hold, batch) },
    current: { ...current, [which]: feed, literal: addToLiteral(current.literal, feed, state.input) },
  };
}
