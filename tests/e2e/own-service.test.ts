import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Finding } from '../../src/flows/finding.ts';
import { ordersRelease, ordersToken, startOrders, type OrdersDefects } from '../strangers/orders/server.ts';
import { runCommand } from './support/command.ts';
import { projectRoot } from './support/running-sandbox.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

/** docs/your-own-service.md as a release engineer follows it, on a service that has nothing of FreeTask. */
let workspace: Workspace;
let file: string;
beforeAll(async () => {
  workspace = await openWorkspace();
  const page = await readFile(join(projectRoot, 'docs/your-own-service.md'), 'utf8');
  [, file = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  const [, script = ''] = /```js\n(.*?)```/s.exec(page) ?? [];
  await writeFile(join(workspace.path, 'orders.k6.js'), script);
  const fixtures = join(projectRoot, 'tests/strangers/orders');
  await copyFile(
    join(fixtures, 'orders.postman_collection.json'),
    join(workspace.path, 'orders.postman_collection.json'),
  );
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** The file of the page at the address of a server, with a window that suits a test. */
async function run(verb: 'doctor' | 'verify', defects: OrdersDefects = {}) {
  await using server = await startOrders(defects);
  const path = join(workspace.path, `orders.yaml`);
  const short = 'readiness: { stableFor: 500ms, interval: 100ms }\n';
  const load = 'load:\n  rate: 120\n  duration: 8s\n';
  const here = file.replaceAll('http://127.0.0.1:8080', server.url).replace('load:\n', load);
  await writeFile(path, here + short);
  return await runCommand(verb, ['--target', path, '--json'], { ORDERS_TOKEN: ordersToken });
}

it('the file of the page has under 30 lines, and doctor finds everything that it names', async () => {
  expect(file.split('\n').length).toBeLessThan(30);
  const { exitCode, stdout, stderr } = await run('doctor');
  expect(exitCode, stdout + stderr).toBe(0);
  const findings = (JSON.parse(stdout) as Finding[]).filter(({ group }) => group === 'target');
  expect(findings.map(({ name, found }) => [name, found])).toEqual([
    ['public health', 'status 200'],
    ['public readiness', 'status 204'],
    ['public release', ordersRelease],
    ['log-in of buyer', 'with token'],
    ['public metrics', 'counts latency-p95, latency-p50, server-errors'],
    ['k6 script', 'options replaced'],
  ]);
});

it('verify is GO, and NO-GO for exactly what the service does wrongly', async () => {
  const healthy = await run('verify');
  expect(healthy.exitCode, healthy.stderr).toBe(0);
  const { result } = await workspace.resultOf(healthy);
  expect(result.seenReleases).toEqual([ordersRelease]);
  // Its answers have no release header: the one answer of its route is the evidence, and no answer of the load is taken for it.
  expect(result.judgements.find(({ id }) => id === 'release')).toMatchObject({ status: 'pass', samples: 1 });
  const passed = result.judgements.filter(({ status }) => status === 'pass').map(({ id }) => id);
  expect(passed).toEqual(
    expect.arrayContaining(['smoke.newman', 'load.answers', 'load.server-errors', 'metrics.server-errors', 'release']),
  );

  const defective = await run('verify', { negativeQuantity: true });
  expect(defective.exitCode, defective.stderr).toBe(1);
  const { result: refused } = await workspace.resultOf(defective);
  const failed = refused.judgements.filter(({ status }) => status === 'fail');
  expect(failed.map(({ id, because }) => [id, because])).toEqual([
    [
      'smoke.newman',
      '"A negative quantity is refused" (POST /orders, answered 201): refused: expected response to have status code 422 but got 201 [money].',
    ],
  ]);
});
