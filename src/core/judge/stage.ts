import type { Count } from '../evidence.ts';
import type { RolloutSettings } from '../rollout/settings.ts';
import type { Stage } from '../rollout/step.ts';
import { observedMs, sumCounts, type Observation, type Served } from '../rollout/observation.ts';
import { describeObjective, formatCount, formatMs, formatRate, type Slo } from '../slo.ts';
import { rateBounds } from '../statistics/index.ts';
import { judgeUsers } from './stage-users.ts';
import type { Judgement, VerdictWord } from '../verdict.ts';

export interface StageInput {
  readonly stage: Stage;
  /** Every observation since traffic was shifted to the stage. */
  readonly observations: readonly Observation[];
  readonly slos: readonly Slo[];
  readonly settings: RolloutSettings;
  /** The router's own answers before the first shift; undefined where they were not counted. */
  readonly frontBefore?: Served | undefined;
}

export interface StageVerdict {
  readonly word: VerdictWord;
  readonly because: string;
  /** One per objective. */
  readonly judgements: readonly Judgement[];
}

/**
 * Decides a stage by the SOP's literal rules over the stage's own window (4.1a, 4.1b, 3.2). NO-GO: a rollback criterion is
 * met with enough samples. GO: the dwell is over and every objective is met with enough samples. HOLD: anything else, and
 * NO-GO once the hold budget is spent, because a stage whose objectives are not shown to be met is degraded (4.1c).
 */
export function judgeStage(input: StageInput): StageVerdict {
  const { stage, observations, slos, settings } = input;
  const judgements = [
    ...judgeStayingReady(stage, observations),
    ...slos.map((slo) => judgeObjective(slo, stage, observations, settings)),
    ...judgeUsers(input),
  ];
  const verdict = (word: VerdictWord, because: string): StageVerdict => ({ word, because, judgements });
  const breach = judgements.find(({ status }) => status === 'fail');
  if (breach) return verdict('NO-GO', `${breach.title}: ${breach.because}`);
  const stageMs = observedMs(observations);
  const open = judgements.find(({ status }) => status !== 'pass');
  const reason = open ? `${open.title}: ${open.because}` : '';
  if (open && stageMs >= settings.dwellMs + settings.holdBudgetMs) {
    return verdict(
      'NO-GO',
      `degraded: objectives not shown to be met within ${formatMs(settings.dwellMs + settings.holdBudgetMs)}. ${reason}`,
    );
  }
  if (stageMs < settings.dwellMs)
    return verdict('HOLD', `observed for ${formatMs(stageMs)} of ${formatMs(settings.dwellMs)}`);
  if (open) return verdict('HOLD', reason);
  return verdict('GO', `objectives met for ${formatMs(stageMs)}`);
}

/** Readiness counts as lost only when more observations than this, lasting longer than this, failed in a row. */
const toleratedCount = 2;
const toleratedMs = 2000;

/** Clause 2.B3b was met before traffic; a release that loses its readiness under traffic is degraded (4.1c). */
function judgeStayingReady(stage: Stage, observations: readonly Observation[]): Judgement[] {
  const probed = observations.filter(({ ready }) => ready !== undefined);
  if (probed.length === 0) return [];
  const lost = probed.slice(probed.findLastIndex(({ ready }) => ready) + 1);
  const lostMs = lost.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  const times = probed.filter(({ ready }) => !ready).length;
  const degraded = lost.length > toleratedCount && lostMs > toleratedMs;
  const status = degraded ? 'fail' : lost.length > 0 ? 'inconclusive' : 'pass';
  const because = {
    fail: `not ready in ${lost.length} observations in a row, for ${formatMs(lostMs)}.`,
    inconclusive: 'not ready in the last observation.',
    pass: times === 0 ? 'ready in every observation.' : `ready again, after ${times} observations not ready.`,
  }[status];
  return [
    {
      id: `stage-${stage.share}.ready`,
      title: `Ready at ${stage.share} %`,
      clauses: status === 'fail' ? ['2.B3b', '4.1c'] : ['2.B3b'],
      status,
      because,
      expected: 'ready under traffic',
      actual: `${probed.length - times} of ${probed.length} observations ready`,
      samples: probed.length,
      evidence: ['journal.ndjson'],
      requestIds: [],
    },
  ];
}

type Decision = Pick<Judgement, 'status' | 'because' | 'clauses'>;

function judgeObjective(
  slo: Slo,
  stage: Stage,
  observations: readonly Observation[],
  settings: RolloutSettings,
): Judgement {
  const window = slo.event.kind === 'slow-response' ? afterWarmUp(observations, settings.warmUpMs) : observations;
  const observed = window.filter((each) => each.observed);
  const count = sumCounts(observed, 'canary', slo.id);
  const baseline = sumCounts(observed, 'baseline', slo.id);
  const decision = decide(slo, count, window, settings);
  const { events, trials } = count;
  const shared = decision.status === 'fail' ? sharedCause(slo, baseline) : '';
  return {
    id: `stage-${stage.share}.${slo.id}`,
    title: `${slo.title} at ${stage.share} %`,
    ...decision,
    because: `${decision.because}${shared}`,
    expected: describeObjective(slo),
    actual:
      trials === 0
        ? 'nothing measured'
        : `${formatCount(events)} of ${formatCount(trials)} ${eventName[slo.event.kind]}, ${formatRate(events / trials)}`,
    ...(trials === 0 ? {} : { bounds: rateBounds(events, trials) }),
    samples: trials,
    evidence: ['journal.ndjson'],
    requestIds: [],
  };
}

const eventName = {
  'slow-response': 'slower',
  'server-error': '5xx',
  'failed-payment': 'failed',
  'crashed-session': 'crashed',
} as const;

/** The first observations after a shift measure cold caches and empty connection pools. */
function afterWarmUp(observations: readonly Observation[], warmUpMs: number): Observation[] {
  let passedMs = 0;
  return observations.filter(({ lengthMs }) => {
    const started = passedMs;
    passedMs += lengthMs;
    return started >= warmUpMs;
  });
}

function decide(
  slo: Slo,
  { events, trials }: Count,
  observations: readonly Observation[],
  settings: RolloutSettings,
): Decision {
  const clauses = [slo.clause];
  const least = slo.event.kind === 'failed-payment' ? settings.minimum.payments : settings.minimum.requests;
  const rate = trials === 0 ? 0 : events / trials;
  const unobserved =
    observations.at(-1)?.observed === false ? (observations.at(-1)?.problems[0] ?? 'reason unknown') : undefined;
  if (slo.rollback && trials >= least && rate > slo.rollback.above) {
    const because = `${formatRate(rate)} is above the rollback limit of ${formatRate(slo.rollback.above)}.`;
    return { status: 'fail', because, clauses: [slo.clause, slo.rollback.clause] };
  }
  const sustained =
    slo.event.kind === 'slow-response' ? sustainedBreachMs(slo, observations, settings.latency.intervalMs) : 0;
  if (slo.event.kind === 'slow-response' && slo.event.percentile >= 95 && sustained >= settings.latency.sustainedMs) {
    return {
      status: 'fail',
      because: `above the limit in every interval for ${formatMs(sustained)}, which is a rollback criterion.`,
      clauses: [slo.clause, '4.1a'],
    };
  }
  // Counted for an objective with another limit, an observation says nothing about this one.
  const foreign = observations.filter(({ observed, canary }) => observed && !Object.hasOwn(canary, slo.id)).length;
  if (foreign > 0)
    return {
      status: 'error',
      because: `the counts of ${formatCount(foreign)} observations belong to other limits.`,
      clauses,
    };
  if (unobserved !== undefined)
    return { status: 'error', because: `the new release is not observed: ${unobserved}.`, clauses };
  const unknown = observations.findLast(({ observed }) => observed)?.unknown?.[slo.id];
  if (unknown !== undefined) return { status: 'inconclusive', because: `not counted: ${unknown}.`, clauses };
  if (trials < least)
    return {
      status: 'inconclusive',
      because: `${formatCount(trials)} of ${formatCount(least)} samples.`,
      clauses,
    };
  if (slo.limitIncluded ? rate > slo.limit : rate >= slo.limit) {
    return {
      status: 'inconclusive',
      because: `${formatRate(rate)} is not within ${formatRate(slo.limit)}, and no rollback criterion is met.`,
      clauses,
    };
  }
  return { status: 'pass', because: `${formatRate(rate)} is within ${formatRate(slo.limit)}.`, clauses };
}

/**
 * How long, up to now, every evaluated interval has been above the limit, in ms of observed time. An interval without
 * samples neither ends nor extends the span.
 */
export function sustainedBreachMs(slo: Slo, observations: readonly Observation[], intervalMs: number): number {
  let span = 0;
  for (const interval of intervals(observations, intervalMs)) {
    const { events, trials } = sumCounts(interval, 'canary', slo.id);
    if (trials === 0) continue;
    span = events / trials >= slo.limit ? span + observedMs(interval) : 0;
  }
  return span;
}

/** Whole intervals of observed time; an unfinished one at the end is not evaluated yet. */
function intervals(observations: readonly Observation[], intervalMs: number): Observation[][] {
  const whole: Observation[][] = [];
  let current: Observation[] = [];
  for (const observation of observations.filter(({ observed }) => observed)) {
    current.push(observation);
    // Observations may come slightly early; half of one missing must not double the interval.
    if (observedMs(current) + observation.lengthMs / 2 < intervalMs) continue;
    whole.push(current);
    current = [];
  }
  return whole;
}

/** The same breach on both sides has a shared cause; the SOP's criterion applies all the same, and the report names it. */
function sharedCause(slo: Slo, { events, trials }: Count): string {
  const above = slo.rollback?.above ?? slo.limit;
  if (trials === 0 || events / trials <= above) return '';
  return ` The previous release is above it too (${formatRate(events / trials)}): check for a shared cause.`;
}
