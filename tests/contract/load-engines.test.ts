import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiServerDouble } from './support/kubernetes/api-server.ts';
import { accessToken, type ClusterBench, openClusterBench } from './support/kubernetes/cluster-load.ts';
import { runJobController } from './support/kubernetes/job-controller.ts';
import type { Behaviour, Container } from './support/kubernetes/pod-doubles.ts';
import { type Counted, k6, messageFor, requestsEach, second } from './support/kubernetes/runner-double.ts';
import { runTestRunController, testRuns } from './support/kubernetes/test-run-controller.ts';

/** The engines of a load in a cluster: what each way of ending of a runner makes of the evidence. */

let bench: ClusterBench;
beforeAll(async () => {
  bench = await openClusterBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const drivers = {
  kubernetes: runJobController,
  'k6-operator': (api: ApiServerDouble, behave: Behaviour) => runTestRunController(api, behave),
} as const;
const bothDrivers = ['kubernetes', 'k6-operator'] as const;

async function loadBy(driver: (typeof bothDrivers)[number], behave: Behaviour) {
  await using api = await bench.startApi();
  drivers[driver](api, behave);
  const evidence = await bench.load(api, { driver });
  return { ...evidence, left: bench.left(api), received: api.received };
}

describe.each(bothDrivers)('%s', (driver) => {
  it('adds up what the runners counted, decides the objectives by it, and leaves nothing', async () => {
    const evidence = await loadBy(driver, k6());
    expect(evidence.problems).toEqual([]);
    expect(evidence.requests).toBe(4 * requestsEach);
    expect(evidence.runners?.map(({ number, requests, exitCode }) => [number, requests, exitCode])).toEqual(
      [1, 2, 3, 4].map((number) => [number, requestsEach, 0]),
    );
    expect(new Set(Object.values(bench.judge(evidence)))).toEqual(new Set(['pass']));
    expect(evidence.percentiles).toEqual({});
    expect(evidence.left).toEqual([]);
  });

  it('the tokens are in a Secret only, which is deleted', async () => {
    const { received } = await loadBy(driver, k6());
    const holding = received.filter(({ body }) => JSON.stringify(body ?? '').includes(accessToken));
    expect(holding.map(({ method, path }) => `${method} ${path.split('/').at(-1)}`)).toEqual(['POST secrets']);
    const deleted = received.findIndex(({ method, path }) => method === 'DELETE' && path.includes('/secrets/'));
    expect(deleted).toBeGreaterThan(0);
  });

  const endings: [string, (container: Container) => Counted | (() => void), RegExp][] = [
    [
      'killed',
      ({ end }) =>
        () =>
          end(137, { reason: 'OOMKilled' }),
      /^runner 2 of 4 .* was killed \(exit code 137, OOMKilled\)$/,
    ],
    [
      'without a message',
      ({ end }) =>
        () =>
          end(0),
      /^runner 2 of 4 .* left no counts$/,
    ],
    [
      'with a message that was cut off',
      (container) => () => container.end(0, { message: messageFor(container).slice(0, 300) }),
      /^runner 2 of 4 .* left counts that cannot be read/,
    ],
    [
      'with the message of another run',
      () => ({ run: 'shiproom-load-other' }),
      /left the counts of another run, shiproom-load-other$/,
    ],
    ['with another segment', () => ({ segment: '0:1/4' }), /sent segment 0:1\/4 of 4, 1\/4:1\/2 of 4 was planned$/],
    [
      'whose counts contradict each other',
      () => ({ metrics: { http_req_failed: { passes: 0, fails: 3 } } }),
      /left counts that contradict each other: 3 samples of http_req_failed for 2000 requests$/,
    ],
    [
      'by a threshold',
      (container) => () => container.end(99, { message: messageFor(container) }),
      /exit code 99 although it has no thresholds$/,
    ],
    [
      'starved of CPU time',
      () => ({ metrics: { generator_lateness: { count: 40, 'p(95)': 400 } } }),
      /^the load generator was up to 400 ms late/,
    ],
    [
      'that sent less than its part',
      () => ({ metrics: { iterations: { count: 60 } } }),
      /^(runner 2: )?\d+ iterations arrived, \d+ were planned$/,
    ],
    [
      'with an option of its own',
      () => ({ options: ['rps=100'] }),
      /ran with options that the plan does not set: rps=100$/,
    ],
    ['of a rate limit', () => ({ metrics: { rate_limited: { count: 7 } } }), /^7 requests were answered 429/],
  ];
  it.each(endings)('a runner %s is no complete load', async (_name, how, problem) => {
    const evidence = await loadBy(driver, k6(second(how)));
    expect(
      evidence.problems.filter((each) => problem.test(each)),
      evidence.problems.join('\n'),
    ).toHaveLength(1);
    expect(bench.judge(evidence)['load.run']).toBe('error');
    const { 'load.answers': _, ...others } = bench.judge(evidence);
    expect(Object.values(others)).not.toContain('pass');
    expect(evidence.left).toEqual([]);
  });

  it('a breach is a breach in the sum, whichever runner had it', async () => {
    const failed = { metrics: { http_req_failed: { passes: 60, fails: requestsEach - 60 } } };
    const evidence = await loadBy(driver, k6(second(() => failed)));
    expect(evidence.slo['server-errors']).toEqual({ events: 60, trials: 4 * requestsEach });
    expect(bench.judge(evidence)['load.server-errors']).toBe('fail');
  });

  it('no answer for any runner shows nothing of the release, and names the address', async () => {
    const count = requestsEach;
    const silent = { http_req_failed: { passes: count, fails: 0 }, unanswered: { count }, slow_latency: { count } };
    const evidence = await loadBy(
      driver,
      k6(() => ({ metrics: silent })),
    );
    expect(evidence.problems.join()).toContain('http://127.0.0.1:1 has to be reachable from the pods');
    expect(bench.judge(evidence)['load.server-errors']).toBe('inconclusive');
    expect(Object.values(bench.judge(evidence))).not.toContain('fail');
  });

  it('a pod that was deleted in mid load is a missing part', async () => {
    await using api = await bench.startApi();
    const controller = drivers[driver](api, k6(second(() => () => controller.deletePod(1))));
    const evidence = await bench.load(api, { driver });
    expect(evidence.problems.join()).toMatch(/runner 2 of 4 .* was deleted before it ended/);
    expect(evidence.runners?.[1]).toMatchObject({ exitCode: null, reason: 'deleted' });
    expect(bench.judge(evidence)['load.run']).toBe('error');
  });

  it('a right that is missing is an error that names it, and nothing is left', async () => {
    await using api = await bench.startApi();
    drivers[driver](api, k6());
    api.deny('create', 'secrets');
    await expect(bench.load(api, { driver })).rejects.toThrow('cannot create resource "secrets"');
    expect(bench.left(api)).toEqual([]);
  });

  it('an image that cannot be pulled ends it at once with the reason', async () => {
    const never = { waiting: { reason: 'ErrImageNeverPull', message: 'image "grafana/k6:2.2.0" is not present' } };
    const evidence = await loadBy(driver, () => never);
    expect(evidence.problems[0]).toMatch(/^runner 1 of 4 .* cannot start: ErrImageNeverPull: image/);
    expect(bench.judge(evidence)['load.run']).toBe('error');
  });
});

describe('k6-operator', () => {
  it('its stage `finished` is not believed: a runner whose Job is gone is missing', async () => {
    await using api = await bench.startApi();
    const controller = runTestRunController(api, k6(second(() => () => controller.deletePod(1))));
    const evidence = await bench.load(api, { driver: 'k6-operator' });
    expect(evidence.problems).toContain('the Job of runner 2 has not succeeded');
  });

  it('an initializer that fails: nothing is waited for', async () => {
    await using api = await bench.startApi();
    runTestRunController(api, k6(), { initializer: 'fails' });
    const { problems } = await bench.load(api, { driver: 'k6-operator' });
    expect(problems).toEqual(['the k6-operator reports an error of the TestRun, as of a refused script']);
  });

  it('sets no cleanup, which would delete what the runners counted', async () => {
    const { received } = await loadBy('k6-operator', k6());
    const created = received.find(({ method, path }) => method === 'POST' && path.endsWith(testRuns.plural));
    expect(created?.body).not.toHaveProperty('spec.cleanup');
  });

  it('a runner that began later than the others is no load at the same time', async () => {
    const evidence = await loadBy('k6-operator', k6(second(() => ({ began: 1_700_000_002_500 }))));
    expect(evidence.problems.join()).toMatch(/runner 2 of 4 .* started 2500 ms after the first/);
  });
});
