import type { ObjectThreshold, Options, Scenario } from 'k6/options';
import type { LoadPlan, PlannedScenario } from '../src/core/load-plan.ts';
import type { Slo } from '../src/core/slo.ts';

/** Heartbeats a second, which measure the delay of the load generator itself. */
export const heartbeatsPerSecond = 4;

/** Longer than the time-out of a request, so that a target without answers is counted. */
const gracefulStop = '6s';

export function optionsFor(plan: LoadPlan, slos: readonly Slo[]): Options {
  const scenarios = plan.scenarios.map((scenario) => [scenario.name, arrivalsOf(scenario)]);
  return {
    scenarios: { ...Object.fromEntries(scenarios), heartbeat: heartbeatOf(plan) },
    thresholds: thresholdsFor(plan, slos),
    ...settings,
  };
}

const settings: Options = {
  summaryTrendStats: ['count', 'avg', 'min', 'med', 'p(90)', 'p(95)', 'p(99)', 'max'],
  // Every tag costs CPU time in every sample. Without `group`, checks are not in the summary.
  systemTags: ['group', 'check'],
  userAgent: 'shiproom-load',
  noCookiesReset: true,
  // A followed redirect may be answered by another address: it is a wrong answer, and every answer is the target's.
  maxRedirects: 0,
  // A new connection resolves the name again: k6's own cache lives five minutes.
  dns: { ttl: '30s', select: 'random', policy: 'preferIPv4' },
};

/** Options in use that the plan does not set: by a flag, a variable or a file of another origin. */
export const unplannedOptions = (used: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(used)
    .filter(([name, value]) => value !== null && !['scenarios', 'thresholds', ...Object.keys(settings)].includes(name))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`);

/** Arrivals follow the clock and never wait for answers. */
export function arrivalsOf(
  { name, users, startPerMinute, stages }: PlannedScenario,
  exec = functionOf(name),
): Scenario {
  const common = { exec, timeUnit: '1m', preAllocatedVUs: users, maxVUs: users, gracefulStop };
  if (stages.every(({ perMinute }) => perMinute === startPerMinute)) {
    return { executor: 'constant-arrival-rate', rate: startPerMinute, duration: `${totalMs(stages)}ms`, ...common };
  }
  return {
    executor: 'ramping-arrival-rate',
    startRate: startPerMinute,
    stages: stages.map(({ perMinute, durationMs }) => ({ target: perMinute, duration: `${durationMs}ms` })),
    ...common,
  };
}

/** `pay-for-job` is the function payForJob of load/main.ts. */
const functionOf = (name: string): string => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Name of the counter of answers that were too slow for an objective: names of k6 metrics have no dashes. */
export const slowCounterOf = ({ id }: Slo): string => `slow_${id.replaceAll('-', '_')}`;

/** Dealt out over the runners like every other scenario, so each of them gets a whole heartbeat. */
export const heartbeatOf = (
  { durationMs, runners = 1 }: Pick<LoadPlan, 'durationMs' | 'runners'>,
  exec = 'heartbeat',
): Scenario => ({
  executor: 'constant-arrival-rate',
  exec,
  rate: heartbeatsPerSecond * runners,
  timeUnit: '1s',
  duration: `${durationMs}ms`,
  preAllocatedVUs: runners,
  gracefulStop: '0s',
});

const totalMs = (stages: PlannedScenario['stages']): number =>
  stages.reduce((sum, { durationMs }) => sum + durationMs, 0);

/**
 * One threshold for every objective, and minimum counts as thresholds of their own: k6 passes a rate and a percentile
 * without samples, and so a load that sent nothing.
 */
export function thresholdsFor(plan: LoadPlan, slos: readonly Slo[]): Record<string, ObjectThreshold[]> {
  const stop = plan.stopOnBreach ? { abortOnFail: true, delayAbortEval: '10s' } : { abortOnFail: false };
  const thresholds: Record<string, ObjectThreshold[]> = {};
  const demand = (metric: string, threshold: string, ending: Omit<ObjectThreshold, 'threshold'> = stop) =>
    (thresholds[metric] ??= []).push({ threshold, ...ending });

  for (const slo of slos) {
    const { event, limit, limitIncluded, minSamples } = slo;
    const rate = `rate${limitIncluded ? '<=' : '<'}${limit}`;
    if (event.kind === 'slow-response') {
      demand('http_req_duration', `p(${event.percentile})<${event.thresholdMs}`);
      // Always met; a counter without a sample is in k6's summary only if it has a threshold.
      demand(slowCounterOf(slo), 'count>=0');
    } else demand(event.kind === 'server-error' ? 'http_req_failed' : 'failed_payments', rate);
    demand(event.kind === 'failed-payment' ? 'payments' : 'http_reqs', `count>=${minSamples}`, { abortOnFail: false });
  }
  demand('iterations', 'count>=1', { abortOnFail: false });
  demand('checks', 'rate==1');
  for (const fault of ['dropped_iterations', 'exceptions', 'unanswered', 'rate_limited', 'wrong_release'])
    demand(fault, 'count==0');
  // Always met, as above.
  for (const count of ['correct_answers', 'no_release', 'front_limited', 'front_unavailable'])
    demand(count, 'count>=0');
  return thresholds;
}
