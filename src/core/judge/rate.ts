import type { Count } from '../evidence.ts';
import { describeObjective, formatCount, formatMs, formatRate, type Slo } from '../slo.ts';
import type { ClauseId } from '../sop.ts';
import { isCount, logWithinEvidence, rateBounds, trialsToProve } from '../statistics/index.ts';
import type { Bounds, Judgement, JudgementStatus } from '../verdict.ts';

export interface RateInput {
  /** Prefix of the judgement's id: the source of the count. */
  readonly source: string;
  readonly title: string;
  readonly slo: Slo;
  readonly count: Count;
  readonly evidence: readonly string[];
  /** A percentile as text (`P95 312 ms`), where the source knows it. */
  readonly observed?: string;
}

/**
 * Decides one objective from s events in n trials; both are whole counts with 0 <= s <= n, anything else is `error`.
 * Fail: the lower bound reaches the limit, or the observed rate breaks the SOP's rule or its rollback criterion with at
 * least `minSamples` trials. Pass: at least `minSamples` trials, the rule is kept, and the upper bound is below the limit.
 * Anything else is inconclusive. Bounds are those of {@link rateBounds}.
 */
export function judgeRate({ source, title, slo, count, evidence, observed }: RateInput): Judgement {
  const measured = measuredRate(slo, count);
  return {
    id: `${source}.${slo.id}`,
    title,
    expected: describeObjective(slo),
    ...measured,
    actual: observed === undefined ? measured.actual : `${observed}; ${measured.actual}`,
    evidence,
    requestIds: [],
  };
}

type Measured = Decision & Pick<Judgement, 'actual' | 'bounds' | 'samples'>;

function measuredRate(slo: Slo, count: Count): Measured {
  const { events, trials } = count;
  const clauses = [slo.clause];
  if (!isCount(events, trials)) {
    const because = `${events} events in ${trials} trials are not counts.`;
    return { status: 'error', because, clauses, actual: 'not a count', samples: 0 };
  }
  if (trials === 0) {
    const because = 'No samples, and missing evidence is never a pass.';
    return { status: 'inconclusive', because, clauses, actual: 'no samples', samples: 0 };
  }
  const bounds = rateBounds(events, trials);
  const shown = formatRate(shownRate(slo, events / trials));
  return {
    ...decideRate(slo, count, bounds),
    actual: `${nameOf(slo)} ${shown}, n = ${formatCount(trials)}`,
    bounds,
    samples: trials,
  };
}

const isShownAsSuccess = ({ event }: Slo): boolean =>
  event.kind === 'failed-payment' || event.kind === 'crashed-session';

/** Payments and sessions are shown as success, as in the SOP; everything else as the rate of the event. */
const shownRate = (slo: Slo, rate: number): number => (isShownAsSuccess(slo) ? 1 - rate : rate);

const nameOf = (slo: Slo): string =>
  ({
    'slow-response': 'slower than the limit',
    'server-error': '5xx',
    'failed-payment': 'payment success',
    'crashed-session': 'crash-free',
  })[slo.event.kind];

interface Decision {
  readonly status: JudgementStatus;
  readonly because: string;
  readonly clauses: readonly ClauseId[];
}

function decideRate(slo: Slo, { events, trials }: Count, { lower, upper }: Bounds): Decision {
  const rate = events / trials;
  const limit = formatRate(slo.limit);
  const measured = `${eventName(slo)} ${formatRate(rate)} (${formatCount(events)} of ${formatCount(trials)})`;
  const decide = (status: JudgementStatus, because: string, clauses = [slo.clause]): Decision => ({
    status,
    because: `${measured}${because}.`,
    clauses,
  });
  if (lower >= slo.limit) return decide('fail', `, lower bound ${formatBound(lower, slo)} >= ${limit}`);
  if (trials < slo.minSamples) return decide('inconclusive', `; ${formatCount(slo.minSamples)} samples are required`);
  if (slo.limitIncluded ? rate > slo.limit : rate >= slo.limit)
    return decide('fail', ` is ${slo.limitIncluded ? 'above' : 'not below'} the limit of ${limit}`);
  if (slo.rollback && rate > slo.rollback.above) {
    const { clause, above } = slo.rollback;
    const because = ` meets ${slo.clause} but is above ${formatRate(above)}, the rollback criterion of ${clause}; conflict, the stricter clause applies`;
    return decide('fail', because, [slo.clause, clause]);
  }
  if (upper < slo.limit) return decide('pass', `, upper bound ${formatBound(upper, slo)} < ${limit}`);
  return decide(
    'inconclusive',
    `, upper bound ${formatBound(upper, slo)} >= ${limit}; ${missing(slo, events, trials)}`,
  );
}

/** A bound that is printed like its limit would read as `0.5 % < 0.5 %`. */
const formatBound = (bound: number, { limit }: Slo): string =>
  formatRate(bound) === formatRate(limit) ? `${Number((bound * 100).toPrecision(5))} %` : formatRate(bound);

function eventName({ event }: Slo): string {
  if (event.kind === 'slow-response') return `slower than ${formatMs(event.thresholdMs)}:`;
  if (event.kind === 'crashed-session') return 'crashed sessions';
  return event.kind === 'server-error' ? '5xx' : 'failed payments';
}

/** How many more trials at the observed rate a pass needs; a number only where more samples can give a pass. */
function missing(slo: Slo, events: number, trials: number): string {
  if (events === 0)
    return `about ${formatCount(trialsToProve(slo.limit) - trials)} more samples without an event are needed`;
  for (let factor = 2; factor <= 64; factor *= 2) {
    if (logWithinEvidence(events * factor, trials * factor, slo.limit) >= Math.log(20)) {
      return `about ${formatCount(trials * (factor - 1))} more samples at this rate are needed`;
    }
  }
  return 'the observed rate is too close to the limit for any practical number of samples';
}
