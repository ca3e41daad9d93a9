import type { ObjectThreshold, Options, Scenario } from 'k6/options';
import { arrivalsOf, heartbeatOf } from '../options.ts';
import { question } from './question.ts';

const { prefix: ownPrefix } = question;

type Scenarios = Readonly<Record<string, Scenario>>;
type Thresholds = NonNullable<Options['thresholds']>;

/** Options that change how requests are sent, and neither how many nor where to: they stay where the plan replaces the others. */
const harmless = [
  'batch',
  'batchPerHost',
  'discardResponseBodies',
  'dns',
  'insecureSkipTLSVerify',
  'maxRedirects',
  'noConnectionReuse',
  'noCookiesReset',
  'noVUConnectionReuse',
  'setupTimeout',
  'tags',
  'teardownTimeout',
  'throw',
  'tlsAuth',
  'tlsCipherSuites',
  'tlsVersion',
  'userAgent',
] as const;

/** The options that the script runs with. */
export function optionsOf(theirs: Options = {}): Options {
  const summaryTrendStats = [...new Set([...(theirs.summaryTrendStats ?? []), ...stats, ...ladder])];
  if (!question.plan) return { ...theirs, thresholds: withGuards(theirs.thresholds ?? {}), summaryTrendStats };
  const { plan } = question;
  const own = (theirs.scenarios ?? {}) as Scenarios;
  const scenarios = plan.scenarios.map((scenario) => {
    const { exec = 'default', env, tags } = own[scenario.name] ?? {};
    const more = { ...(env ? { env } : {}), ...(tags ? { tags } : {}) };
    return [scenario.name, { ...arrivalsOf(scenario, exec), ...more }];
  });
  return {
    ...Object.fromEntries(harmless.filter((name) => name in theirs).map((name) => [name, theirs[name]])),
    scenarios: {
      ...Object.fromEntries(scenarios),
      [`${ownPrefix}heartbeat`]: heartbeatOf(plan, `${ownPrefix}heartbeat`),
    },
    thresholds: withGuards(plan.stopOnBreach ? breaches() : {}),
    summaryTrendStats,
  };
}

const stats = ['count', 'avg', 'min', 'med', 'p(90)', 'p(95)', 'p(99)', 'max'];

/** How many samples of a trend of the script are above a limit is read from these. */
const ladder = question.percentiles.map((percentile) => `p(${percentile})`);

const counters = [
  'unanswered',
  'server_errors',
  'rate_limited',
  'wrong_release',
  'no_release',
  'front_limited',
  'front_unavailable',
  'elsewhere',
  'sockets_elsewhere',
  'exceptions',
  'excused_exceptions',
];

/** Always met: a counter without a sample is in k6's summary only if it has a threshold. */
function withGuards(thresholds: Thresholds): Thresholds {
  const guarded = [...counters.map((name) => ownPrefix + name), ...question.latencies.map(({ counter }) => counter)];
  return {
    ...thresholds,
    ...Object.fromEntries(guarded.map((name) => [name, ['count>=0']])),
    [`checks{${question.excusedTag}:yes}`]: ['rate>=0'],
  };
}

/** A plan that stops at a breach needs thresholds that k6 itself evaluates. */
function breaches(): Thresholds {
  const stop = (threshold: string): ObjectThreshold => ({ threshold, abortOnFail: true, delayAbortEval: '10s' });
  return {
    http_req_duration: question.latencies.map(({ percentile, thresholdMs }) => stop(`p(${percentile})<${thresholdMs}`)),
    http_req_failed: [stop('rate<0.05')],
  };
}

/** Options in use that neither the script nor the plan sets: by a flag, a variable or a file of another origin. */
export const unplannedOptions = (used: Readonly<Record<string, unknown>>, planned: Options): string[] =>
  Object.entries(used)
    .filter(([name, value]) => isSet(value) && !(name in planned) && !['scenarios', 'systemTags'].includes(name))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);

/** k6 shows an option that nobody set as null, one with several parts as parts that are null. */
const isSet = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.values(value).some(isSet)
    : value !== null;
