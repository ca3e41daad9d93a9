import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { addresses } from './support/addresses.ts';
import { connectCluster } from './support/cluster.ts';
import { type Freetask, startFreetask } from './support/freetask.ts';

const cluster = await connectCluster(inject('cluster'));
let freetask: Freetask | undefined;

beforeAll(async () => {
  freetask = await startFreetask(cluster, {
    namespace: 'smoke',
    blue: { release: 'freetask@1.4.0', replicas: 1 },
    green: { release: 'freetask@1.5.0', replicas: 1 },
  });
});
afterAll(async () => freetask?.[Symbol.asyncDispose]());

it('the gateway serves the release of each colour at the weights of the route', async () => {
  const releases = async () => {
    const answers = await Promise.all(Array.from({ length: 40 }, () => fetch(`${addresses.gateway}/healthz`)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    return new Set(answers.map(({ headers }) => headers.get('x-app-release')));
  };
  expect(await releases()).toEqual(new Set(['freetask@1.4.0']));

  const route = '/apis/gateway.networking.k8s.io/v1/namespaces/smoke/httproutes/freetask';
  const weight = (index: number, value: number) =>
    ({ op: 'replace', path: `/spec/rules/0/backendRefs/${index}/weight`, value }) as const;
  await cluster.client.request('PATCH', route, { jsonPatch: [weight(0, 50), weight(1, 50)] });
  await expect.poll(releases, { timeout: 20_000 }).toEqual(new Set(['freetask@1.4.0', 'freetask@1.5.0']));
});
