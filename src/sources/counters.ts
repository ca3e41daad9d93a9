import { formatCount } from '../core/slo.ts';
import type { MetricSample } from './prometheus-text.ts';

/** The names in FreeTask's contract. */
export const names = {
  requests: 'http_requests_total',
  durations: 'http_request_duration_seconds',
  payments: 'payment_attempts_total',
} as const;

/** One series of a counter; its value is a count. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The counters of one page by series, with the start time of the process in seconds since the epoch. */
export interface Counters {
  readonly startedAt?: number;
  readonly series: ReadonlyMap<string, Series>;
  /** Whether every request has a route label, so that requests on probe routes are left out. */
  readonly routed: boolean;
}

const watched: readonly string[] = [
  names.requests,
  names.payments,
  `${names.durations}_bucket`,
  `${names.durations}_count`,
];
const outcomes: readonly string[] = ['success', 'failure'];

/** The counters that objectives need; a page whose counters are not counts, or have other labels, is a problem. */
export function readCounters(samples: readonly MetricSample[]): Counters | { readonly problem: string } {
  const counted = samples.filter(({ name }) => watched.includes(name));
  if (!counted.some(({ name }) => name.startsWith(names.durations))) return { problem: `no ${names.durations}` };
  const problem = notCount(counted) ?? unknownLabels(counted) ?? notCumulative(counted);
  if (problem !== undefined) return { problem };
  const series = new Map<string, Series>();
  for (const sample of counted.filter(({ labels }) => !isProbe(labels))) {
    const key = formatSeries(sample);
    if (series.has(key)) return { problem: `${key} is on the page twice` };
    series.set(key, sample);
  }
  const startedAt = samples.find(({ name }) => name === 'process_start_time_seconds')?.value;
  return {
    ...(startedAt === undefined || !Number.isFinite(startedAt) ? {} : { startedAt }),
    series,
    routed: counted.every(({ name, labels }) => name !== names.requests || routeOf(labels) !== undefined),
  };
}

/** `http_requests_total{route="/jobs",status="200"}` */
export const formatSeries = ({ name, labels }: Pick<MetricSample, 'name' | 'labels'>): string =>
  `${name}{${formatLabels(labels)}}`;

const formatLabels = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => `${name}="${text}"`)
    .join(',');

function notCount(samples: readonly MetricSample[]): string | undefined {
  const wrong = samples.find(({ value }) => !Number.isSafeInteger(value) || value < 0);
  return wrong && `${formatSeries(wrong)} is ${wrong.value}, which is not a count`;
}

/** A counter with other labels than the contract's would be read as no failure, or as failures only. */
function unknownLabels(samples: readonly MetricSample[]): string | undefined {
  const labelsOf = (wanted: string) => samples.filter(({ name }) => name === wanted).map(({ labels }) => labels);
  const status = labelsOf(names.requests).find((labels) => !/^[1-5]\d\d$/.test(labels['status'] ?? ''));
  if (status) return `${names.requests} has no label status with an HTTP status, but ${formatLabels(status) || 'none'}`;
  const outcome = labelsOf(names.payments).find((labels) => !outcomes.includes(labels['outcome'] ?? ''));
  if (outcome)
    return `${names.payments} has no label outcome with ${outcomes.join(' or ')}, but ${formatLabels(outcome) || 'none'}`;
  return undefined;
}

/** Buckets of a histogram are cumulative, and the last one is its count. */
function notCumulative(samples: readonly MetricSample[]): string | undefined {
  const histograms = new Map<string, MetricSample[]>();
  for (const sample of samples.filter(({ name }) => name.startsWith(names.durations))) {
    const { le: _, ...labels } = sample.labels;
    const key = formatLabels(labels);
    histograms.set(key, [...(histograms.get(key) ?? []), sample]);
  }
  for (const [labels, histogram] of histograms) {
    const problem = brokenBuckets(histogram);
    if (problem !== undefined) return `${names.durations}{${labels}}: ${problem}`;
  }
  return undefined;
}

function brokenBuckets(histogram: readonly MetricSample[]): string | undefined {
  const buckets = histogram
    .filter(({ name }) => name === `${names.durations}_bucket`)
    .map(({ labels, value }) => ({ le: labels['le'] ?? '', edge: edgeOf(labels), value }))
    .toSorted((a, b) => a.edge - b.edge);
  const noEdge = buckets.find(({ edge }) => Number.isNaN(edge));
  if (noEdge) return `a bucket has the edge le="${noEdge.le}"`;
  for (const [index, bucket] of buckets.entries()) {
    const lower = buckets[index - 1];
    if (lower && bucket.value < lower.value)
      return `bucket le=${bucket.le} (${formatCount(bucket.value)}) is below le=${lower.le} (${formatCount(lower.value)})`;
  }
  const last = buckets.at(-1);
  const count = histogram.find(({ name }) => name === `${names.durations}_count`);
  if (last && count && last.edge === Infinity && last.value !== count.value)
    return `bucket le=${last.le} (${formatCount(last.value)}) differs from the count (${formatCount(count.value)})`;
  return undefined;
}

/** The upper edge of a bucket in seconds; NaN where it is none. */
export function edgeOf({ le = '' }: Readonly<Record<string, string>>): number {
  if (/^\+?inf$/i.test(le)) return Infinity;
  return le.trim() === '' ? Number.NaN : Number(le);
}

const routeOf = (labels: Readonly<Record<string, string>>): string | undefined =>
  labels['route'] ?? labels['path'] ?? labels['handler'];

/** Probes are not users: they are frequent, cheap and never fail, and would dilute every rate. */
const isProbe = (labels: Readonly<Record<string, string>>): boolean =>
  /(?:^|\/)(?:healthz?|readyz?|livez?|metrics)\/?$/.test(routeOf(labels) ?? '');
