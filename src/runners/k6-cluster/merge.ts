import { countedMetrics, countedRates, type MessageCount, type RunnerMessage } from '../../core/load-runner.ts';
import type { Slo } from '../../core/slo.ts';
import { type LoadNumbers, type Metric, readSummary, type Summary } from '../k6-summary.ts';

/**
 * The numbers of a load that several runners sent: their counts are added up, and the sum is read as one k6's summary is. The
 * thresholds, which the runners do not have, are decided by the sums. A percentile of parts does not follow from theirs: of
 * more than one runner there is none, and an objective of latency is decided by the number of answers over its limit.
 */
export function mergeMessages(messages: readonly RunnerMessage[], slos: readonly Slo[]): LoadNumbers {
  return readSummary(messages.length === 0 ? undefined : JSON.stringify(summaryOf(messages, slos)), slos);
}

function summaryOf(messages: readonly RunnerMessage[], slos: readonly Slo[]): Summary {
  const sum = (key: MessageCount): number => messages.reduce((total, { counts }) => total + counts[key], 0);
  const slow = slos.filter(({ event }) => event.kind === 'slow-response');
  const counters = Object.entries(countedMetrics).map(([key, metric]): [string, Metric] => [
    metric,
    { count: sum(key as MessageCount) },
  ]);
  const rates = Object.entries(countedRates).map(([key, metric]): [string, Metric] => [
    metric,
    { passes: sum(`${key}t` as MessageCount), fails: sum(`${key}f` as MessageCount) },
  ]);
  const slowCounters = slow.map(({ id }, index): [string, Metric] => [
    `slow_${id.replaceAll('-', '_')}`,
    { count: messages.reduce((total, message) => total + (message.slow[index] ?? 0), 0) },
  ]);
  const metrics: Record<string, Metric> = Object.fromEntries([...counters, ...rates, ...slowCounters]);
  metrics['generator_lateness'] = {
    ...metrics['generator_lateness'],
    'p(95)': Math.max(...messages.map((m) => m.late)),
  };
  const [only] = messages;
  if (only && messages.length === 1) {
    addTrend(metrics, 'http_req_duration', only.duration, ['med', 'p(95)', 'p(99)']);
    addTrend(metrics, 'http_req_blocked', only.blocked, ['med', 'p(95)', 'max']);
  }
  return { metrics: withThresholds(metrics, slos), root_group: { checks: checksOf(messages) } };
}

function addTrend(
  metrics: Record<string, Metric>,
  name: string,
  values: readonly [number, number, number] | null,
  [one, two, three]: readonly [string, string, string],
): void {
  if (!values) return;
  const count = metrics['http_reqs']?.count ?? 0;
  metrics[name] = { count, [one]: values[0], [two]: values[1], [three]: values[2] };
}

/** Those of load/options.ts; as in k6's summary, `true` is a crossed one. */
function withThresholds(metrics: Readonly<Record<string, Metric>>, slos: readonly Slo[]): Record<string, Metric> {
  const count = (metric: string): number => metrics[metric]?.count ?? 0;
  const found: [metric: string, expression: string, crossed: boolean][] = [
    ['iterations', 'count>=1', count('iterations') - count('generator_lateness') < 1],
    ...['dropped_iterations', 'exceptions', 'unanswered', 'rate_limited', 'wrong_release'].map(
      (fault): [string, string, boolean] => [fault, 'count==0', count(fault) > 0],
    ),
    ...['correct_answers', 'no_release', 'front_limited', 'front_unavailable'].map(
      (each): [string, string, boolean] => [each, 'count>=0', false],
    ),
    ...slos.flatMap((slo) => objectiveThresholds(slo, metrics)),
  ];
  const thresholds: Record<string, Record<string, boolean>> = {};
  for (const [metric, expression, crossed] of found) (thresholds[metric] ??= {})[expression] = crossed;
  return Object.fromEntries(
    Object.entries(metrics).map(([name, metric]) => [
      name,
      thresholds[name] ? { ...metric, thresholds: thresholds[name] } : metric,
    ]),
  );
}

function objectiveThresholds(
  { id, event, limit, limitIncluded, minSamples }: Slo,
  metrics: Readonly<Record<string, Metric>>,
): [metric: string, expression: string, crossed: boolean][] {
  const requests = metrics['http_reqs']?.count ?? 0;
  const isOver = (rate: number): boolean => (limitIncluded ? rate > limit : rate >= limit);
  const expression = `rate${limitIncluded ? '<=' : '<'}${limit}`;
  if (event.kind === 'slow-response') {
    const metric = `slow_${id.replaceAll('-', '_')}`;
    return [
      [metric, expression, requests > 0 && isOver((metrics[metric]?.count ?? 0) / requests)],
      ['http_reqs', `count>=${minSamples}`, requests < minSamples],
    ];
  }
  const metric = event.kind === 'server-error' ? 'http_req_failed' : 'failed_payments';
  const { passes = 0, fails = 0 } = metrics[metric] ?? {};
  const counted = event.kind === 'server-error' ? 'http_reqs' : 'payments';
  return [
    [metric, expression, passes + fails > 0 && isOver(passes / (passes + fails))],
    [counted, `count>=${minSamples}`, (metrics[counted]?.count ?? 0) < minSamples],
  ];
}

function checksOf(messages: readonly RunnerMessage[]): Summary['root_group']['checks'] {
  const checks: Record<string, { name: string; passes: number; fails: number }> = {};
  for (const [name, passes, fails] of messages.flatMap((message) => message.checks)) {
    const known = checks[name];
    checks[name] = { name, passes: (known?.passes ?? 0) + passes, fails: (known?.fails ?? 0) + fails };
  }
  return checks;
}
