import type { MetricNames } from './metric-names.ts';

/** How the metrics of a target are named, and where they are read. */
export interface MetricsSettings {
  readonly names: MetricNames;
  readonly source: MetricsSourceSettings;
}

/** Where the counts of a target come from, as its target file sets it up. */
export type MetricsSourceSettings =
  /** The metrics page of every instance. */
  | { readonly driver: 'scrape' }
  /** A Prometheus that scrapes the instances. */
  | ({ readonly driver: 'prometheus' } & PrometheusSettings)
  /** The router's own counters: answers and their statuses, no durations. */
  | { readonly driver: 'router' };

export interface PrometheusSettings {
  /** Base address, without a slash at its end. */
  readonly url: string;
  /** Name of the environment variable with a bearer token. */
  readonly token?: string;
  /** Labels that identify one side: {colour}, {release}, {place} and {host} (host:port of an instance) are replaced. */
  readonly labels: Readonly<Record<string, string>>;
  /** How often it scrapes: an older sample is stale. */
  readonly scrapeIntervalMs: number;
  /** Limit of one query. */
  readonly timeoutMs: number;
}

/** Whether the labels tell the instances of a side apart, and not only its colour or its release. */
export const namesInstances = ({ labels }: Pick<PrometheusSettings, 'labels'>): boolean =>
  Object.values(labels).some((value) => /\{(?:place|host)\}/.test(value));
