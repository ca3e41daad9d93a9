import type { SmokeEvidence } from '../evidence.ts';
import type { CheckPlan } from '../plan.ts';
import { foldRollout, type Phase, type RolloutEvent, type RolloutState } from '../rollout/advance.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { describeShares, sameStage, type Stage } from '../rollout/step.ts';
import type { Observation } from '../rollout/observation.ts';
import type { RolloutSettings } from '../rollout/settings.ts';
import { settingsOf } from '../rollout/watch.ts';
import type { Strategy } from '../rollout/plan.ts';
import { endSentence, type Slo } from '../slo.ts';
import type { ClauseId } from '../sop.ts';
import type { Judgement, JudgementStatus } from '../verdict.ts';
import { smokeChecks } from './journey.ts';
import { judgeSteps } from './rollout-steps.ts';
import { decide } from './stage.ts';
import type { JudgeState } from './judge-state.ts';
import { addObservation, addSample, enterStage, startJudge } from './stage-state.ts';

/** Every stage by its objectives and its smoke, and the rollout as a whole. */
export function judgeRollout(
  record: RolloutRecord,
  { plan, smoke }: { readonly plan: CheckPlan; readonly smoke: readonly SmokeEvidence[] },
): Judgement[] {
  const stages = lastOfEach(observedStages(record, plan.slos)).flatMap(({ stage, judge }) => [
    ...decide(withSettings(judge, settingsOf(record, stage))).judgements.map((each) => namedBy(stage, each)),
    ...(stage.stepBack === undefined ? judgeStageSmoke(stage, smoke, plan) : []),
  ]);
  return [judgeOutcome(foldRollout(record.plan, record.events)), ...judgeSteps(record), ...stages];
}

/** A stage that was left for a step-back starts afresh; a step-back itself is judged only where the rollout ended in it. */
const lastOfEach = (stages: readonly ObservedStage[]): ObservedStage[] =>
  stages.filter(
    ({ stage }, index) =>
      index === stages.length - 1 ||
      (stage.stepBack === undefined && !stages.slice(index + 1).some((later) => sameStage(later.stage, stage))),
  );

/** The stage of the same share was judged before. */
const namedBy = ({ share, stepBack }: Stage, judgement: Judgement): Judgement =>
  stepBack === undefined
    ? judgement
    : {
        ...judgement,
        id: judgement.id.replace(`stage-${share}.`, `step-back-${stepBack}.`),
        title: `${judgement.title}, step-back ${stepBack}`,
      };

export interface ObservedStage {
  readonly stage: Stage;
  readonly observations: readonly Observation[];
  /** The judge at the end of the stage. */
  readonly judge: JudgeState;
}

/** The observations of each stage, in the order in which the stages were reached. */
export function observedStages({ plan, events }: RolloutRecord, slos: readonly Slo[] = []): ObservedStage[] {
  const stages: { stage: Stage; observations: Observation[]; judge: JudgeState }[] = [];
  let judge = startJudge({ slos, settings: plan.settings });
  for (const event of events) {
    judge = judgeEvent(judge, event);
    if (event.type !== 'observed' && event.type !== 'sampled') continue;
    const known = stages.at(-1);
    if (!known || !sameStage(known.stage, event.stage)) stages.push({ stage: event.stage, observations: [], judge });
    const last = stages.at(-1);
    if (!last) continue;
    last.judge = judge;
    if (event.type === 'observed') last.observations.push(event.observation);
  }
  return stages;
}

/** The judge of a rollout after one of its events: at constant cost, so that it keeps up with a sample every second. */
export function judgeEvent(state: JudgeState, event: RolloutEvent): JudgeState {
  switch (event.type) {
    case 'done':
      // The first shift counts the router's own answers before it.
      if (!event.front || state.input.frontBefore) return state;
      return { ...state, input: { ...state.input, frontBefore: event.front } };
    case 'observed':
      return addObservation(atStage(state, event.stage), event.observation);
    case 'sampled':
      return addSample(atStage(state, event.stage), event.sample);
    default:
      return state;
  }
}

/** The judge of a rollout at the end of its record. */
export const judgeRecord = (
  { plan, events }: Pick<RolloutRecord, 'plan'> & { readonly events: readonly RolloutEvent[] },
  slos: readonly Slo[],
): JudgeState => events.reduce(judgeEvent, startJudge({ slos, settings: plan.settings }));

/** The same judge, deciding by other times: a watch has no hold budget, and an operator may have extended one. */
export const withSettings = (state: JudgeState, settings: RolloutSettings): JudgeState => ({
  ...state,
  input: { ...state.input, settings },
});

export const atStage = (state: JudgeState, stage: Stage): JudgeState =>
  state.current && sameStage(state.current.stage, stage) ? state : enterStage(state, stage);

/** By the last smoke run at this stage; one that could not be finished was repeated. */
export function judgeStageSmoke({ share }: Stage, smoke: readonly SmokeEvidence[], plan: CheckPlan): Judgement[] {
  const runs = smoke.filter(({ stage }) => stage === share);
  const tools = new Map(runs.map((run) => [run.outcome.tool, run]));
  return [...tools.values()].flatMap((run) =>
    smokeChecks(run, plan).map((judgement) => ({
      ...judgement,
      id: `stage-${share}.${judgement.id}`,
      title: `${judgement.title}, at ${share} %`,
      clauses: judgement.status === 'fail' ? [...new Set([...judgement.clauses, '4.1c' as const])] : judgement.clauses,
    })),
  );
}

const titles: Record<Strategy, string> = { 'blue-green': 'Blue-green', rolling: 'Rolling', 'in-place': 'In-place' };
const outcomeClauses: Record<Strategy, ClauseId> = { 'blue-green': '2.B4', rolling: '2.R2', 'in-place': '2.B1' };

/** What serves users where a platform replaced it: no router reports shares. */
const placeOf: Record<Phase, string> = {
  promoted: 'the release',
  'rolled-back': 'the previous release',
  'rollback-failed': 'unknown, see the reason',
  planned: 'the previous release',
  progressing: 'as the platform reports it',
  'rolling-back': 'as the platform reports it',
};

function judgeOutcome(state: RolloutState): Judgement {
  const { plan, phase, because, shares } = state;
  const status: Record<typeof phase, JudgementStatus> = {
    promoted: 'pass',
    'rolled-back': 'fail',
    'rollback-failed': 'fail',
    planned: 'inconclusive',
    progressing: 'inconclusive',
    'rolling-back': 'inconclusive',
  };
  const where = shares
    ? describeShares(shares)
    : plan.strategy === 'in-place'
      ? placeOf[phase]
      : 'no traffic was shifted';
  const sentences: Record<typeof phase, string> = {
    promoted: endSentence(because),
    'rolled-back': `Rolled back: ${because}`,
    'rollback-failed': `The rollback failed: ${because}`,
    planned: 'Not started.',
    progressing: endSentence(`Open: ${because || 'stopped before its end'}`),
    'rolling-back': `Rolling back: ${because}`,
  };
  return {
    id: 'rollout',
    title: plan.verb === 'watch' ? `Watch of ${plan.release}` : `${titles[plan.strategy]} rollout of ${plan.release}`,
    clauses: plan.verb === 'watch' ? ['4.1b'] : [outcomeClauses[plan.strategy]],
    status: status[phase],
    expected: `all traffic on ${plan.release}`,
    actual: phase === 'promoted' ? `all traffic on ${plan.release}` : where,
    because: sentences[phase],
    evidence: ['journal.ndjson'],
    requestIds: [],
  };
}
