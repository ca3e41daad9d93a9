import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { startUsers, type Users } from '../e2e/support/users.ts';
import { addresses } from './support/addresses.ts';
import { connectCluster } from './support/cluster.ts';
import { type Freetask, startFreetask } from './support/freetask.ts';
import { blueGreen, type ClusterTarget, openClusterTarget } from './support/rollout.ts';

const cluster = await connectCluster(inject('cluster'));
let freetask: Freetask | undefined;
let target: ClusterTarget;
let users: Users;

beforeAll(async () => {
  freetask = await startFreetask(cluster, {
    namespace: 'deploy',
    blue: { release: 'freetask@1.4.0', replicas: 2 },
    green: { release: 'freetask@1.4.0', replicas: 2 },
  });
  target = await openClusterTarget(cluster, 'deploy', blueGreen);
});
afterAll(async () => {
  await target[Symbol.asyncDispose]();
  await freetask?.[Symbol.asyncDispose]();
});
beforeEach(() => {
  users = startUsers(addresses.gateway, 200);
});
afterEach(() => users.stop());

const served = async () => (await fetch(`${addresses.gateway}/healthz`)).headers.get('x-app-release');

it('blue-green from 0 to 100 % fails no request, and each share is measured', async () => {
  const outcome = await target.run('deploy', ['--release', 'freetask@1.5.0']);
  expect(outcome.exitCode, outcome.stdout + outcome.stderr).toBe(0);
  expect(await served()).toBe('freetask@1.5.0');
  expect(users.seen().lost).toEqual([]);
  expect(users.seen().answered).toBeGreaterThan(1000);
});

it('a rollback to the previous colour fails no request', async () => {
  // Exit code 1: the release was rolled back.
  const outcome = await target.run('rollback', ['--release', 'freetask@1.5.0', '--reason', 'a test']);
  expect(outcome.exitCode, outcome.stdout + outcome.stderr).toBe(1);
  expect(await served()).toBe('freetask@1.4.0');
  expect(users.seen().lost).toEqual([]);
});

it('killed between two weights, --resume completes the rollout, and no request fails', async () => {
  const killed = target.start('deploy', ['--release', 'freetask@1.6.0']);
  await killed.printed(/› Traffic 50 %/);
  killed.process.kill('SIGKILL');
  await killed.ended;
  const resumed = await target.run('deploy', ['--resume']);
  expect(resumed.exitCode, resumed.stderr).toBe(0);
  expect(await served()).toBe('freetask@1.6.0');
  expect(users.seen().lost).toEqual([]);
});
