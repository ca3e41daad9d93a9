import type { Count } from '../evidence.ts';
import type { Edges } from '../rollout/observation.ts';
import { describeObjective, endSentence, formatCount, formatMs, formatRate, type Slo } from '../slo.ts';
import { logWithinEvidence, rateBounds } from '../statistics/index.ts';
import type { Judgement } from '../verdict.ts';
import { eventName, formatEstimate, missingTrials } from './estimate.ts';
import { minimumOf } from './literal-rule.ts';
import type { JudgeState, StageState } from './judge-state.ts';
import { countIn, type Source, withinIn } from './tally.ts';

type Decision = Pick<Judgement, 'status' | 'because' | 'clauses'>;

/**
 * One objective over all counts of the stage. Pass: proved to be within its limit, with neither the own rate of users or of synthetic
 * requests nor the rollback criterion against it. Fail: a rollback criterion was met. Error: not measured. Anything else is inconclusive.
 */
export function judgeObjective(slo: Slo, state: JudgeState, current: StageState): Judgement {
  const count = withinIn(current.pages.total, 'all', slo);
  const { events, trials } = count;
  const { share } = current.stage;
  const decision = decide(slo, count, state, current);
  const edges = describeEdges(slo, current.seen.edges[slo.id]);
  return {
    id: `stage-${share}.${slo.id}`,
    title: `${slo.title} at ${share} %`,
    ...decision,
    because: edges === undefined ? decision.because : `${decision.because} ${edges}`,
    expected: describeObjective(slo),
    actual: trials === 0 ? 'nothing measured' : `${eventName(slo)} ${formatEstimate(count)}`,
    ...(trials === 0 ? {} : { bounds: rateBounds(events, trials) }),
    samples: trials,
    evidence: ['journal.ndjson'],
    requestIds: [],
  };
}

function decide(slo: Slo, count: Count, { input }: JudgeState, current: StageState): Decision {
  const { settings } = input;
  const { decided, seen } = current;
  const { total } = current.pages;
  const clauses = [slo.clause];
  const decision = (status: Decision['status'], because: string): Decision => ({ status, because, clauses });
  // What the router counted has a judgement of its own.
  if (decided && decided.slo.id === slo.id && !isOfRouter(decided.source))
    return {
      status: 'fail',
      because: endSentence(decided.because),
      clauses: [...new Set([slo.clause, decided.clause])],
    };
  const foreign = seen.foreign[slo.id] ?? 0;
  if (foreign > 0)
    return decision('error', `the counts of ${formatCount(foreign)} observations belong to other limits.`);
  if (seen.blind !== undefined) return decision('error', `the new release is not observed: ${seen.blind}.`);
  const unknown = seen.unknown[slo.id];
  if (unknown !== undefined) return decision('inconclusive', `not counted: ${unknown}.`);
  if (count.trials === 0) return decision('inconclusive', 'No samples, and missing evidence is never a pass.');
  const parts = [count, withinIn(total, 'users', slo), countIn(total, 'canary', 'synthetic', slo)];
  const against = parts
    .filter((part, index) => index === 0 || part.trials >= minimumOf(slo, settings))
    .flatMap((part) => againstLimit(slo, part) ?? [])
    .at(0);
  if (against !== undefined) return decision('inconclusive', `${against}.`);
  const { beta } = settings.judge;
  const rate = formatRate(count.events / count.trials);
  if (logWithinEvidence(count.events, count.trials, slo.limit) >= Math.log(1 / beta))
    return decision('pass', `${rate} is proved to be within ${formatRate(slo.limit)}.`);
  const missing = missingTrials(count, slo.limit, beta);
  const more = missing === undefined ? 'too close for a proof' : `about ${formatCount(missing)} more samples prove it`;
  return decision('inconclusive', `${rate} is not yet proved to be within ${formatRate(slo.limit)}: ${more}.`);
}

/** Where the limit is no edge of the histograms: the edges that count in its place, and what cannot be shown without one. */
export function describeEdges({ event }: Pick<Slo, 'event'>, edges: Edges | undefined): string | undefined {
  if (event.kind !== 'slow-response' || !edges) return undefined;
  const { belowMs, aboveMs } = edges;
  const limit = formatMs(event.thresholdMs);
  if (belowMs === undefined && aboveMs === undefined) return undefined;
  if (belowMs === undefined)
    return `Counted at ${formatMs(aboveMs ?? 0)}; no bucket at or below the limit of ${limit} could prove the objective.`;
  if (aboveMs === undefined)
    return `Counted at ${formatMs(belowMs)}; no bucket above the limit of ${limit} could show a breach.`;
  return `Counted at ${formatMs(aboveMs)} and ${formatMs(belowMs)}; the limit is ${limit}.`;
}

export const isOfRouter = (source: Source): boolean => source === 'router' || source === 'front';

/** Why the observed rate itself does not meet the objective, or meets it and is above the rollback criterion all the same. */
export function againstLimit(
  { clause, limit, limitIncluded, rollback }: Slo,
  { events, trials }: Count,
): string | undefined {
  const rate = trials === 0 ? 0 : events / trials;
  if (trials > 0 && (limitIncluded ? rate > limit : rate >= limit))
    return `${formatRate(rate)} is not within ${formatRate(limit)}, and no rollback criterion is met`;
  if (rollback && rate > rollback.above)
    return `${formatRate(rate)} meets ${clause} but is above ${formatRate(rollback.above)}, the rollback criterion of ${rollback.clause}; conflict, the stricter clause applies`;
  return undefined;
}
