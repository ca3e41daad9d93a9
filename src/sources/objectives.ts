import type { Count, CountAbove } from '../core/evidence.ts';
import { counterOf, type Counted } from '../core/counted.ts';
import { formatMs, type Slo } from '../core/slo.ts';
import type { Counters, Series } from './counters.ts';

/** Each series with its increase; a new series starts at 0. */
export const increases = (first: Counters, last: Counters): Series[] =>
  [...last.series.values()].map((series) => ({
    ...series,
    value: series.value - (first.series.get(series.place)?.value ?? 0),
  }));

export interface ObjectiveCounts {
  /** Latency at the nearest edge at or below the limit, where no slow response is missed: what proves an objective. */
  readonly counts: Record<string, Count>;
  /** In ms, where the limit of an objective is no edge of the histogram. */
  readonly edges: Record<string, number>;
  /** There, at the nearest edge above the limit, where none is counted that is within it: what breaks an objective. */
  readonly above: Record<string, CountAbove>;
  readonly unknown: Record<string, string>;
}

/** What each objective counted; one that these counters do not count is named in `unknown` and has no counts. */
export function countObjectives(moved: readonly Series[], last: Counters, counted: Counted): ObjectiveCounts {
  const counts: Record<string, Count> = {};
  const edges: Record<string, number> = {};
  const above: Record<string, CountAbove> = {};
  const unknown: Record<string, string> = {};
  for (const slo of counted.slos) {
    const { event, id } = slo;
    const count = last.unknown[event.kind] ?? countObjective(slo, moved, last, counted);
    if (typeof count === 'string') unknown[id] = count;
    else counts[id] = count;
    if (event.kind !== 'slow-response' || last.unknown[event.kind] !== undefined || bucketsOf(last).length === 0)
      continue;
    const { below: edgeMs, above: aboveMs } = nearestEdges(last, event.thresholdMs);
    if (edgeMs === event.thresholdMs) continue;
    if (edgeMs !== undefined) edges[id] = edgeMs;
    above[id] = countAbove(moved, aboveMs);
  }
  return { counts, edges, above, unknown };
}

/** Without an edge above the limit, nothing shows that a response was slower: no trials. */
const countAbove = (moved: readonly Series[], edgeMs: number | undefined): CountAbove =>
  edgeMs === undefined ? { count: { events: 0, trials: 0 } } : { edgeMs, count: slowerThan(edgeMs, moved) };

function slowerThan(edgeMs: number, moved: readonly Series[]): Count {
  const trials = sum(moved.filter(({ counts }) => counts.kind === 'durations'));
  const within = sum(moved.filter(({ counts }) => counts.kind === 'bucket' && counts.edgeMs === edgeMs));
  return { events: trials - within, trials };
}

function countObjective(slo: Slo, moved: readonly Series[], last: Counters, { names }: Counted): Count | string {
  switch (slo.event.kind) {
    case 'server-error':
      return countAnswers(moved, last);
    case 'crashed-session':
      return 'sessions are counted by the error tracker';
    case 'failed-payment': {
      const counter = counterOf(slo, names)?.name;
      const attempts = moved.flatMap(({ counts, value }) =>
        counts.kind === 'attempts' && counts.counter === counter ? [{ failed: counts.failed, value }] : [],
      );
      return { events: sum(attempts.filter(({ failed }) => failed)), trials: sum(attempts) };
    }
    case 'slow-response': {
      const { thresholdMs } = slo.event;
      const { below } = nearestEdges(last, thresholdMs);
      if (below !== undefined) return slowerThan(below, moved);
      return bucketsOf(last).length === 0
        ? { events: 0, trials: 0 }
        : `no bucket of ${names.durations} at or below ${formatMs(thresholdMs)}`;
    }
  }
}

/** By the counter of requests, or where there is none by the histogram's count. */
function countAnswers(moved: readonly Series[], last: Counters): Count {
  const kind = [...last.series.values()].some(({ counts }) => counts.kind === 'requests') ? 'requests' : 'durations';
  const answers = moved.filter(({ counts }) => counts.kind === kind);
  const failed = moved.filter(({ counts }) => counts.kind === 'failures' || (counts.kind === kind && counts.failed));
  return { events: sum(failed), trials: sum(answers) };
}

/** The nearest edges at or below the limit and above it, in ms; above the last one, +Inf, there are no responses. */
function nearestEdges(last: Counters, limitMs: number): { readonly below?: number; readonly above?: number } {
  const histograms = [...last.series.values()].filter(({ counts }) => counts.kind === 'durations').length;
  const edges = bucketsOf(last);
  // An edge that only some of the histograms have would leave out the responses of the others.
  const common = [...new Set(edges)].filter((edge) => edges.filter((each) => each === edge).length >= histograms);
  const below = common.filter((edge) => edge <= limitMs);
  const above = common.filter((edge) => edge > limitMs && edge < Infinity);
  return {
    ...(below.length === 0 ? {} : { below: Math.max(...below) }),
    ...(above.length === 0 ? {} : { above: Math.min(...above) }),
  };
}

const bucketsOf = ({ series }: Counters): number[] =>
  [...series.values()].flatMap(({ counts }) => (counts.kind === 'bucket' ? [counts.edgeMs] : []));

const sum = (each: readonly { readonly value: number }[]): number =>
  each.reduce((total, { value }) => total + value, 0);
