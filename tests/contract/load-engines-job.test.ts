import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiServerDouble } from './support/kubernetes/api-server.ts';
import { type ClusterBench, openClusterBench } from './support/kubernetes/cluster-load.ts';
import { runJobController } from './support/kubernetes/job-controller.ts';
import type { Behaviour } from './support/kubernetes/pod-doubles.ts';
import { jobs } from './support/kubernetes/resources.ts';
import { k6, messageFor, pausedK6, second } from './support/kubernetes/runner-double.ts';

/** The engine `kubernetes`: what its Job, its pods and an earlier load may be like. */

let bench: ClusterBench;
beforeAll(async () => {
  bench = await openClusterBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

async function loadBy(behave: Behaviour) {
  await using api = await bench.startApi();
  runJobController(api, behave);
  const evidence = await bench.load(api);
  return { ...evidence, left: bench.left(api), received: api.received };
}

describe('kubernetes', () => {
  it('a runner that never comes up: none is started, and the reason is the scheduler’s', async () => {
    const never = {
      waiting: { reason: 'ContainerCreating' },
      unschedulable: '0/1 nodes are available: 1 Insufficient cpu.',
    };
    const evidence = await loadBy((container) => (container.index === 2 ? never : k6()(container)));
    expect(evidence.problems).toEqual([
      'runner 3 of 4 was not ready within 5 s (load.engine.startWithin): Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.',
    ]);
    expect(evidence.received.some(({ method, path }) => method === 'PATCH' && path.includes('/proxy/'))).toBe(false);
    expect(evidence.left).toEqual([]);
  });

  it('a script that k6 refuses: its last line', async () => {
    const behave: Behaviour = (container) => {
      setImmediate(() => container.end(107, { log: 'ReferenceError: x is not defined' }));
      return { waiting: { reason: 'ContainerCreating' } };
    };
    const { problems } = await loadBy(behave);
    expect(problems[0]).toMatch(
      /ended with exit code 107 \(Error\) before the load: ReferenceError: x is not defined$/,
    );
  });

  it('a runner with other virtual users than planned is not started', async () => {
    const { problems } = await loadBy((container) => pausedK6(container, { users: 3, onStart: () => undefined }));
    expect(problems[0]).toMatch(/^runner 1 of 4 would use 3 virtual users, \d+ are planned$/);
  });

  it('a runner that does not start makes the load incomplete at once', async () => {
    const evidence = await loadBy((container) =>
      container.index === 3 ? pausedK6(container, { deaf: true, onStart: () => undefined }) : k6()(container),
    );
    expect(evidence.problems).toContain('runner 4 of 4 did not start: it is still paused');
    expect(bench.judge(evidence)['load.run']).toBe('error');
  });

  it('activeDeadlineSeconds deletes the pods with what they counted', async () => {
    await using api = await bench.startApi();
    let started = 0;
    const controller = runJobController(api, (container) =>
      pausedK6(container, {
        onStart: () => {
          started += 1;
          if (started === 4) controller.expire();
        },
      }),
    );
    const evidence = await bench.load(api);
    expect(evidence.problems.join()).toContain('Kubernetes ended the Job at its activeDeadlineSeconds');
    expect(evidence.requests).toBe(0);
    expect(bench.judge(evidence)['load.run']).toBe('error');
  });

  it('a runner that was started twice has sent its part more than once', async () => {
    await using api = await bench.startApi();
    const controller = runJobController(api, (container) =>
      pausedK6(container, {
        onStart: () => {
          if (container.index === 0) controller.replacePod(0);
          container.end(0, { message: messageFor(container) });
        },
      }),
    );
    const { problems } = await bench.load(api);
    expect(problems.join()).toMatch(/runner 1 of 4 .* was started 2 times/);
  });

  it('the Job’s own account has to agree with the pods', async () => {
    await using api = await bench.startApi();
    api.objects.listen((resource, { metadata, status }) => {
      if (resource.plural !== jobs.plural || status?.['failedIndexes'] === '1' || status?.['succeeded'] !== 4) return;
      const conditions = [{ type: 'Failed', status: 'True', reason: 'FailedIndexes' }];
      api.objects.setStatus(jobs, api.namespace, metadata.name, {
        completedIndexes: '0,2-3',
        failedIndexes: '1',
        conditions,
      });
    });
    runJobController(api, k6());
    const evidence = await bench.load(api);
    expect(evidence.problems).toEqual(['the Job reports 3 of 4 runners completed; runner 2 failed']);
    expect(bench.judge(evidence)['load.run']).toBe('error');
  });

  it('a load that does not end is stopped at its limit', async () => {
    const evidence = await loadBy(k6(second(() => () => undefined)));
    expect(evidence.outcome.timedOut).toBe(true);
    expect(evidence.problems.join()).toMatch(/runner 2 of 4 .* has not ended/);
    expect(evidence.left).toEqual([]);
  });

  it('runners that cannot be read until the limit: the reason of the API server', async () => {
    await using api = await bench.startApi();
    runJobController(api, k6(second(() => () => api.deny('list', 'pods'))));
    const evidence = await bench.load(api);
    expect(evidence.outcome.timedOut).toBe(true);
    expect(evidence.problems.join()).toMatch(/the runners could not be read: .* answered 403/);
  });

  it('an interruption deletes everything', async () => {
    await using api = await bench.startApi();
    const interrupter = new AbortController();
    runJobController(api, k6(second(() => () => interrupter.abort('SIGINT'))));
    const evidence = await bench.load(api, { signal: interrupter.signal });
    expect(evidence.outcome.interrupted).toBe(true);
    expect(bench.judge(evidence)['load.run']).toBe('error');
    expect(bench.left(api)).toEqual([]);
  });

  it('one runner has exact percentiles', async () => {
    await using api = await bench.startApi();
    runJobController(api, k6());
    const { percentiles, problems } = await bench.load(api, { runners: 1 });
    expect(problems).toEqual([]);
    expect(percentiles).toEqual({ p50Ms: 20, p95Ms: 80, p99Ms: 90 });
  });

  it('the connection to the API server may break while the load runs', async () => {
    await using api = await bench.startApi();
    runJobController(
      api,
      k6((container) => () => {
        if (container.index === 0) api.breakOff(/\/pods\?/, 2);
        setTimeout(() => container.end(0, { message: messageFor(container) }), 20);
      }),
    );
    expect((await bench.load(api)).problems).toEqual([]);
  });
});

describe('what an earlier load has left', () => {
  const labels = {
    'app.kubernetes.io/managed-by': 'shiproom',
    'app.kubernetes.io/component': 'load',
    'shiproom/target': 'double',
  };
  const leave = (
    { objects, namespace }: ApiServerDouble,
    owner: object | undefined,
    status?: Record<string, unknown>,
  ) => {
    const annotations = owner === undefined ? {} : { 'shiproom/owner': JSON.stringify(owner) };
    objects.create(jobs, namespace, {
      metadata: { name: 'shiproom-load-old', labels, annotations },
      spec: { suspend: true },
      ...(status ? { status } : {}),
    });
  };

  it.each([
    ['finished', { host: 'elsewhere', pid: 1 }, { conditions: [{ type: 'Complete', status: 'True' }] }],
    ['of a process that was killed', { host: hostname(), pid: 999_999_999 }, undefined],
  ])('%s is removed', async (_, owner, status) => {
    await using api = await bench.startApi();
    leave(api, owner, status);
    runJobController(api, k6());
    const { notes, problems } = await bench.load(api);
    expect(notes).toContain('removed what an earlier load left: shiproom-load-old');
    expect(problems).toEqual([]);
    expect(bench.left(api)).toEqual([]);
  });

  it.each([
    ['of another host', { host: 'elsewhere', pid: 1 }],
    ['of no known owner', undefined],
  ])('running, %s: refused with the command that removes it', async (_, owner) => {
    await using api = await bench.startApi();
    leave(api, owner);
    runJobController(api, k6());
    await expect(bench.load(api)).rejects.toThrow(
      /another load of this target is running: jobs shiproom-load-old.*kubectl delete -n freetask jobs shiproom-load-old/,
    );
    expect(bench.left(api)).toEqual(['Job shiproom-load-old']);
  });
});
