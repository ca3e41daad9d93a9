import type { Observation, Sample, Served } from '../rollout/observation.ts';
import type { DecisionLine } from '../rollout/decision-line.ts';
import type { RolloutSettings } from '../rollout/settings.ts';
import { describeStage, type Stage } from '../rollout/step.ts';
import { formatMs, formatRate, type Slo } from '../slo.ts';
import type { Judgement, VerdictWord } from '../verdict.ts';
import { isShared, provedBreach, sharedCause } from './decided.ts';
import { describeCount } from './estimate.ts';
import { evidenceOf, strongest } from './lanes.ts';
import { isBreached, minimumOf } from './literal-rule.ts';
import { judgeObjective } from './stage-objectives.ts';
import { judgeStayingReady } from './stage-ready.ts';
import type { JudgeState, StageState } from './judge-state.ts';
import { addObservation, addSample, enterStage, startJudge } from './stage-state.ts';
import { judgeUsers } from './stage-users.ts';
import { countIn, type Source } from './tally.ts';

export interface StageVerdict {
  readonly word: VerdictWord;
  readonly line: DecisionLine;
  readonly because: string;
  /** The stage's time is spent without a decision: HOLD pauses the rollout. */
  readonly spent?: true;
  /** One per objective, and those of readiness and of the router. */
  readonly judgements: readonly Judgement[];
}

export interface StageInput {
  readonly stage: Stage;
  /** Every observation and sample since traffic was shifted to the stage, in the order of their time. */
  readonly observations: readonly Observation[];
  readonly samples?: readonly Sample[];
  readonly slos: readonly Slo[];
  readonly settings: RolloutSettings;
  /** The router's own answers before the first shift; undefined where they were not counted. */
  readonly frontBefore?: Served | undefined;
}

/** Decides a stage by itself: the fold of its observations and samples. */
export const judgeStage = (input: StageInput): StageVerdict => decide(foldStage(input));

export function foldStage({ stage, observations, samples = [], ...input }: StageInput): JudgeState {
  const rest = [...samples];
  let state = enterStage(startJudge(input), stage);
  for (const observation of observations) {
    while (rest[0] && rest[0].at <= observation.at) state = addSample(state, rest.shift() as Sample);
    state = addObservation(state, observation);
  }
  return rest.reduce(addSample, state);
}

/**
 * The verdict on the current stage, in the SOP's order. NO-GO: a rollback criterion is met. GO: the dwell is over and every
 * objective is proved. HOLD: anything else; a stage whose time is spent is NO-GO (degraded, 4.1c) only where a rate with
 * enough samples is not within its limit, and otherwise HOLD, because missing evidence rolls nothing back.
 */
export function decide(state: JudgeState): StageVerdict {
  const { current } = state;
  if (!current) return { word: 'HOLD', line: 'proofs', because: 'not observed yet', judgements: [] };
  const judgements = [
    ...judgeStayingReady(current),
    ...state.input.slos.map((slo) => judgeObjective(slo, state, current)),
    ...judgeUsers(state, current),
  ];
  const reading = { state, current, judgements };
  return { ...(rollBack(reading) ?? hold(reading) ?? prove(reading)), judgements };
}

interface Reading {
  readonly state: JudgeState;
  readonly current: StageState;
  readonly judgements: readonly Judgement[];
}
type Decision = Omit<StageVerdict, 'judgements'>;

function rollBack({ current, judgements }: Reading): Decision | undefined {
  const degraded = judgements.find(({ id, status }) => id.endsWith('.ready') && status === 'fail');
  if (degraded) return { word: 'NO-GO', line: 'smoke', because: describe(degraded) };
  const { decided } = current;
  if (!decided) return undefined;
  const { line, slo, clause, because } = decided;
  return { word: 'NO-GO', line, because: `${slo.title} at ${describeStage(current.stage)}: ${because} (${clause})` };
}

const describe = ({ title, because }: Judgement): string => `${title}: ${because}`;

function hold(reading: Reading): Decision | undefined {
  const open = openQuestion(reading);
  const { state, current, judgements } = reading;
  const { dwellMs, holdBudgetMs } = state.input.settings;
  const unproved = judgements.find(({ status }) => status !== 'pass');
  if ((!open && !unproved) || current.seen.observedMs < dwellMs + holdBudgetMs) return open;
  const within = `within ${formatMs(dwellMs + holdBudgetMs)}`;
  const because = open?.because ?? (unproved ? describe(unproved) : '');
  const degraded = aboveLimit(reading);
  if (degraded !== undefined)
    return {
      word: 'NO-GO',
      line: 'hold',
      because: `degraded (4.1c): ${degraded}, and it did not return ${within}; ${because}`,
    };
  return { word: 'HOLD', line: 'hold', spent: true, because: `not proved ${within}: ${because}` };
}

/** Lines 2 to 4 where they hold: a breach on both sides, the literal rule, the hold lanes, and what is not measured. */
function openQuestion({ state, current, judgements }: Reading): Decision | undefined {
  const { settings } = state.input;
  const breach = provedBreach(state, current);
  if (breach && isShared(breach, state, current)) {
    const because = `breach on both sides: ${breach.slo.title} above ${formatRate(breach.limit)}; ${sharedCause(breach, current)}`;
    return { word: 'HOLD', line: 'breach', because };
  }
  const firing = settings.judge.mode === 'proof-only' ? undefined : Object.values(current.literal)[0];
  if (firing) {
    const because = `breach suspected: ${describeCount(firing.slo, firing.source, firing.count)} over ${formatMs(settings.judge.literal.windowMs)} (${firing.slo.rollback?.clause ?? firing.slo.clause})`;
    return { word: 'HOLD', line: 'sop', because };
  }
  if (evidenceOf(state.lanes.hold) >= -Math.log(settings.judge.alpha.hold)) {
    const lane = strongest(state.lanes.hold);
    if (lane) return { word: 'HOLD', line: 'hold', because: describeLane(lane, current) };
  }
  const unmeasured = judgements.find(
    ({ id, status }) => status === 'error' || (status !== 'pass' && /\.(?:ready|users|share)$/.test(id)),
  );
  return unmeasured && { word: 'HOLD', line: 'hold', because: describe(unmeasured) };
}

function describeLane(
  { slo, source, question, limit, clause }: JudgeState['lanes']['hold'][number],
  { pages, router }: StageState,
): string {
  const total = (source === 'router' || source === 'front' ? router : pages).total;
  const canary = describeCount(slo, source, countIn(total, 'canary', source, slo));
  if (question === 'breach') return `${canary}: evidence that it is not within ${formatRate(limit)} (${clause})`;
  const baseline = countIn(total, 'baseline', source, slo);
  return `${canary}: more than ${limit} times the odds of the baseline, ${describeCount(slo, 'all', baseline)} (${clause})`;
}

const sources: readonly Source[] = ['all', 'users', 'synthetic', 'router'];

/**
 * A rate of the stage with enough samples that does not meet its objective; undefined where there is none. Requests of our own
 * that fail on both sides alike degrade no release, and the sum of all holds them; what users meet counts on its own.
 */
function aboveLimit({ state, current }: Reading): string | undefined {
  const { slos, settings } = state.input;
  for (const slo of slos)
    for (const source of sources) {
      const feed = source === 'router' ? current.router : current.pages;
      const count = countIn(feed.total, 'canary', source, slo);
      if (count.trials < minimumOf(slo, settings) || count.trials === 0) continue;
      const ofOurs = source === 'all' || source === 'synthetic';
      if (ofOurs && isBreached(countIn(feed.total, 'baseline', 'synthetic', slo), slo, settings)) continue;
      const rate = count.events / count.trials;
      if (slo.limitIncluded ? rate > slo.limit : rate >= slo.limit)
        return `${describeCount(slo, source, count)} is not within ${formatRate(slo.limit)}`;
    }
  return undefined;
}

function prove({ state, current, judgements }: Reading): Decision {
  const { dwellMs } = state.input.settings;
  const { observedMs } = current.seen;
  const open = judgements.find(({ status }) => status !== 'pass');
  if (observedMs < dwellMs)
    return { word: 'HOLD', line: 'proofs', because: `observed for ${formatMs(observedMs)} of ${formatMs(dwellMs)}` };
  if (open) return { word: 'HOLD', line: 'proofs', because: describe(open) };
  if (state.input.slos.length === 0) return { word: 'HOLD', line: 'proofs', because: 'no objective is named' };
  return { word: 'GO', line: 'proofs', because: `every objective proved after ${formatMs(observedMs)}` };
}
