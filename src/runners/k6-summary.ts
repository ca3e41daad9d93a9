import { z } from 'zod';
import { messageOf } from '../core/errors.ts';
import type { Count, LoadEvidence, Threshold } from '../core/evidence.ts';
import type { Slo } from '../core/slo.ts';

/** The file of `k6 run --summary-export`: no version, values beside the metric's own keys. */
const metricSchema = z.looseObject({
  count: z.number().optional(),
  /** Of a rate: the samples that were true. */
  passes: z.number().optional(),
  fails: z.number().optional(),
  avg: z.number().optional(),
  max: z.number().optional(),
  med: z.number().optional(),
  'p(95)': z.number().optional(),
  'p(99)': z.number().optional(),
  /** In this file `true` means that the threshold was crossed. */
  thresholds: z.record(z.string(), z.boolean()).optional(),
});
const checkSchema = z.looseObject({ name: z.string(), passes: z.number(), fails: z.number() });
const groupSchema = z.looseObject({
  checks: z.record(z.string(), checkSchema),
  get groups() {
    return z.record(z.string(), groupSchema).optional();
  },
});
const summarySchema = z.looseObject({ metrics: z.record(z.string(), metricSchema), root_group: groupSchema });
export type Summary = z.output<typeof summarySchema>;
export type Metric = Summary['metrics'][string];

/** The numbers of k6's summary. */
export type LoadNumbers = Omit<LoadEvidence, 'kind' | 'outcome' | 'profile' | 'series' | 'files' | 'releases'> & {
  readonly front: NonNullable<LoadEvidence['front']>;
  readonly heartbeats: number;
};

export const noNumbers: LoadNumbers = {
  requests: 0,
  iterations: 0,
  droppedIterations: 0,
  exceptions: 0,
  unanswered: 0,
  wrongRelease: { events: 0, trials: 0 },
  slo: {},
  front: { limited: 0, unavailable: 0 },
  heartbeats: 0,
  percentiles: {},
  thresholds: [],
  checks: [],
  problems: [],
};

/** The numbers of a load, from k6's summary. A missing, unreadable or foreign summary is a problem, never a zero. */
export function readSummary(
  text: string | undefined,
  slos: readonly Slo[],
  { partial = false }: { readonly partial?: boolean } = {},
): LoadNumbers {
  const summary = parseSummary(text);
  if (typeof summary === 'string') return { ...noNumbers, problems: [summary] };
  const { metrics } = summary;
  const count = countIn(metrics);
  const front = { limited: count('front_limited'), unavailable: count('front_unavailable') };
  return {
    requests: count('http_reqs'),
    // The heartbeat sends no requests, so its iterations are not counted.
    iterations: count('iterations') - count('generator_lateness'),
    droppedIterations: count('dropped_iterations'),
    exceptions: count('exceptions'),
    unanswered: count('unanswered'),
    wrongRelease: {
      events: count('wrong_release'),
      trials: count('http_reqs') - count('unanswered') - count('no_release'),
    },
    front,
    heartbeats: count('generator_lateness'),
    ...latenessOf(metrics['generator_lateness']),
    ...connectionOf(metrics['http_req_blocked']),
    slo: Object.fromEntries(slos.map((slo) => [slo.id, eventsOf(slo, metrics, front)])),
    percentiles: percentilesOf(metrics['http_req_duration']),
    thresholds: thresholdsOf(metrics),
    checks: [
      ...Object.values(summary.root_group.checks).map(({ name, passes, fails }) => ({ name, passes, fails })),
      ...correctAnswers(count('correct_answers')),
    ],
    problems: [
      // A counter without samples is in the record of a stopped load only if it had any.
      ...(partial ? ['k6 wrote no summary: the counts are those until it was stopped'] : uncounted(metrics, slos)),
      ...rateLimits(count('rate_limited'), front.limited),
      ...starvation(metrics['generator_lateness']),
    ],
  };
}

/** The summary, or why there is none. */
export function parseSummary(text: string | undefined): Summary | string {
  if (text === undefined) return 'k6 wrote no summary';
  try {
    return summarySchema.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    return `k6's summary cannot be read: ${why.replaceAll(/\s+/g, ' ')}`;
  }
}

/** The load scripts make a check of each wrong answer, and one count of the others. */
const correctAnswers = (passes: number): LoadEvidence['checks'] =>
  passes === 0 ? [] : [{ name: 'answers as in the contract', passes, fails: 0 }];

export const countIn =
  (metrics: Summary['metrics']) =>
  (name: string): number =>
    metrics[name]?.count ?? 0;

/** Where the events of an objective are counted: by k6 itself where it can, by load/counting.ts where it cannot. */
function metricOf({ id, event }: Slo): string {
  if (event.kind === 'slow-response') return `slow_${id.replaceAll('-', '_')}`;
  return event.kind === 'server-error' ? 'http_req_failed' : 'failed_payments';
}

/** Answers of the front are neither trials nor events of the release. */
function eventsOf(slo: Slo, metrics: Summary['metrics'], front: LoadNumbers['front']): Count {
  const metric = metricOf(slo);
  const count = countIn(metrics);
  const ofFront = front.limited + front.unavailable;
  if (slo.event.kind === 'slow-response') return { events: count(metric), trials: count('http_reqs') - ofFront };
  const { passes = 0, fails = 0 } = metrics[metric] ?? {};
  if (slo.event.kind === 'server-error')
    return { events: passes - front.unavailable, trials: passes + fails - ofFront };
  return { events: passes, trials: passes + fails };
}

export function percentilesOf(metric: Metric | undefined): LoadEvidence['percentiles'] {
  // Without samples k6 writes 0 ms.
  if (!metric?.count) return {};
  const { med, 'p(95)': p95, 'p(99)': p99 } = metric;
  return {
    ...(med === undefined ? {} : { p50Ms: med }),
    ...(p95 === undefined ? {} : { p95Ms: p95 }),
    ...(p99 === undefined ? {} : { p99Ms: p99 }),
  };
}

/** `blocked` is the whole time to get a connection; k6 does not count it as part of the duration. */
export function connectionOf(blocked: Metric | undefined): Pick<LoadEvidence, 'connection'> {
  if (!blocked?.count) return {};
  const { med = 0, 'p(95)': p95 = 0, max = 0 } = blocked;
  return { connection: { p50Ms: med, p95Ms: p95, maxMs: max } };
}

export const thresholdsOf = (metrics: Summary['metrics']): Threshold[] =>
  Object.entries(metrics).flatMap(([metric, { thresholds = {} }]) =>
    Object.entries(thresholds).map(([expression, crossed]) => ({ metric, expression, ok: !crossed })),
  );

/** Every fault has a threshold, so that it is in the summary at a count of 0; a missing one was not counted. */
function uncounted(metrics: Summary['metrics'], slos: readonly Slo[]): string[] {
  const faults = [
    'correct_answers',
    'dropped_iterations',
    'exceptions',
    'unanswered',
    'rate_limited',
    'wrong_release',
    'no_release',
    'front_limited',
    'front_unavailable',
  ];
  const missing = [...slos.map(metricOf), ...faults].filter(
    (name) => Object.keys(metrics[name]?.thresholds ?? {}).length === 0,
  );
  return missing.length === 0 ? [] : [`the load scripts did not count ${missing.join(', ')}`];
}

export const rateLimits = (answers: number, ofFront: number): string[] => {
  const whose = answers > 0 && ofFront === answers ? ' of the front' : '';
  return answers === 0
    ? []
    : [`${answers} requests were answered 429 by a rate limit${whose}, so the planned load was not applied`];
};

/** A tenth of the usual P95 objective: beyond it the generator's own delay distorts every measured duration. */
const latestHeartbeatMs = 100;

export function latenessOf(heartbeat: Metric | undefined): Pick<LoadEvidence, 'generatorLateMs'> {
  const late = Math.round(heartbeat?.['p(95)'] ?? 0);
  return late <= latestHeartbeatMs ? {} : { generatorLateMs: late };
}

export function starvation(heartbeat: Metric | undefined): string[] {
  const { generatorLateMs: late } = latenessOf(heartbeat);
  if (late === undefined) return [];
  return [
    `the load generator was up to ${late} ms late for lack of CPU time; slow answers and dropped iterations may be its own`,
  ];
}
