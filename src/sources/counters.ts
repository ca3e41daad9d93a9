import { counterOf, type Counted } from '../core/counted.ts';
import type { MetricNames, OutcomeCounter } from '../core/metric-names.ts';
import type { SloEvent } from '../core/slo.ts';
import { edgeOf, notCumulative } from './histograms.ts';
import { formatLabels, formatSeries } from './labels.ts';
import { suggestNames, suggestStatus } from './name-hints.ts';
import type { MetricSample } from './prometheus-text.ts';

/** One series of a counter, by what it counts; its value is a count. */
export interface Series {
  /** `http_requests_total{route="/orders",status="200"}` */
  readonly place: string;
  readonly value: number;
  readonly counts:
    | { readonly kind: 'requests'; readonly failed: boolean }
    /** Failed ones among requests that are counted by another series. */
    | { readonly kind: 'failures' }
    /** `failed` is absent where the histogram has no status. */
    | { readonly kind: 'durations'; readonly failed?: boolean }
    | { readonly kind: 'bucket'; readonly edgeMs: number }
    | { readonly kind: 'attempts'; readonly counter: string; readonly failed: boolean };
}

/** The counters of one instance by series, with the start time of the process in seconds since the epoch. */
export interface Counters {
  readonly startedAt?: number;
  /** Changes when whoever counts starts again, and with it all counters. */
  readonly since?: string;
  readonly series: ReadonlyMap<string, Series>;
  /** Whether every request has a route label, so that requests on probe routes are left out. */
  readonly routed: boolean;
  /** Kinds of events that nothing here counts, and why: unknown, which is not zero. */
  readonly unknown: Partial<Readonly<Record<SloEvent['kind'], string>>>;
}

/** The counters that objectives need; a page whose counters are not counts, or have other labels, is a problem. */
export function readCounters(
  samples: readonly MetricSample[],
  counted: Counted,
  /** Metrics that exist, with or without series: a histogram with labels has none until its first request. */
  declared: readonly string[] = [],
): Counters | { readonly problem: string } {
  const { names, slos } = counted;
  const attempts = slos.flatMap((slo) => (slo.event.kind === 'failed-payment' ? (counterOf(slo, names) ?? []) : []));
  const watched = [
    ...(names.requests === undefined ? [] : [names.requests]),
    `${names.durations}_bucket`,
    `${names.durations}_count`,
    ...attempts.map(({ name }) => name),
  ];
  const found = samples.filter(({ name }) => watched.includes(name));
  const answers = found.some(({ name }) => name === names.requests) ? names.requests : `${names.durations}_count`;
  const isKnown = (name: string) => name === names.requests || name.startsWith(names.durations);
  if (!found.some(({ name }) => isKnown(name)) && !declared.some(isKnown))
    return { problem: `no ${names.durations}${suggestNames(names, samples)}` };
  const problem = notCount(found) ?? unknownLabels(found, names, attempts) ?? notCumulative(found, names);
  if (problem !== undefined) return { problem };
  // Without the label on any of them, no request of a histogram is known to be unanswered.
  const hasStatuses = found.some(({ name, labels }) => name === answers && labels[names.status] !== undefined);
  const series = new Map<string, Series>();
  for (const sample of found.filter(({ labels }) => !isProbe(labels, names))) {
    const place = formatSeries(sample);
    if (series.has(place)) return { problem: `${place} is on the page twice` };
    series.set(place, { place, value: sample.value, counts: classify(sample, names, attempts, hasStatuses) });
  }
  const startedAt = samples.find(({ name }) => name === names.startTime)?.value;
  return {
    ...(startedAt === undefined || !Number.isFinite(startedAt) ? {} : { startedAt }),
    series,
    routed: found.every((sample) => sample.name !== answers || isRouted(sample, names)),
    unknown: unknownKinds([...series.values()], samples, counted),
  };
}

function classify(
  sample: MetricSample,
  names: MetricNames,
  attempts: readonly OutcomeCounter[],
  hasStatuses: boolean,
): Series['counts'] {
  const { name, labels } = sample;
  const counter = attempts.find((each) => each.name === name);
  if (counter)
    return { kind: 'attempts', counter: name, failed: counter.failure.includes(labels[counter.label] ?? '') };
  if (name === `${names.durations}_bucket`) return { kind: 'bucket', edgeMs: edgeOf(labels, names) };
  const failed = isFailed(labels[names.status], names);
  if (name === names.requests) return { kind: 'requests', failed };
  return hasStatuses && hasStatus(sample, names) ? { kind: 'durations', failed } : { kind: 'durations' };
}

const isFailed = (status: string | undefined, { unanswered }: MetricNames): boolean =>
  unanswered.includes(status ?? '') || status?.startsWith('5') === true;

/** What these series do not count. Nothing is unknown of a page without requests: a labelled counter is absent until its first event. */
function unknownKinds(
  series: readonly Series[],
  samples: readonly MetricSample[],
  { names, slos }: Counted,
): Counters['unknown'] {
  const durations = series.flatMap(({ counts }) => (counts.kind === 'durations' ? [counts] : []));
  const has = (kind: Series['counts']['kind']) => series.some(({ counts }) => counts.kind === kind);
  const withoutCounter = slos.find((slo) => slo.event.kind === 'failed-payment' && !counterOf(slo, names));
  const hasStatuses = durations.length > 0 && durations.every(({ failed }) => failed !== undefined);
  const isEmpty = !has('requests') && durations.length === 0;
  return {
    ...(isEmpty || has('requests') || hasStatuses ? {} : { 'server-error': noStatus(names) }),
    ...(isEmpty || (has('bucket') && durations.length > 0) ? {} : { 'slow-response': noBuckets(names, samples) }),
    ...(withoutCounter ? { 'failed-payment': `${withoutCounter.id} names no counter: ${counterHint}` } : {}),
  };
}

const counterHint = 'metrics.payments of the target file, or `counter` of the objectives file';

const noStatus = ({ requests, durations, status: label }: MetricNames): string =>
  `${requests === undefined ? '' : `no ${requests}, and `}no label ${label} of ${durations}_count`;

const noBuckets = ({ durations }: MetricNames, samples: readonly MetricSample[]): string =>
  samples.some(({ name, labels }) => name === durations && labels['quantile'] !== undefined)
    ? `${durations} is a summary, and an objective needs the buckets of a histogram`
    : `no ${durations}_bucket`;

function notCount(samples: readonly MetricSample[]): string | undefined {
  const wrong = samples.find(({ value }) => !Number.isSafeInteger(value) || value < 0);
  return wrong && `${formatSeries(wrong)} is ${wrong.value}, which is not a count`;
}

/** An HTTP status, or a class of statuses. */
const status = /^[1-5](?:\d\d|xx)$/i;

const hasStatus = ({ labels }: MetricSample, names: MetricNames): boolean =>
  status.test(labels[names.status] ?? '') || names.unanswered.includes(labels[names.status] ?? '');

/** A counter with other labels than those that are set would be read as no failure, or as failures only. */
function unknownLabels(
  samples: readonly MetricSample[],
  names: MetricNames,
  attempts: readonly OutcomeCounter[],
): string | undefined {
  const counting = samples.filter(({ name }) => name === (names.requests ?? `${names.durations}_count`));
  const wrong = counting.find((sample) => !hasStatus(sample, names));
  const isLabelled = names.requests !== undefined || counting.some(({ labels }) => labels[names.status] !== undefined);
  if (wrong && isLabelled)
    return `${wrong.name} has no label ${names.status} with an HTTP status, but ${formatLabels(wrong.labels) || 'none'}${suggestStatus(wrong)}`;
  for (const { name, label, success, failure } of attempts) {
    const known = [...success, ...failure];
    const other = samples.find((sample) => sample.name === name && !known.includes(sample.labels[label] ?? ''));
    if (other)
      return `${name} has no label ${label} with ${known.join(' or ')}, but ${formatLabels(other.labels) || 'none'}`;
  }
  return undefined;
}

const routeOf = (labels: MetricSample['labels'], { route }: MetricNames): string | undefined =>
  route.map((label) => labels[label]).find((each) => each !== undefined);

/** A request that no route took has none to name, and OpenTelemetry then leaves the label out. */
const isRouted = ({ labels }: MetricSample, names: MetricNames): boolean =>
  routeOf(labels, names) !== undefined || labels[names.status] === '404';

const probes = /(?:^|\/)(?:healthz?|readyz?|livez?|readiness|liveness|metrics|prometheus)\/?$/;

/** Probes are not users: they are frequent, cheap and never fail, and would dilute every rate. */
function isProbe(labels: MetricSample['labels'], names: MetricNames): boolean {
  const route = routeOf(labels, names);
  return route !== undefined && (probes.test(route) || names.probes.includes(route));
}
