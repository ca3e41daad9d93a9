import { messageOf } from '../core/errors.ts';
import type { Count, MetricsEvidence, ScrapeDelta } from '../core/evidence.ts';
import type { Slo } from '../core/slo.ts';
import { isCount } from '../core/statistics/index.ts';
import { ask, type HttpAnswer } from '../system/http.ts';
import { type Counters, edgeOf, formatSeries, names, readCounters, type Series } from './counters.ts';
import { hasEnd, type MetricSample, parsePrometheusText } from './prometheus-text.ts';

/** One instance's counters at one moment, or why they could not be read. */
export interface Scrape {
  readonly url: string;
  readonly at: string;
  readonly samples?: readonly MetricSample[];
  /** The page ended with `# EOF`, so that every page of this address has to. */
  readonly complete?: boolean;
  readonly problem?: string;
}

/** Scrapes every instance once. Never throws: an instance that cannot be read is a problem of its scrape. */
export function scrapeAll(urls: readonly string[], signal: AbortSignal): Promise<Scrape[]> {
  return Promise.all(
    urls.map(async (url) => {
      const at = new Date().toISOString();
      return readPage(url, at, await ask({ url, timeoutMs: 5000, signal }));
    }),
  );
}

function readPage(url: string, at: string, answer: HttpAnswer): Scrape {
  if (!answer.ok) return { url, at, problem: `${url}: ${answer.error}` };
  if (answer.status !== 200) return { url, at, problem: `${url} answered ${answer.status}` };
  const isOpenMetrics = (answer.header('content-type') ?? '').startsWith('application/openmetrics-text');
  try {
    const samples = parsePrometheusText(answer.text, isOpenMetrics ? 'openmetrics' : 'text');
    const counters = readCounters(samples);
    if ('problem' in counters) return { url, at, problem: `${url}: ${counters.problem}` };
    return { url, at, samples, complete: hasEnd(answer.text) };
  } catch (error) {
    return { url, at, problem: `${url}: ${messageOf(error)}` };
  }
}

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
    const delta = last && compareInstance(first, last, slos);
    if (delta && 'problem' in delta) problems.push(`${first.url}: ${delta.problem}`);
    else if (delta) instances.push(delta);
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

interface Problem {
  readonly problem: string;
}

function compareInstance(before: Scrape, after: Scrape, slos: readonly Slo[]): ScrapeDelta | Problem | undefined {
  if (!before.samples || !after.samples) return undefined;
  if (before.complete === true && after.complete === false) return { problem: 'the page ends before # EOF' };
  const first = readCounters(before.samples);
  const last = readCounters(after.samples);
  if ('problem' in first) return first;
  if ('problem' in last) return last;
  const process = compareProcesses(first, last, before.at);
  if (typeof process !== 'string') return process;
  const restarted = process === 'restarted';
  const { counts, edges } = countObjectives(restarted ? [] : increases(first, last), last, slos);
  const wrong = Object.entries(counts).find(([, { events, trials }]) => !isCount(events, trials));
  if (wrong) return { problem: `${wrong[0]}: ${wrong[1].events} of ${wrong[1].trials} is not a count` };
  return { url: before.url, slo: counts, edges, restarted, routed: last.routed };
}

/** A process that was running before the earlier page did not start between the two: another instance answered. */
function compareProcesses(first: Counters, last: Counters, firstAt: string): 'same' | 'restarted' | Problem {
  if (first.startedAt !== last.startedAt) {
    const wasRunning = last.startedAt !== undefined && last.startedAt * 1000 < Date.parse(firstAt) - clockSkewMs;
    if (!wasRunning && last.startedAt !== undefined && first.startedAt !== undefined) return 'restarted';
    return { problem: `the address leads to different instances: ${startOf(first)}, then ${startOf(last)}` };
  }
  for (const [key, { value }] of first.series) {
    const next = last.series.get(key)?.value;
    if (next !== undefined && next >= value) continue;
    if (first.startedAt === undefined && next !== undefined) return 'restarted';
    return { problem: next === undefined ? `${key} is missing` : `${key} fell from ${value} to ${next}` };
  }
  return 'same';
}

/** The clocks of two machines may differ by as much. */
const clockSkewMs = 5000;

const startOf = ({ startedAt }: Counters): string =>
  startedAt === undefined ? 'no start time' : `started at ${new Date(startedAt * 1000).toISOString()}`;

/** Each series with its increase; a new series starts at 0. */
const increases = (first: Counters, last: Counters): Series[] =>
  [...last.series.values()].map((series) => ({
    ...series,
    value: series.value - (first.series.get(formatSeries(series))?.value ?? 0),
  }));

function countObjectives(
  moved: readonly Series[],
  last: Counters,
  slos: readonly Slo[],
): { counts: Record<string, Count>; edges: Record<string, number> } {
  const counts: Record<string, Count> = {};
  const edges: Record<string, number> = {};
  const sum = (name: string, isWanted: (labels: Series['labels']) => boolean = () => true) =>
    moved.reduce((total, each) => total + (each.name === name && isWanted(each.labels) ? each.value : 0), 0);
  for (const { id, event } of slos) {
    if (event.kind === 'server-error') {
      const events = sum(names.requests, (labels) => labels['status']?.startsWith('5') === true);
      counts[id] = { events, trials: sum(names.requests) };
    } else if (event.kind === 'failed-payment') {
      const events = sum(names.payments, (labels) => labels['outcome'] === 'failure');
      counts[id] = { events, trials: sum(names.payments) };
    } else {
      const edge = nearestEdge(last, event.thresholdMs / 1000);
      const trials = edge === undefined ? 0 : sum(`${names.durations}_count`);
      counts[id] = { events: trials - sum(`${names.durations}_bucket`, (labels) => edgeOf(labels) === edge), trials };
      if (edge !== undefined && edge * 1000 !== event.thresholdMs) edges[id] = edge * 1000;
    }
  }
  return { counts, edges };
}

/** The nearest bucket edge at or below the limit: a response below that edge is below the limit too. */
function nearestEdge({ series }: Counters, limitSeconds: number): number | undefined {
  const edges = [...series.values()]
    .filter(({ name }) => name === `${names.durations}_bucket`)
    .map(({ labels }) => edgeOf(labels))
    .filter((edge) => edge <= limitSeconds);
  return edges.length === 0 ? undefined : Math.max(...edges);
}
