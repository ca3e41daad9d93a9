import type { Count } from '../evidence.ts';
import type { Shares } from './step.ts';

/** What one side answered between two looks, by the id of the objective. */
export type Counts = Readonly<Record<string, Count>>;

/** What the router saw of one side, real users only. */
export interface Served {
  readonly requests: number;
  /** 5xx, and answers that broke off. */
  readonly failed: number;
}

/** One look at a stage. */
export interface Observation {
  /** Wall clock at its end, for people; nothing is decided by it. */
  readonly at: string;
  /** Monotonic ms since the look before. */
  readonly lengthMs: number;
  /** False for time in which nobody could see: a gap, a blind source. It decides nothing and does not count as dwell. */
  readonly observed: boolean;
  readonly shares?: Shares;
  readonly canary: Counts;
  readonly baseline: Counts;
  /** Whether every instance of the new release said at this look that it is ready; absent where nobody asked. */
  readonly ready?: boolean;
  readonly served?: { readonly canary: Served; readonly baseline: Served };
  readonly problems: readonly string[];
}

/** Observed time of a stage in ms. */
export const observedMs = (observations: readonly Observation[]): number =>
  observations.reduce((sum, { observed, lengthMs }) => sum + (observed ? lengthMs : 0), 0);

/** Counts of one side over several ticks. */
export function sumCounts(observations: readonly Observation[], side: 'canary' | 'baseline', id: string): Count {
  let events = 0;
  let trials = 0;
  for (const observation of observations) {
    events += observation[side][id]?.events ?? 0;
    trials += observation[side][id]?.trials ?? 0;
  }
  return { events, trials };
}

export const nobodyServed: Served = { requests: 0, failed: 0 };

export const addServed = (all: readonly Served[]): Served =>
  all.reduce(
    (sum, each) => ({ requests: sum.requests + each.requests, failed: sum.failed + each.failed }),
    nobodyServed,
  );

export function sumServed(observations: readonly Observation[], side: 'canary' | 'baseline'): Served | undefined {
  const seen = observations.flatMap(({ served }) => served?.[side] ?? []);
  return seen.length === 0 ? undefined : addServed(seen);
}
