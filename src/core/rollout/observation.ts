import type { Count } from '../evidence.ts';
import type { Shares } from './step.ts';

/** What one side answered between two observations, by the id of the objective. */
export type Counts = Readonly<Record<string, Count>>;

/** What the router counted for one side: users only, because our own requests do not pass it. */
export interface Served {
  readonly requests: number;
  /** 5xx, and answers that were cut off. */
  readonly failed: number;
}

/** The bucket edges next to a limit, in ms; one that no histogram of the canary has is absent. */
export interface Edges {
  readonly belowMs?: number;
  readonly aboveMs?: number;
}

/** One reading of a stage's counters and health. */
export interface Observation {
  /** Wall clock at its end, for the report; nothing is decided by it. */
  readonly at: string;
  /** Monotonic ms since the observation before. */
  readonly lengthMs: number;
  /** False for time that could not be observed: a gap, a source that failed. It decides nothing and does not count as dwell. */
  readonly observed: boolean;
  readonly shares?: Shares;
  /** The canary's fraction of the weights of all servers that take users, 0 to 1; absent where the router knows no servers. */
  readonly share?: number;
  /** All requests, as the instances count them. */
  readonly canary: Counts;
  readonly baseline: Counts;
  /** Objectives of latency whose limit is no bucket edge: `canary` and `baseline` are counted at the edge below it. */
  readonly edges?: Readonly<Record<string, Edges>>;
  /** Of these, counted at the edge above the limit; without such an edge no trials. */
  readonly above?: {
    readonly canary: Counts;
    readonly baseline: Counts;
    readonly users?: Counts;
    readonly baselineUsers?: Counts;
  };
  /** SLO ids that nothing of the canary counts, and why; such an objective is neither met nor broken. */
  readonly unknown?: Readonly<Record<string, string>>;
  /**
   * The part of `canary` that is users', and what k6 counted of its own requests; both absent where none were sent. k6 counts
   * a request later than the instance does, so users' events are at least these, and their trials at most.
   */
  readonly users?: Counts;
  readonly synthetic?: Counts;
  /** The same parts of `baseline`. */
  readonly baselineUsers?: Counts;
  readonly baselineSynthetic?: Counts;
  /** Whether every instance of the new release was ready; absent where it was not probed. */
  readonly ready?: boolean;
  readonly served?: { readonly canary: Served; readonly baseline: Served };
  /** All requests of users, and the 5xx among their answers that no instance gave; absent where the router does not count them. */
  readonly front?: Served;
  /** Failed connections of the router by instance, where there were any. */
  readonly connectErrors?: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

/** What both sides answered in one sample. */
export interface Stratum {
  readonly canary: Served;
  readonly baseline: Served;
}

/** The router's counters since the sample before: one a second, beside the observation of every interval. */
export interface Sample {
  /** Wall clock at its end, for the report; nothing is decided by it. */
  readonly at: string;
  /** Monotonic ms since the last sample that was read; a gap is part of the sample that ends it. */
  readonly lengthMs: number;
  /**
   * By attempt: a failed connection and an answer that broke off are failed requests. Users first, as the router counts them;
   * then, where they are counted on both sides, synthetic requests.
   */
  readonly strata: readonly Stratum[];
  /** All requests of users, and the 5xx among their answers that no instance gave; absent where the router does not count them. */
  readonly front?: Served;
}

/** Observed time of a stage in ms. */
export const observedMs = (observations: readonly Observation[]): number =>
  observations.reduce((sum, { observed, lengthMs }) => sum + (observed ? lengthMs : 0), 0);

/** Counts of one side over several observations. */
export function sumCounts(observations: readonly Observation[], side: 'canary' | 'baseline', id: string): Count {
  let events = 0;
  let trials = 0;
  for (const observation of observations) {
    events += observation[side][id]?.events ?? 0;
    trials += observation[side][id]?.trials ?? 0;
  }
  return { events, trials };
}

export const noneServed: Served = { requests: 0, failed: 0 };

export const addServed = (all: readonly Served[]): Served =>
  all.reduce((sum, each) => ({ requests: sum.requests + each.requests, failed: sum.failed + each.failed }), noneServed);

/** What one side, or with `front` the router itself, answered over several observations; undefined where it was not counted. */
export function sumServed(
  observations: readonly Observation[],
  lane: 'canary' | 'baseline' | 'front',
): Served | undefined {
  const counted = observations.flatMap(({ served, front }) => (lane === 'front' ? front : served?.[lane]) ?? []);
  return counted.length === 0 ? undefined : addServed(counted);
}
