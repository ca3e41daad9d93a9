import type { Count } from '../core/evidence.ts';
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
  readonly counts: Record<string, Count>;
  /** In ms, where the limit of an objective is no edge of the histogram. */
  readonly edges: Record<string, number>;
  readonly unknown: Record<string, string>;
}

/** What each objective counted; one that these counters do not count is named in `unknown` and has no counts. */
export function countObjectives(moved: readonly Series[], last: Counters, counted: Counted): ObjectiveCounts {
  const counts: Record<string, Count> = {};
  const edges: Record<string, number> = {};
  const unknown: Record<string, string> = {};
  for (const slo of counted.slos) {
    const count = last.unknown[slo.event.kind] ?? countObjective(slo, moved, last, counted);
    if (typeof count === 'string') unknown[slo.id] = count;
    else counts[slo.id] = count;
    const edgeMs = slo.event.kind === 'slow-response' ? nearestEdge(last, slo.event.thresholdMs) : undefined;
    if (edgeMs !== undefined && slo.event.kind === 'slow-response' && edgeMs !== slo.event.thresholdMs)
      edges[slo.id] = edgeMs;
  }
  return { counts, edges, unknown };
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
      const edgeMs = nearestEdge(last, thresholdMs);
      const trials = sum(moved.filter(({ counts }) => counts.kind === 'durations'));
      if (edgeMs === undefined)
        return bucketsOf(last).length === 0
          ? { events: 0, trials: 0 }
          : `no bucket of ${names.durations} at or below ${formatMs(thresholdMs)}`;
      const within = sum(moved.filter(({ counts }) => counts.kind === 'bucket' && counts.edgeMs === edgeMs));
      return { events: trials - within, trials };
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

/** The nearest edge at or below the limit, in ms: a response below that edge is below the limit too. */
function nearestEdge(last: Counters, limitMs: number): number | undefined {
  const histograms = [...last.series.values()].filter(({ counts }) => counts.kind === 'durations').length;
  const edges = bucketsOf(last);
  // An edge that only some of the histograms have would leave out the responses of the others.
  const common = [...new Set(edges)].filter((edge) => edges.filter((each) => each === edge).length >= histograms);
  const within = common.filter((edge) => edge <= limitMs);
  return within.length === 0 ? undefined : Math.max(...within);
}

const bucketsOf = ({ series }: Counters): number[] =>
  [...series.values()].flatMap(({ counts }) => (counts.kind === 'bucket' ? [counts.edgeMs] : []));

const sum = (each: readonly { readonly value: number }[]): number =>
  each.reduce((total, { value }) => total + value, 0);
