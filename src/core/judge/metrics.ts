import type { Count, LoadEvidence, MetricsEvidence } from '../evidence.ts';
import { formatCount, formatMs, type Slo } from '../slo.ts';
import type { Judgement } from '../verdict.ts';
import { judgeRate } from './rate.ts';

/**
 * Clauses 3.2a, c, d from the target's own counters during the load. A rate passes only where every instance was read for the
 * whole load, the requests of the load are among those that were counted, and they are at least half of them or probes are
 * distinguished.
 */
export function judgeMetrics(evidence: MetricsEvidence, slos: readonly Slo[], load?: LoadEvidence): Judgement[] {
  const restarted = evidence.instances.filter((instance) => instance.restarted);
  const problems = [...evidence.problems, ...restarted.map(({ url }) => `${url} restarted during the load`)];
  const judgements = slos.map((slo) => {
    const count = sumOf(evidence, slo);
    const title = `${slo.title}, counted by the target`;
    const judgement = judgeRate({ source: 'metrics', title, slo, count, evidence: evidence.files });
    const unknown = notCounted(evidence, slo) ?? (judgement.status === 'fail' ? coarseEdge(evidence, slo) : undefined);
    if (unknown !== undefined) return { ...judgement, status: 'inconclusive' as const, because: unknown };
    if (judgement.status !== 'pass') return judgement;
    if (problems.length > 0) {
      const because = `Not every instance could be read: ${problems.join('; ')}`;
      return { ...judgement, status: 'error' as const, because };
    }
    const because = uncountedRequests(slo, count, load) ?? otherRequests(evidence, slo, count, load);
    return because === undefined ? judgement : { ...judgement, status: 'inconclusive' as const, because };
  });
  if (problems.length > 0 && judgements.every((judgement) => judgement.status === 'inconclusive')) {
    return judgements.map((judgement) => ({ ...judgement, status: 'error' as const, because: problems.join('; ') }));
  }
  return judgements;
}

/** An objective that one of the instances does not count is not known of the target. */
const notCounted = ({ instances }: MetricsEvidence, { id }: Slo): string | undefined =>
  instances
    .flatMap(({ url, unknown }) => (unknown?.[id] === undefined ? [] : [`Not counted by ${url}: ${unknown[id]}.`]))
    .at(0);

/** Responses between the edge and the limit are within the objective, and yet counted as slower: that fails nothing. */
function coarseEdge({ instances }: MetricsEvidence, { id, event }: Slo): string | undefined {
  const edge = instances.flatMap(({ edges }) => edges[id] ?? []).at(0);
  if (edge === undefined || event.kind !== 'slow-response') return undefined;
  return `The histogram has no bucket at ${formatMs(event.thresholdMs)}; too many responses are slower than ${formatMs(edge)}, the next bucket below it. Add a bucket at the limit.`;
}

function sumOf({ instances }: MetricsEvidence, { id }: Slo): Count {
  const counts = instances.filter(({ restarted }) => !restarted).map(({ slo }) => slo[id]);
  return {
    events: counts.reduce((sum, count) => sum + (count?.events ?? 0), 0),
    trials: counts.reduce((sum, count) => sum + (count?.trials ?? 0), 0),
  };
}

/** Part of the load's own requests that the counters have to have counted; the last ones may still be in progress. */
const countedShare = 0.9;

/** Counters that missed requests of the load are not those of every instance that answered. */
function uncountedRequests({ id }: Slo, { trials }: Count, load?: LoadEvidence): string | undefined {
  const sent = load?.slo[id]?.trials ?? 0;
  if (trials >= sent * countedShare) return undefined;
  return `The counters have ${formatCount(trials)} of the ${formatCount(sent)} that the load sent: another instance answered the others.`;
}

/** Probes never fail: where they may be most of what was counted, the rate is not that of users. */
function otherRequests(
  evidence: MetricsEvidence,
  slo: Slo,
  { trials }: Count,
  load?: LoadEvidence,
): string | undefined {
  const isRouted = evidence.instances.every(({ routed }) => routed !== false);
  if (slo.event.kind === 'failed-payment' || isRouted || load === undefined) return undefined;
  const others = trials - load.requests;
  if (others <= trials / 2) return undefined;
  return `${formatCount(others)} of ${formatCount(trials)} counted requests are not of the load, and the counters have no label route, so probes cannot be distinguished.`;
}
