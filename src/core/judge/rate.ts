import type { Count } from '../evidence.ts';
import { describeObjective, formatCount, formatRate, type Slo } from '../slo.ts';
import type { ClauseId } from '../sop.ts';
import { logWithinEvidence, rateBounds, trialsToProve } from '../statistics.ts';
import type { Judgement, JudgementStatus } from '../verdict.ts';

export interface RateInput {
  /** Prefix of the judgement's id: where the count comes from. */
  readonly source: string;
  readonly title: string;
  readonly slo: Slo;
  readonly count: Count;
  readonly evidence: readonly string[];
  /** A percentile in words (`P95 312 ms`), where the source knows it. */
  readonly observed?: string;
}

/**
 * Decides one objective from s events in n trials.
 * Fail: the SOP's literal rule is broken by the observed rate (given `minSamples`), or a breach is proved whatever n is.
 * Pass: the observed rate keeps the rule, no rollback criterion is tripped, and the upper bound is under the limit.
 * Anything else is too little evidence.
 */
export function judgeRate({ source, title, slo, count, evidence, observed }: RateInput): Judgement {
  const { events, trials } = count;
  const bounds = rateBounds(events, trials);
  const rate = trials === 0 ? 0 : events / trials;
  const decision = decideRate(slo, count, bounds);
  const shown = trials === 0 ? 'nothing measured' : `${formatRate(shownRate(slo, rate))}, n = ${formatCount(trials)}`;
  return {
    id: `${source}.${slo.id}`,
    title,
    clauses: decision.clauses,
    status: decision.status,
    expected: describeObjective(slo),
    actual: observed === undefined ? `${nameOf(slo)} ${shown}` : `${observed}; ${nameOf(slo)} ${shown}`,
    because: decision.because,
    ...(trials === 0 ? {} : { bounds }),
    samples: trials,
    evidence,
    requestIds: [],
  };
}

/** Payments are told as success, as the SOP does; everything else as the rate of the event. */
const shownRate = (slo: Slo, rate: number): number => (slo.event.kind === 'failed-payment' ? 1 - rate : rate);

const nameOf = (slo: Slo): string =>
  ({ 'slow-response': 'slower than the limit', 'server-error': '5xx', 'failed-payment': 'payment success' })[
    slo.event.kind
  ];

interface Decision {
  readonly status: JudgementStatus;
  readonly because: string;
  readonly clauses: readonly ClauseId[];
}

function decideRate(slo: Slo, { events, trials }: Count, bounds: { lower: number; upper: number }): Decision {
  const clauses = [slo.clause];
  const rate = trials === 0 ? 0 : events / trials;
  const told = `${formatCount(events)} of ${formatCount(trials)} ${eventWords(slo)}`;
  if (trials === 0)
    return { status: 'inconclusive', because: 'Nothing was measured, and nothing is never a pass.', clauses };
  if (bounds.lower >= slo.limit) {
    return {
      status: 'fail',
      because: `${told}: the true rate is above ${formatRate(slo.limit)} beyond doubt.`,
      clauses,
    };
  }
  if (trials < slo.minSamples) {
    const because = `${told}; fewer than the ${formatCount(slo.minSamples)} samples that this objective asks for.`;
    return { status: 'inconclusive', because, clauses };
  }
  if (slo.limitIncluded ? rate > slo.limit : rate >= slo.limit) {
    return {
      status: 'fail',
      because: `${told}, which is ${formatRate(rate)} where ${formatRate(slo.limit)} is the limit.`,
      clauses,
    };
  }
  if (slo.rollback && rate > slo.rollback.above) {
    const because = `${told}: it keeps ${slo.clause} and yet trips the rollback criterion ${slo.rollback.clause} (> ${formatRate(slo.rollback.above)}); conflict, and the stricter wins.`;
    return { status: 'fail', because, clauses: [slo.clause, slo.rollback.clause] };
  }
  if (bounds.upper < slo.limit) return { status: 'pass', because: `${told}: proved to be within the limit.`, clauses };
  const because = `${told}: within the limit so far, but not proved; ${missing(slo, events, trials)}.`;
  return { status: 'inconclusive', because, clauses };
}

const eventWords = (slo: Slo): string =>
  ({
    'slow-response': 'responses were slower than the limit',
    'server-error': 'requests ended in a 5xx or without an answer',
    'failed-payment': 'payment attempts failed',
  })[slo.event.kind];

/** How many more trials like those seen would prove it; told only where more of the same would. */
function missing(slo: Slo, events: number, trials: number): string {
  if (events === 0) return `about ${formatCount(trialsToProve(slo.limit) - trials)} more clean samples would prove it`;
  for (let factor = 2; factor <= 64; factor *= 2) {
    if (logWithinEvidence(events * factor, trials * factor, slo.limit) >= Math.log(20)) {
      return `about ${formatCount(trials * (factor - 1))} more samples like these would prove it`;
    }
  }
  return 'the observed rate is too near to the limit for any affordable number of samples';
}
