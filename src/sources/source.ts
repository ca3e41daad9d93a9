import type { MetricsSourceSettings } from '../core/metrics-source.ts';
import type { EnvironmentName } from '../core/target.ts';
import type { Scrape } from './scrape.ts';

/** What is measured: one environment, or some of its instances. */
export interface MeasuredSide {
  readonly colour: EnvironmentName;
  /** Whether `instances` are all regular ones of the colour. */
  readonly isWhole: boolean;
  readonly instances: readonly MeasuredInstance[];
  /** Addresses of metrics pages. */
  readonly metrics: readonly string[];
  /** Absent where it is not known. */
  readonly release?: string;
}

export interface MeasuredInstance {
  readonly name: string;
  /** host:port of its address. */
  readonly host: string;
}

/** The counters of every instance of a side at one moment. */
export type Reading = readonly Scrape[];

export interface ReadCall {
  /** The reading before of the same side: every sample of the next one is newer. */
  readonly after?: Reading | undefined;
  readonly signal: AbortSignal;
}

/**
 * Where counts come from. A source that is blind says so in its readings: it reports no zero. What every objective counted
 * between two readings of one side is the same pure function for all of them, compareScrapes.
 */
export interface Source {
  readonly name: MetricsSourceSettings['driver'];
  /** Reads what was counted up to a moment after the call. Never throws: what could not be read is a problem of its instance. */
  readonly read: (side: MeasuredSide, call: ReadCall) => Promise<Reading>;
}
