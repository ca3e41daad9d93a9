import type { SmokeEvidence } from '../evidence.ts';
import type { CheckPlan } from '../plan.ts';
import { foldRollout, type RolloutEvent, type RolloutState } from '../rollout/advance.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { describeShares, sameStage, type Stage } from '../rollout/step.ts';
import type { Observation, Served } from '../rollout/observation.ts';
import { settingsOf } from '../rollout/watch.ts';
import type { Judgement, JudgementStatus } from '../verdict.ts';
import { smokeChecks } from './journey.ts';
import { judgeSteps } from './rollout-steps.ts';
import { judgeStage } from './stage.ts';

/** Every stage by its objectives and its smoke, and the rollout as a whole. */
export function judgeRollout(
  record: RolloutRecord,
  { plan, smoke }: { readonly plan: CheckPlan; readonly smoke: readonly SmokeEvidence[] },
): Judgement[] {
  const stages = observedStages(record).flatMap(({ stage, observations }) => [
    ...judgeStage({
      stage,
      observations,
      slos: plan.slos,
      settings: settingsOf(record, stage),
      frontBefore: frontBefore(record.events),
    }).judgements,
    ...judgeStageSmoke(stage, smoke, plan),
  ]);
  return [judgeOutcome(foldRollout(record.plan, record.events)), ...judgeSteps(record), ...stages];
}

export interface ObservedStage {
  readonly stage: Stage;
  readonly observations: readonly Observation[];
}

/** The observations of each stage, in the order in which the stages were reached. */
export function observedStages({ events }: RolloutRecord): ObservedStage[] {
  const stages: { stage: Stage; observations: Observation[] }[] = [];
  for (const event of events) {
    if (event.type !== 'observed') continue;
    const last = stages.at(-1);
    if (last && sameStage(last.stage, event.stage)) last.observations.push(event.observation);
    else stages.push({ stage: event.stage, observations: [event.observation] });
  }
  return stages;
}

/** By the last smoke run at this stage; one that could not be finished was repeated. */
export function judgeStageSmoke({ share }: Stage, smoke: readonly SmokeEvidence[], plan: CheckPlan): Judgement[] {
  const runs = smoke.filter(({ stage }) => stage === share);
  const tools = new Map(runs.map((run) => [run.outcome.tool, run]));
  return [...tools.values()].flatMap((run) =>
    smokeChecks(run, plan.smokeBudgetMs, plan.offers.web).map((judgement) => ({
      ...judgement,
      id: `stage-${share}.${judgement.id}`,
      title: `${judgement.title}, at ${share} %`,
      clauses: judgement.status === 'fail' ? [...new Set([...judgement.clauses, '4.1c' as const])] : judgement.clauses,
    })),
  );
}

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
  const where = shares ? describeShares(shares) : 'no traffic was shifted';
  const sentences: Record<typeof phase, string> = {
    promoted: `${because}.`,
    'rolled-back': `Rolled back: ${because}`,
    'rollback-failed': `The rollback failed: ${because}`,
    planned: 'Not started.',
    progressing: `Open: ${because || 'stopped before its end'}.`,
    'rolling-back': `Rolling back: ${because}`,
  };
  return {
    id: 'rollout',
    title:
      plan.verb === 'watch'
        ? `Watch of ${plan.release}`
        : `${plan.strategy === 'rolling' ? 'Rolling' : 'Blue-green'} rollout of ${plan.release}`,
    clauses: plan.verb === 'watch' ? ['4.1b'] : plan.strategy === 'rolling' ? ['2.R2'] : ['2.B4'],
    status: status[phase],
    expected: `all traffic on ${plan.release}`,
    actual: phase === 'promoted' ? `all traffic on ${plan.release}` : where,
    because: sentences[phase],
    evidence: ['journal.ndjson'],
    requestIds: [],
  };
}

/** The router's own answers before the first shift of a rollout. */
export const frontBefore = (events: readonly RolloutEvent[]): Served | undefined =>
  events.flatMap((event) => (event.type === 'done' ? (event.front ?? []) : []))[0];
