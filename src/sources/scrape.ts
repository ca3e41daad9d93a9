import { messageOf } from '../core/errors.ts';
import type { Count, MetricsEvidence, ScrapeDelta } from '../core/evidence.ts';
import type { Slo } from '../core/slo.ts';
import { ask } from '../system/http.ts';
import { type MetricSample, parsePrometheusText } from './prometheus-text.ts';

/** One instance's counters at one moment, or why they could not be read. */
export interface Scrape {
  readonly url: string;
  readonly at: string;
  readonly samples?: readonly MetricSample[];
  readonly problem?: string;
}

/** The names in FreeTask's contract. */
const names = {
  requests: 'http_requests_total',
  durations: 'http_request_duration_seconds',
  payments: 'payment_attempts_total',
} as const;

/** Scrapes every instance once. Never throws: an instance that cannot be read is a problem of its scrape. */
export function scrapeAll(urls: readonly string[], signal: AbortSignal): Promise<Scrape[]> {
  return Promise.all(
    urls.map(async (url) => {
      const at = new Date().toISOString();
      const answer = await ask({ url, timeoutMs: 5000, signal });
      if (!answer.ok) return { url, at, problem: `${url}: ${answer.error}` };
      if (answer.status !== 200) return { url, at, problem: `${url} answered ${answer.status}` };
      try {
        const samples = parsePrometheusText(answer.text);
        if (!samples.some(({ name }) => name.startsWith(names.durations))) {
          return { url, at, problem: `${url} has no ${names.durations}` };
        }
        const problem = unknownLabels(samples);
        return problem === undefined ? { url, at, samples } : { url, at, problem: `${url}: ${problem}` };
      } catch (error) {
        return { url, at, problem: `${url}: ${messageOf(error)}` };
      }
    }),
  );
}

/** A counter with other labels than the contract's would be read as no failure, or as failures only. */
function unknownLabels(samples: readonly MetricSample[]): string | undefined {
  const labelsOf = (wanted: string) => samples.filter(({ name }) => name === wanted).map(({ labels }) => labels);
  const status = labelsOf(names.requests).find((labels) => !/^[1-5]\d\d$/.test(labels['status'] ?? ''));
  if (status) return `${names.requests} has no label status with an HTTP status, but ${formatLabels(status)}`;
  const outcome = labelsOf(names.payments).find((labels) => !outcomes.includes(labels['outcome'] ?? ''));
  if (outcome)
    return `${names.payments} has no label outcome with ${outcomes.join(' or ')}, but ${formatLabels(outcome)}`;
  return undefined;
}

const outcomes: readonly string[] = ['success', 'failure'];

const formatLabels = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ') || 'no labels';

/** The increase of each instance's counters between two scrapes of the same addresses. Pure. */
export function compareScrapes(
  before: readonly Scrape[],
  after: readonly Scrape[],
  slos: readonly Slo[],
): MetricsEvidence {
  const problems = [...before, ...after].flatMap(({ problem }) => problem ?? []);
  const instances: ScrapeDelta[] = [];
  for (const first of before) {
    const last = after.find(({ url }) => url === first.url);
    if (!first.samples || !last?.samples) continue;
    instances.push(compareInstance(first.url, first.samples, last.samples, slos));
  }
  return {
    kind: 'metrics',
    from: before[0]?.at ?? '',
    to: after[0]?.at ?? '',
    instances,
    files: [],
    problems: [...new Set(problems)],
  };
}

function compareInstance(
  url: string,
  before: readonly MetricSample[],
  after: readonly MetricSample[],
  slos: readonly Slo[],
): ScrapeDelta {
  const slo: Record<string, Count> = {};
  const edges: Record<string, number> = {};
  for (const objective of slos) {
    const { event } = objective;
    if (event.kind === 'server-error') {
      const total = increase(before, after, names.requests);
      const errors = increase(before, after, names.requests, ({ labels }) => (labels['status'] ?? '').startsWith('5'));
      slo[objective.id] = { events: errors, trials: total };
    } else if (event.kind === 'failed-payment') {
      const total = increase(before, after, names.payments);
      const failed = increase(before, after, names.payments, ({ labels }) => labels['outcome'] === 'failure');
      slo[objective.id] = { events: failed, trials: total };
    } else {
      const edge = nearestEdge(after, event.thresholdMs / 1000);
      const total = increase(before, after, `${names.durations}_count`);
      const fast =
        edge === undefined
          ? 0
          : increase(before, after, `${names.durations}_bucket`, ({ labels }) => Number(labels['le']) === edge);
      slo[objective.id] = edge === undefined ? { events: 0, trials: 0 } : { events: total - fast, trials: total };
      if (edge !== undefined && edge * 1000 !== event.thresholdMs) edges[objective.id] = edge * 1000;
    }
  }
  return { url, slo, edges, restarted: hasRestarted(before, after) };
}

/** The nearest bucket edge at or below the limit: a response below that edge is below the limit too. */
function nearestEdge(samples: readonly MetricSample[], limitSeconds: number): number | undefined {
  const edges = samples
    .filter(({ name }) => name === `${names.durations}_bucket`)
    .map(({ labels }) => Number(labels['le']))
    .filter((edge) => edge <= limitSeconds);
  return edges.length === 0 ? undefined : Math.max(...edges);
}

const increase = (
  before: readonly MetricSample[],
  after: readonly MetricSample[],
  name: string,
  wanted: (sample: MetricSample) => boolean = () => true,
): number => sum(after, name, wanted) - sum(before, name, wanted);

const sum = (samples: readonly MetricSample[], name: string, wanted: (sample: MetricSample) => boolean): number =>
  samples.filter((sample) => sample.name === name && wanted(sample)).reduce((total, { value }) => total + value, 0);

const watched: readonly string[] = [names.requests, names.payments, `${names.durations}_count`];

/** A counter never decreases during the life of its process. */
function hasRestarted(before: readonly MetricSample[], after: readonly MetricSample[]): boolean {
  const start = (samples: readonly MetricSample[]) =>
    samples.find(({ name }) => name === 'process_start_time_seconds')?.value;
  if (start(before) !== start(after)) return true;
  return watched.some((name) => increase(before, after, name) < 0);
}
