import type { Count } from '../evidence.ts';
import type { RolloutSettings } from '../rollout/settings.ts';
import type { Stage } from '../rollout/step.ts';
import { observedMs, sumCounts, type Observation } from '../rollout/observation.ts';
import { describeObjective, formatCount, formatMs, formatRate, type Slo } from '../slo.ts';
import { rateBounds } from '../statistics.ts';
import type { Judgement, VerdictWord } from '../verdict.ts';

export interface StageInput {
  readonly stage: Stage;
  /** Every look since the traffic was shifted to the stage. */
  readonly observations: readonly Observation[];
  readonly slos: readonly Slo[];
  readonly settings: RolloutSettings;
}

export interface StageVerdict {
  readonly word: VerdictWord;
  readonly because: string;
  /** One per objective. */
  readonly judgements: readonly Judgement[];
}

/**
 * Decides a stage by the SOP's literal rules over the stage's own window (4.1a, 4.1b, 3.2). NO-GO: a rollback criterion is
 * met with enough samples. GO: the dwell is over and every objective is kept with enough samples. HOLD: anything else, and
 * NO-GO once the hold budget is spent, because a stage that cannot be shown to be good is degraded (4.1c).
 */
export function judgeStage({ stage, observations, slos, settings }: StageInput): StageVerdict {
  const judgements = [
    ...judgeStayingReady(stage, observations),
    ...slos.map((slo) => judgeObjective(slo, stage, observations, settings)),
  ];
  const verdict = (word: VerdictWord, because: string): StageVerdict => ({ word, because, judgements });
  const breach = judgements.find(({ status }) => status === 'fail');
  if (breach) return verdict('NO-GO', `${breach.title}: ${breach.because}`);
  const seenMs = observedMs(observations);
  const open = judgements.find(({ status }) => status !== 'pass');
  const told = open ? `${open.title}: ${open.because}` : '';
  if (open && seenMs >= settings.dwellMs + settings.holdBudgetMs) {
    return verdict(
      'NO-GO',
      `degraded: not shown to be good within ${formatMs(settings.dwellMs + settings.holdBudgetMs)}. ${told}`,
    );
  }
  if (seenMs < settings.dwellMs)
    return verdict('HOLD', `observed for ${formatMs(seenMs)} of ${formatMs(settings.dwellMs)}`);
  if (open) return verdict('HOLD', told);
  return verdict('GO', `every objective was kept for ${formatMs(seenMs)}`);
}

/** So many looks in a row may be a hiccup, and so may more of them that together last less than this. */
const hiccups = 2;
const hiccupMs = 2000;

/** Clause 2.B3b went before the traffic; a release that loses its readiness under it is degraded (4.1c). */
function judgeStayingReady(stage: Stage, observations: readonly Observation[]): Judgement[] {
  const asked = observations.filter(({ ready }) => ready !== undefined);
  if (asked.length === 0) return [];
  const lost = asked.slice(asked.findLastIndex(({ ready }) => ready) + 1);
  const lostMs = lost.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  const times = asked.filter(({ ready }) => !ready).length;
  const gone = lost.length > hiccups && lostMs > hiccupMs;
  const status = gone ? 'fail' : lost.length > 0 ? 'inconclusive' : 'pass';
  const because = {
    fail: `it was not ready ${lost.length} looks in a row, for ${formatMs(lostMs)}.`,
    inconclusive: 'it was not ready when it was asked last.',
    pass: times === 0 ? 'it was ready at every look.' : `it is ready again, after ${times} looks at which it was not.`,
  }[status];
  return [
    {
      id: `stage-${stage.share}.ready`,
      title: `Ready at ${stage.share} %`,
      clauses: status === 'fail' ? ['2.B3b', '4.1c'] : ['2.B3b'],
      status,
      because,
      expected: 'ready under traffic',
      actual: `ready at ${asked.length - times} of ${asked.length} looks`,
      samples: asked.length,
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
  const seen = window.filter(({ observed }) => observed);
  const count = sumCounts(seen, 'canary', slo.id);
  const baseline = sumCounts(seen, 'baseline', slo.id);
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

const eventName = { 'slow-response': 'slower', 'server-error': '5xx', 'failed-payment': 'failed' } as const;

/** The first looks after a shift see cold caches and empty connection pools. */
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
  const blind =
    observations.at(-1)?.observed === false ? (observations.at(-1)?.problems[0] ?? 'nobody could look') : undefined;
  if (slo.rollback && trials >= least && rate > slo.rollback.above) {
    const because = `${formatRate(rate)} is above ${formatRate(slo.rollback.above)}, which rolls back.`;
    return { status: 'fail', because, clauses: [slo.clause, slo.rollback.clause] };
  }
  const sustained =
    slo.event.kind === 'slow-response' ? sustainedBreachMs(slo, observations, settings.latency.intervalMs) : 0;
  if (slo.event.kind === 'slow-response' && slo.event.percentile >= 95 && sustained >= settings.latency.sustainedMs) {
    return {
      status: 'fail',
      because: `it has been broken for ${formatMs(sustained)} without a pause, which rolls back.`,
      clauses: [slo.clause, '4.1a'],
    };
  }
  if (blind !== undefined) return { status: 'error', because: `the new release cannot be seen: ${blind}.`, clauses };
  if (trials < least)
    return {
      status: 'inconclusive',
      because: `${formatCount(trials)} of the ${formatCount(least)} samples that it needs.`,
      clauses,
    };
  if (slo.limitIncluded ? rate > slo.limit : rate >= slo.limit) {
    return {
      status: 'inconclusive',
      because: `${formatRate(rate)} is not within ${formatRate(slo.limit)}, and not yet a reason to roll back.`,
      clauses,
    };
  }
  return { status: 'pass', because: `${formatRate(rate)} is within ${formatRate(slo.limit)}.`, clauses };
}

/**
 * How long, up to now, every evaluated interval has broken the objective, in ms of observed time. An interval without an
 * answer neither breaks nor extends the span.
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

/** Whole intervals of observed time; what is left over at the end is not yet evaluated. */
function intervals(observations: readonly Observation[], intervalMs: number): Observation[][] {
  const whole: Observation[][] = [];
  let current: Observation[] = [];
  for (const observation of observations.filter(({ observed }) => observed)) {
    current.push(observation);
    // A look is a little early now and then; half of it missing must not double the interval.
    if (observedMs(current) + observation.lengthMs / 2 < intervalMs) continue;
    whole.push(current);
    current = [];
  }
  return whole;
}

/** The same breach on both sides is not the release's doing alone; the SOP's criterion stands all the same, and it is said. */
function sharedCause(slo: Slo, { events, trials }: Count): string {
  const above = slo.rollback?.above ?? slo.limit;
  if (trials === 0 || events / trials <= above) return '';
  return ` The previous release breaks it too (${formatRate(events / trials)}): look for a shared cause.`;
}
