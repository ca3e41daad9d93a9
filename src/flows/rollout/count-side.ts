import type { Count, CountAbove, ScrapeDelta } from '../../core/evidence.ts';
import type { Counted } from '../../core/counted.ts';
import type { Counts, Edges, Observation } from '../../core/rollout/observation.ts';
import { formatCount, type Slo } from '../../core/slo.ts';
import { compareScrapes, type Scrape } from '../../sources/scrape.ts';

/** What the instances of a side counted between two readings. */
export interface CountedSide {
  readonly counts: Counts;
  /** The bucket edges below the limits that are none, in ms. */
  readonly edges: Readonly<Record<string, number>>;
  readonly above: Readonly<Record<string, CountAbove>>;
  readonly complete: boolean;
  readonly routed: boolean;
  readonly unknown: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

/**
 * A side is observed only where every instance of it was. A load balancer may keep users from an instance that is gone or
 * was restarted, so that it appears ready in every observation, while what it failed is lost with its counters.
 */
export function countSide(before: readonly Scrape[], now: readonly Scrape[], counted: Counted): CountedSide {
  const { instances, problems } = compareScrapes(before, now, counted);
  const whole = instances.filter(({ restarted }) => !restarted);
  const counts: Record<string, Count> = {};
  const above: Record<string, CountAbove> = {};
  for (const { id } of counted.slos) {
    counts[id] = addCounts(whole.flatMap(({ slo }) => slo[id] ?? []));
    if (whole.some((instance) => instance.above?.[id])) above[id] = sumAbove(whole, id);
  }
  const restarts = instances.filter(({ restarted }) => restarted).map(({ url }) => `${url} was restarted`);
  return {
    counts,
    edges: Object.assign({}, ...instances.map((instance) => instance.edges)) as Record<string, number>,
    above,
    complete: whole.length > 0 && restarts.length + problems.length === 0,
    routed: instances.every(({ routed }) => routed !== false),
    unknown: Object.assign({}, ...instances.map((instance) => instance.unknown)) as Record<string, string>,
    problems: [...problems, ...restarts],
  };
}

/** Requests of the suite itself to one instance in one observation: readiness and /metrics. */
const ownRequests = 2;

/**
 * Counters without a route label hold probes and synthetic requests too, which rarely fail. Where these may be most of what was
 * counted, the rate is not that of users, and the observation counts as unobserved.
 */
export function strataProblem(
  { counts, routed }: Pick<CountedSide, 'counts' | 'routed'>,
  instances: number,
  /** Requests of users that the router counted; undefined where it counts none. */
  users: number | undefined,
  slos: readonly Slo[],
): string | undefined {
  const slo = slos.find(({ event }) => event.kind === 'server-error');
  const trials = slo ? (counts[slo.id]?.trials ?? 0) : 0;
  const others = users === undefined ? Math.min(trials, ownRequests * instances) : trials - users;
  if (routed || others <= trials / 2) return undefined;
  return `${formatCount(others)} of ${formatCount(trials)} counted requests are not of users, and the counters have no label route, so they cannot be told apart`;
}

/** Of an instance whose histogram has the limit as an edge, its count there. */
function sumAbove(instances: readonly ScrapeDelta[], id: string): CountAbove {
  const edges = instances.flatMap(({ above }) => above?.[id] ?? []).map(({ edgeMs }) => edgeMs);
  const count = addCounts(instances.flatMap(({ slo, above }) => above?.[id]?.count ?? slo[id] ?? []));
  const known = edges.filter((edgeMs) => edgeMs !== undefined);
  return { ...(known.length === edges.length ? { edgeMs: Math.max(...known) } : {}), count };
}

/** Where the limit of an objective is no bucket edge: the edges beside it, and what both sides counted at the one above. */
export function edgesOf(canary: CountedSide, baseline: CountedSide): Pick<Observation, 'edges' | 'above'> {
  const ids = Object.keys({ ...canary.above, ...baseline.above });
  if (ids.length === 0) return {};
  const edges: Record<string, Edges> = {};
  const above = { canary: {} as Record<string, Count>, baseline: {} as Record<string, Count> };
  for (const id of ids) {
    const [own, other] = [canary.above[id], baseline.above[id]];
    const belowMs = canary.edges[id];
    if (own) {
      edges[id] = {
        ...(belowMs === undefined ? {} : { belowMs }),
        ...(own.edgeMs === undefined ? {} : { aboveMs: own.edgeMs }),
      };
      above.canary[id] = own.count;
    }
    // Counts of two sides at different edges say nothing of which is slower.
    const same = own !== undefined && other !== undefined && own.edgeMs === other.edgeMs;
    above.baseline[id] = same ? other.count : { events: 0, trials: 0 };
  }
  return { edges, above };
}

const addCounts = (counts: readonly Count[]): Count => ({
  events: sum(counts.map(({ events }) => events)),
  trials: sum(counts.map(({ trials }) => trials)),
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
