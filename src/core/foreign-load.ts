import type { LoadPlan } from './load-plan.ts';
import type { Slo } from './slo.ts';
import type { ForeignScript } from './target.ts';

/** k6's own times of a request that an objective may be mapped to: `http_req_waiting` is `waiting`. */
export const requestTimings = [
  'blocked',
  'connecting',
  'tls_handshaking',
  'sending',
  'waiting',
  'receiving',
  'duration',
] as const;
export type RequestTiming = (typeof requestTimings)[number];

/** Where the events of an objective come from, during a load by a script of the target's own. */
export type EventSource =
  /** Every answer, timed by our wrapper; without a timing: connection and duration together. */
  | { readonly from: 'timings'; readonly timing?: RequestTiming }
  /** Every answer: its status is 500 or more, or there was none. */
  | { readonly from: 'statuses' }
  /** A metric of the script; `inverted`: a rate of the opposite. */
  | { readonly from: 'metric'; readonly name: string; readonly inverted: boolean }
  | { readonly from: 'nothing'; readonly because: string };

/**
 * The source of an objective's events. Latency and server errors are counted from every request unless the target file maps
 * them to a metric of the script; other objectives have a source only where it does.
 */
export function eventSourceOf({ id, event }: Slo, { metrics }: Pick<ForeignScript, 'metrics'>): EventSource {
  const mapped = metrics[id];
  const name = mapped?.replace(/^!/, '') ?? '';
  if (event.kind === 'slow-response') {
    const timing = requestTimings.find((each) => name === `http_req_${each}`);
    if (mapped === undefined || timing !== undefined) return { from: 'timings', ...(timing ? { timing } : {}) };
  }
  // k6's own rate counts 4xx too, and what the script declares as expected does not count: a 5xx always does.
  if (event.kind === 'server-error' && (mapped === undefined || name === 'http_req_failed'))
    return { from: 'statuses' };
  if (mapped !== undefined) return { from: 'metric', name, inverted: mapped.startsWith('!') };
  return {
    from: 'nothing',
    because: `No metric of the script is mapped to it; name one: load.metrics.${id} of the target file.`,
  };
}

/**
 * Percentiles of a trend, in percent, that show how many of its samples are above a limit: each whole one, and steps of 0.1
 * around those of the objectives that are mapped to a trend. Empty where none is.
 */
export function neededPercentiles(slos: readonly Slo[], script: Pick<ForeignScript, 'metrics'>): readonly number[] {
  const mapped = slos.flatMap((slo) =>
    slo.event.kind === 'slow-response' && eventSourceOf(slo, script).from === 'metric' ? slo.event.percentile : [],
  );
  if (mapped.length === 0) return [];
  const whole = Array.from({ length: 101 }, (_, percentile) => percentile);
  const around = mapped.flatMap((percentile) => Array.from({ length: 41 }, (_, step) => percentile - 2 + step / 10));
  const rounded = [...whole, ...around].map((percentile) => Number(percentile.toFixed(1)));
  return [...new Set(rounded)].filter((percentile) => percentile >= 0 && percentile <= 100);
}

/** What the wrapper around the script is given, as JSON. */
export interface ForeignQuestion {
  /** Absent: the script's own options are kept. */
  readonly plan?: LoadPlan;
  /** Begins the names of our metrics. */
  readonly prefix: string;
  /** Marks checks on an answer that an objective counts already. */
  readonly excusedTag: string;
  readonly latencies: readonly {
    /** The name of its counter. */
    readonly counter: string;
    readonly thresholdMs: number;
    readonly percentile: number;
    readonly timing?: RequestTiming;
  }[];
  /** Those that are needed of a trend of the script, in percent. */
  readonly percentiles: readonly number[];
  /** Origins whose answers are evidence about the target. */
  readonly origins: readonly string[];
  readonly release: string;
  /** As k6 spells the names of headers; empty: none. */
  readonly releaseHeader: string;
  /** The target sets that header, so that an answer without it is the front's. */
  readonly identifies: boolean;
}

/** Begins the names of our metrics, so that none is the script's own. */
export const ownPrefix = 'shiproom_';

/** The counter of answers that were too slow for an objective. */
export const foreignSlowCounter = (id: string): string => `${ownPrefix}slow_${id.replaceAll('-', '_')}`;

/** The tag of checks on an answer that an objective counts already: a 5xx, none, or one of the front. */
export const excusedTag = `${ownPrefix}excused`;
