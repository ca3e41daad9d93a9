import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startTinyFreeTask, type TinyFreeTask } from '../../scripts/bench/tiny-freetask.ts';
import { type ClusterBench, openClusterBench } from '../contract/support/kubernetes/cluster-load.ts';
import { addresses } from './support/addresses.ts';
import { connectCluster } from './support/cluster.ts';
import { killContainer } from './support/node.ts';

/** An Indexed Job of four k6 on a real kubelet, against a server that counts. */

const namespace = 'load';
const cluster = await connectCluster(inject('cluster'));
const { client, facts } = cluster;
let bench: ClusterBench;

beforeAll(async () => {
  bench = await openClusterBench();
  await client.request('POST', '/api/v1/namespaces', { json: { metadata: { name: namespace } } });
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await client.request('DELETE', `/api/v1/namespaces/${namespace}`);
});

interface ItemList {
  readonly items: readonly {
    readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
    readonly status: { readonly containerStatuses?: readonly { readonly containerID?: string }[] };
  }[];
}
const list = async (path: string): Promise<ItemList['items']> =>
  (
    (await client.request(
      'GET',
      `${path.startsWith('jobs') ? '/apis/batch' : '/api'}/v1/namespaces/${namespace}/${path}`,
    )) as ItemList
  ).items;

/** The same server at an address that pods reach. */
async function reachable({ server }: TinyFreeTask): Promise<AsyncDisposable & { readonly url: string }> {
  const front = createServer((request, response) => void server.emit('request', request, response));
  front.on('upgrade', (...upgrade) => void server.emit('upgrade', ...upgrade));
  front.listen(0, addresses.node);
  await once(front, 'listening');
  return {
    url: `http://${addresses.node}:${(front.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      front.closeAllConnections();
      front.close();
    },
  };
}

const load = (url: string) =>
  bench.load(facts, { namespace, url, rate: 24, durationMs: 3280, realTime: true, startWithinMs: 60_000 });

it('four runners: every request that the target counted is in the sum, and nothing is left', async () => {
  await using tiny = await startTinyFreeTask();
  await using front = await reachable(tiny);
  const evidence = await load(front.url);
  expect(evidence.problems).toEqual([]);
  // One is the probe of the release before the load.
  expect(evidence.requests).toBe(tiny.requests() - 1);
  expect(evidence.runners?.map(({ exitCode, reason }) => [exitCode, reason])).toEqual(
    Array.from({ length: 4 }, () => [0, 'Completed']),
  );
  expect(bench.judge(evidence)['load.run']).toBe('pass');
  await expect.poll(async () => (await list('pods')).length, { timeout: 30_000 }).toBe(0);
  expect(await list('jobs')).toEqual([]);
  expect(await list('secrets')).toEqual([]);
});

it('a runner that is killed in mid load is a HOLD with its exit code', async () => {
  let killing: Promise<void> | undefined;
  await using tiny = await startTinyFreeTask(({ url }) => {
    // The probe before the load asks for the health alone.
    if (url !== '/healthz') killing ??= killRunner(2);
    return undefined;
  });
  await using front = await reachable(tiny);
  const evidence = await load(front.url);
  await killing;
  expect(evidence.problems.join()).toMatch(/runner 3 of 4 \(pod .*\) was killed \(exit code 137/);
  expect(evidence.problems.join()).toContain('the Job reports 3 of 4 runners completed; runner 3 failed');
  expect(bench.judge(evidence)['load.run']).toBe('error');
});

async function killRunner(index: number): Promise<void> {
  for (const { metadata, status } of await list('pods')) {
    if (metadata.annotations?.['batch.kubernetes.io/job-completion-index'] !== String(index)) continue;
    await killContainer(facts, status.containerStatuses?.[0]?.containerID ?? '');
  }
}
