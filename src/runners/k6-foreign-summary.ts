import type { Count, LoadScript, Threshold } from '../core/evidence.ts';
import { type EventSource, eventSourceOf, excusedTag, foreignSlowCounter, ownPrefix } from '../core/foreign-load.ts';
import { originsOf } from '../core/origins.ts';
import type { Slo } from '../core/slo.ts';
import type { ForeignScript, Target } from '../core/target.ts';
import { loggedOrigins } from './k6-log.ts';
import {
  connectionOf,
  countIn,
  latenessOf,
  type LoadNumbers,
  type Metric,
  noNumbers,
  parseSummary,
  percentilesOf,
  rateLimits,
  starvation,
  type Summary,
  thresholdsOf,
} from './k6-summary.ts';

type ForeignNumbers = LoadNumbers & { readonly script: LoadScript };

interface Asked {
  readonly script: ForeignScript;
  readonly slos: readonly Slo[];
  readonly target: Pick<Target, 'environment' | 'origins'>;
  /** The log of k6, which names what its summary has no place for. */
  readonly log: string;
  /** The counts are those until k6 was stopped. */
  readonly partial: boolean;
}

/** The numbers of a load by the target's own script. A missing, unreadable or foreign summary is a problem, never a zero. */
export function readForeignSummary(text: string | undefined, asked: Asked): ForeignNumbers {
  const { script, slos, partial } = asked;
  const summary = parseSummary(text);
  const nothing = scriptOf({ metrics: {}, root_group: { checks: {} } }, asked, {});
  if (typeof summary === 'string') return { ...noNumbers, problems: [summary], script: nothing };
  const { metrics } = summary;
  const count = countIn(metrics);
  const own = (name: string): number => count(ownPrefix + name);
  const lateness = metrics[`${ownPrefix}generator_lateness`];
  const front = { limited: own('front_limited'), unavailable: own('front_unavailable') };
  const counted = slos.map((slo) => ({ slo, events: eventsOf(slo, eventSourceOf(slo, script), metrics) }));
  const uncounted = counted.flatMap(({ slo, events }) =>
    'because' in events ? [[slo.id, events.because] as const] : [],
  );
  return {
    requests: count('http_reqs'),
    iterations: count('iterations') - (lateness?.count ?? 0),
    droppedIterations: count('dropped_iterations'),
    exceptions: own('exceptions'),
    unanswered: own('unanswered'),
    wrongRelease: {
      events: own('wrong_release'),
      trials: count('http_reqs') - own('elsewhere') - own('unanswered') - own('no_release'),
    },
    front,
    heartbeats: lateness?.count ?? 0,
    ...latenessOf(lateness),
    ...connectionOf(metrics['http_req_blocked']),
    slo: Object.fromEntries(counted.flatMap(({ slo, events }) => ('because' in events ? [] : [[slo.id, events]]))),
    percentiles: percentilesOf(metrics['http_req_duration']),
    thresholds: theirThresholds(metrics),
    checks: checksOf(summary, own),
    script: scriptOf(summary, asked, Object.fromEntries(uncounted)),
    problems: [
      ...(partial ? ['k6 wrote no summary: the counts are those until it was stopped'] : unwrapped(metrics)),
      ...(partial ? openSockets(metrics) : []),
      ...unseen(metrics),
      ...rateLimits(own('rate_limited'), front.limited),
      ...starvation(lateness),
    ],
  };
}

/** Answers of the front and of other origins are neither trials nor events of the release. */
function eventsOf(slo: Slo, source: EventSource, metrics: Summary['metrics']): Count | { readonly because: string } {
  const own = (name: string): number => countIn(metrics)(ownPrefix + name);
  const requests = countIn(metrics)('http_reqs') - own('elsewhere');
  const trials = requests - own('front_limited') - own('front_unavailable');
  switch (source.from) {
    case 'timings':
      return { events: countIn(metrics)(foreignSlowCounter(slo.id)), trials };
    case 'statuses':
      return { events: own('server_errors') - own('front_unavailable'), trials };
    case 'metric':
      return eventsOfMetric(slo, source, metrics[source.name], requests);
    case 'nothing':
      return source;
  }
}

function eventsOfMetric(
  { event }: Slo,
  { name, inverted }: Extract<EventSource, { from: 'metric' }>,
  metric: Metric | undefined,
  requests: number,
): Count | { readonly because: string } {
  if (!metric) return { because: `The script has no metric ${name}, or it has no sample.` };
  const wrongType = (type: string) => ({ because: `The metric ${name} of the script is no ${type}.` });
  if (event.kind === 'slow-response') return slowerThan(metric, event.thresholdMs) ?? wrongType('trend');
  if (metric.passes !== undefined && metric.fails !== undefined) {
    // A rate is named after what it counts: errors, or payments that succeeded.
    const countsEvents = (event.kind === 'failed-payment') === inverted;
    return { events: countsEvents ? metric.passes : metric.fails, trials: metric.passes + metric.fails };
  }
  if (event.kind === 'server-error' && metric.count !== undefined && metric.med === undefined)
    return { events: Math.min(metric.count, requests), trials: requests };
  return wrongType(event.kind === 'server-error' ? 'rate and no counter' : 'rate');
}

/** From the percentiles of a trend, rounded up: at most that many of its samples reach the limit. */
function slowerThan(metric: Metric, thresholdMs: number): Count | undefined {
  const { count, med } = metric;
  if (count === undefined || med === undefined) return undefined;
  const below = Object.entries(metric).flatMap(([key, value]) => {
    const [, percentile] = /^p\(([\d.]+)\)$/.exec(key) ?? [];
    return percentile !== undefined && typeof value === 'number' && value < thresholdMs ? [Number(percentile)] : [];
  });
  const part = below.length === 0 ? 1 : 1 - Math.max(...below) / 100;
  return { events: Math.min(count, Math.ceil(Number((count * part).toFixed(6)))), trials: count };
}

/** Also those in groups. A script without checks has one: no answer that k6 did not expect, 4xx without setResponseCallback. */
function checksOf({ metrics, root_group }: Summary, own: (name: string) => number): LoadNumbers['checks'] {
  const checks = checksIn(root_group);
  const failed = metrics['http_req_failed'];
  if (checks.length > 0 || failed?.passes === undefined || failed.fails === undefined) return checks;
  const counted = own('server_errors') + own('front_limited');
  const fails = Math.max(0, failed.passes - counted);
  return fails + failed.fails === 0 ? [] : [{ name: 'status as k6 expects it', passes: failed.fails, fails }];
}

const checksIn = (group: Summary['root_group'], path = ''): { name: string; passes: number; fails: number }[] => [
  ...Object.values(group.checks).map(({ name, passes, fails }) => ({ name: path + name, passes, fails })),
  ...Object.entries(group.groups ?? {}).flatMap(([name, inner]) => checksIn(inner, `${path}${name} › `)),
];

function scriptOf(
  { metrics }: Summary,
  { script, target, log }: Asked,
  uncounted: LoadScript['uncounted'],
): LoadScript {
  const kept = script.options === 'kept';
  const share = requestShare(metrics);
  const own = (name: string): number => countIn(metrics)(ownPrefix + name);
  return {
    file: script.path.split('/').at(-1) ?? script.path,
    options: script.options,
    thresholds: kept
      ? theirThresholds(metrics).map((each) => ({ ...each, samples: hasSamples(metrics[each.metric]) }))
      : [],
    uncounted,
    excusedChecks: metrics[`checks{${excusedTag}:yes}`]?.fails ?? 0,
    ...(share === undefined ? {} : { requestShare: share }),
    origins: originsOf(target),
    elsewhere: { origins: loggedOrigins(log), answers: own('elsewhere') + own('sockets_elsewhere') },
  };
}

/** Without those of the wrapper, which are always met. */
const theirThresholds = (metrics: Summary['metrics']): Threshold[] =>
  thresholdsOf(metrics).filter(({ metric }) => !metric.includes(ownPrefix));

/** A counter at 0 is a measurement; k6 passes a rate and a trend without samples. */
const hasSamples = (metric: Metric | undefined): boolean => {
  if (metric?.passes !== undefined && metric.fails !== undefined) return metric.passes + metric.fails > 0;
  return metric?.med === undefined || (metric.count ?? 0) > 0;
};

function requestShare(metrics: Summary['metrics']): number | undefined {
  const total = (name: string): number => (metrics[name]?.avg ?? 0) * (metrics[name]?.count ?? 0);
  const whole = total('iteration_duration');
  return whole === 0 ? undefined : Math.min(1, (total('http_req_duration') + total('http_req_blocked')) / whole);
}

/** The counters of the wrapper have thresholds, so that they are in the summary at a count of 0. */
const unwrapped = (metrics: Summary['metrics']): string[] =>
  metrics[`${ownPrefix}server_errors`]?.thresholds === undefined
    ? ['the requests of the script were not counted: k6 did not run it in its wrapper']
    : [];

/** k6/websockets waits for the peer's Close without a limit, and k6 does not end before that. */
const openSockets = (metrics: Summary['metrics']): string[] =>
  countIn(metrics)('ws_sessions') === 0
    ? []
    : [
        'k6 does not end while a WebSocket of k6/websockets waits for its Close to be answered; k6/ws drops the connection',
      ];

/** What sends requests past k6/http is neither counted nor held against the target's addresses. */
function unseen(metrics: Summary['metrics']): string[] {
  const protocols = Object.entries({ grpc_req_duration: 'gRPC', browser_http_req_duration: 'a browser' });
  const used = protocols.filter(([name]) => metrics[name] !== undefined).map(([, protocol]) => protocol);
  return used.map((protocol) => `the script sends requests by ${protocol}, which are not counted`);
}
