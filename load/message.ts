import type { MessageCount, RunnerMessage, countedMetrics, countedRates } from '../src/core/load-runner.ts';
import type { Slo } from '../src/core/slo.ts';
import { slowCounterOf } from './options.ts';

/** What k6 gives handleSummary. A metric without a sample may be absent. */
export interface SummaryData {
  readonly metrics: Readonly<Record<string, { readonly values: Readonly<Record<string, number>> } | undefined>>;
  readonly state: { readonly testRunDurationMs: number };
  readonly root_group: {
    readonly checks: readonly { readonly name: string; readonly passes: number; readonly fails: number }[];
  };
}

export interface MessageOptions {
  readonly run: string;
  readonly segment: string;
  readonly sequence: string;
  readonly options: readonly string[];
  readonly slos: readonly Slo[];
  readonly now: number;
}

/** Kubernetes cuts a termination message off after 4 096 bytes. */
const mostBytes = 4096;
const mostChecks = 16;
const longestName = 100;

const metrics: typeof countedMetrics = {
  q: 'http_reqs',
  i: 'iterations',
  d: 'dropped_iterations',
  h: 'generator_lateness',
  x: 'exceptions',
  u: 'unanswered',
  l: 'rate_limited',
  w: 'wrong_release',
  n: 'no_release',
  fl: 'front_limited',
  fu: 'front_unavailable',
  ok: 'correct_answers',
  p: 'payments',
};
const rates: typeof countedRates = { e: 'http_req_failed', r: 'failed_payments' };

/** Every count of load/counting.ts as JSON of at most 4 096 bytes: names are cut, counts never are. */
export function messageOf(data: SummaryData, options: MessageOptions): string {
  const whole = describe(data, options);
  const text = asAscii(whole);
  // Twenty objectives of latency would still fit; more than that has no room for names.
  return text.length <= mostBytes
    ? text
    : asAscii({ ...whole, options: whole.options.slice(0, 1), checks: sumOf(whole.checks) });
}

function describe(data: SummaryData, { run, segment, sequence, options, slos, now }: MessageOptions): RunnerMessage {
  const valueOf = (metric: string, value: string): number => data.metrics[metric]?.values[value] ?? 0;
  const counts = Object.entries(metrics).map(([key, metric]) => [key, valueOf(metric, 'count')]);
  const ofRates = Object.entries(rates).flatMap(([key, metric]) => [
    [`${key}t`, valueOf(metric, 'passes')],
    [`${key}f`, valueOf(metric, 'fails')],
  ]);
  return {
    run,
    segment,
    of: sequence.split(',').length - 1,
    began: Math.round(now - data.state.testRunDurationMs),
    options: options.slice(0, 4).map((option) => option.slice(0, longestName)),
    counts: Object.fromEntries([...counts, ...ofRates]) as Record<MessageCount, number>,
    slow: slos.filter(({ event }) => event.kind === 'slow-response').map((slo) => valueOf(slowCounterOf(slo), 'count')),
    late: valueOf('generator_lateness', 'p(95)'),
    duration: trendOf(data, 'http_req_duration', ['med', 'p(95)', 'p(99)']),
    blocked: trendOf(data, 'http_req_blocked', ['med', 'p(95)', 'max']),
    checks: checksOf(data),
  };
}

function trendOf(
  { metrics: measured }: SummaryData,
  metric: string,
  [one, two, three]: readonly [string, string, string],
): [number, number, number] | null {
  const values = measured[metric]?.values;
  const rounded = (name: string): number => Number((values?.[name] ?? 0).toFixed(3));
  return values?.['count'] ? [rounded(one), rounded(two), rounded(three)] : null;
}

type Check = RunnerMessage['checks'][number];

/** The most failed first; those without room for a name are one. */
function checksOf({ root_group: { checks } }: SummaryData): Check[] {
  const sorted = checks.toSorted((a, b) => b.fails - a.fails);
  const named = sorted.map(({ name, passes, fails }): Check => [name.slice(0, longestName), passes, fails]);
  return [...named.slice(0, mostChecks), ...sumOf(named.slice(mostChecks))];
}

const sumOf = (checks: readonly Check[]): Check[] =>
  checks.length === 0
    ? []
    : [
        checks.reduce<Check>(
          ([name, p, f], [, passes, fails]) => [name, p + passes, f + fails],
          ['other checks', 0, 0],
        ),
      ];

/** A character is then a byte, so that no name can make the message longer than it looks. */
const asAscii = (message: RunnerMessage): string =>
  JSON.stringify(message).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
