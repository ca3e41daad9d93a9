import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createRuntime } from '../../src/runtimes/index.ts';
import type { SideRuntime } from '../../src/runtimes/runtime.ts';
import { startUsers } from '../e2e/support/users.ts';
import { addresses } from './support/addresses.ts';
import { connectCluster } from './support/cluster.ts';
import { type Freetask, startFreetask } from './support/freetask.ts';
import {
  freetaskImage,
  releaseAnnotation,
  releaseThatCannotStart,
  releaseWithoutImage,
} from './support/freetask-objects.ts';

const cluster = await connectCluster(inject('cluster'));
let freetask: Freetask | undefined;
const runtime = createRuntime(
  {
    driver: 'kubernetes',
    cluster: { kubeconfig: cluster.facts.kubeconfig, namespace: 'runtime' },
    deployments: { blue: 'freetask-blue' },
    image: `${freetaskImage}:{version}`,
    annotation: releaseAnnotation,
  },
  { env: {}, cwd: '/' },
);
const sides = runtime.sides as SideRuntime;

beforeAll(async () => {
  freetask = await startFreetask(cluster, {
    namespace: 'runtime',
    blue: { release: 'freetask@1.4.0', replicas: 2 },
  });
});
afterAll(async () => freetask?.[Symbol.asyncDispose]());

const served = async () => (await fetch(`${addresses.selected}/healthz`)).headers.get('x-app-release');
const running = async () =>
  (await runtime.read()).filter(({ terminating }) => terminating !== true).map(({ release }) => release);

it('the pods of FreeTask are fit for a rolling update', async () => {
  expect(await sides.check('rolling')).toEqual([]);
});

it('a rolling update under 200 requests/s fails none of them, and ends when the last old pod has', async () => {
  const users = startUsers(addresses.selected, 200);
  const first = await sides.replaceFirst('blue', 'freetask@1.5.0');
  expect(first.instances).toHaveLength(1);
  expect((await running()).toSorted((one, other) => `${one}`.localeCompare(`${other}`))).toEqual([
    'freetask@1.4.0',
    'freetask@1.4.0',
    'freetask@1.5.0',
  ]);
  const all = await sides.replace('blue', 'freetask@1.5.0');
  // Before the end of the users aborts what is in flight.
  const { answered, lost } = users.seen();
  expect(lost).toEqual([]);
  expect(answered).toBeGreaterThan(500);
  await users.stop();
  expect(all.endings.map(({ exitCode, killed }) => ({ exitCode, killed }))).toEqual([
    { exitCode: 0, killed: false },
    { exitCode: 0, killed: false },
  ]);
  expect(await running()).toEqual(['freetask@1.5.0', 'freetask@1.5.0']);
});

it('an image that cannot be pulled ends the update with its own reason, and users keep the release that they have', async () => {
  await expect(sides.replaceFirst('blue', releaseWithoutImage)).rejects.toThrow(
    /(ErrImagePull|ImagePullBackOff).*freetask\/api:3\.0\.0/s,
  );
  expect(await served()).toBe('freetask@1.5.0');
});

it('restore removes the pods of that release', async () => {
  await sides.restore('blue', 'freetask@1.5.0');
  expect(await running()).toEqual(['freetask@1.5.0', 'freetask@1.5.0']);
});

it('a container that ends at its start ends the update with its exit code and its last lines', async () => {
  await expect(sides.replaceFirst('blue', releaseThatCannotStart)).rejects.toThrow(
    /exit code 1.*is not in the catalogue/s,
  );
  await sides.restore('blue', 'freetask@1.5.0');
  expect(await served()).toBe('freetask@1.5.0');
});
