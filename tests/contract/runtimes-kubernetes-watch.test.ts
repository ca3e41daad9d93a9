import { expect, it } from 'vitest';
import { type Deployed, deploymentDraft, openDeployed } from './support/kubernetes/deployed.ts';
import type { KubernetesObject } from './support/kubernetes/objects.ts';
import { pods } from './support/kubernetes/resources.ts';

const release = 'freetask@1.5.0';
/** The pods are removed with the step that gives them their exit code: no list has it. */
const atOnce = { behaviours: { '1.4.0': { does: 'serve', exitCode: 0, stays: 0 } } } as const;

/** Calls `act` once, with the first change of a pod for which `isDue` is true. */
function once(
  { api }: Deployed,
  isDue: (pod: KubernetesObject) => boolean,
  act: (pod: KubernetesObject) => void,
): void {
  let isDone = false;
  api.objects.listen(({ plural }, pod) => {
    if (isDone || plural !== 'pods' || !isDue(pod)) return;
    isDone = true;
    act(pod);
  });
}

/** As the kubelet: the exit code, and the removal with it. */
function end(
  { api: { objects } }: Deployed,
  { status, metadata: { namespace, name } }: KubernetesObject,
  exitCode: number,
) {
  const [container] = (status ?? {})['containerStatuses'] as object[];
  const terminated = { exitCode, reason: 'Error' };
  objects.setStatus(pods, namespace, name, { ...status, containerStatuses: [{ ...container, state: { terminated } }] });
  objects.remove(pods, namespace, name);
}

const isTerminating = ({ metadata }: KubernetesObject) => metadata.deletionTimestamp !== undefined;

it('the exit code of a pod that is removed with its last status is read', async () => {
  await using cluster = await openDeployed(atOnce);
  const { endings, problems } = await cluster.sides.replace('green', release);
  expect(endings.map(({ exitCode, killed }) => [exitCode, killed])).toEqual([
    [0, false],
    [0, false],
  ]);
  expect(problems).toEqual([]);
});

it('the exit codes of a rolling update by its first pods, and of its restore, are read, too', async () => {
  await using cluster = await openDeployed({
    drafts: [deploymentDraft('api', { replicas: 3 })],
    behaviours: { '1.4.0': { does: 'serve', stays: 0 }, '1.5.0': { does: 'serve', exitCode: 3, stays: 0 } },
  });
  await cluster.sides.replaceFirst('blue', release);
  const { endings } = await cluster.sides.restore('blue', 'freetask@1.4.0');
  expect(endings).toMatchObject([{ exitCode: 3 }]);
  const all = await cluster.sides.replace('blue', release);
  expect(all.endings.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
});

it('a watch that breaks goes on after its last event, and what ended meanwhile is read', async () => {
  await using cluster = await openDeployed(atOnce);
  once(cluster, isTerminating, (pod) => {
    cluster.api.watches.cut();
    end(cluster, pod, 3);
  });
  const { endings } = await cluster.sides.replace('green', release);
  expect(endings.map(({ exitCode }) => exitCode)).toEqual(expect.arrayContaining([0, 3]));
});

it('a version that is not kept any more (410) begins again at the next list', async () => {
  await using cluster = await openDeployed(atOnce);
  once(
    cluster,
    ({ metadata }) => metadata.name.startsWith('api-green'),
    () => {
      cluster.api.objects.compact();
      cluster.api.watches.cut();
    },
  );
  expect(await cluster.sides.replace('green', release)).toMatchObject({
    endings: [{ exitCode: 0 }, { exitCode: 0 }],
    problems: [],
  });
  const opened = cluster.api.received.filter(({ query }) => query.get('watch') === '1');
  expect(opened.length).toBeGreaterThan(2);
});

it('what ended before such a list is unread, and the problem has the reason of the API server', async () => {
  await using cluster = await openDeployed({ ...atOnce, settleMs: 50 });
  once(cluster, isTerminating, (pod) => {
    cluster.api.watches.cut();
    end(cluster, pod, 0);
    cluster.api.objects.compact();
  });
  const { endings, problems } = await cluster.sides.replace('green', release);
  expect(endings.map(({ exitCode }) => exitCode)).toEqual(expect.arrayContaining([null, 0]));
  expect(problems).toEqual([
    expect.stringMatching(/could not be read before the pod was removed: .*410 too old resource version/),
  ]);
});

it('without the right to watch, lists alone are read, and an unread exit code names the right', async () => {
  await using slow = await openDeployed();
  slow.api.deny('watch', 'pods');
  expect(await slow.sides.replace('green', release)).toMatchObject({ problems: [], endings: [{ exitCode: 0 }, {}] });
  expect(slow.api.received.filter(({ query }) => query.get('watch') === '1')).toHaveLength(1);
  await using fast = await openDeployed(atOnce);
  fast.api.deny('watch', 'pods');
  const { problems } = await fast.sides.replace('green', release);
  expect(problems).toHaveLength(2);
  expect(problems[0]).toMatch(/could not be read .*: the right to watch pods is missing \(npm run doctor/);
});

it('a watch without events is not waited for longer than its limit', async () => {
  await using cluster = await openDeployed({ ...atOnce, settleMs: 50 });
  cluster.api.watches.silence();
  const { problems } = await cluster.sides.replace('green', release);
  expect(problems[0]).toMatch(/the watch of its pods has not reported the removal within 0.05 s/);
});

it('the watch is closed with the step, also where the step fails or is aborted', async () => {
  await using cluster = await openDeployed({
    behaviours: { '1.5.0': { does: 'crash', exitCode: 1 }, '1.6.0': { does: 'stay-unready' } },
  });
  await expect(cluster.sides.replace('green', release)).rejects.toThrow('CrashLoopBackOff');
  await expect.poll(() => cluster.api.watches.count).toBe(0);
  const abort = new AbortController();
  const replaced = cluster.sides.replace('green', 'freetask@1.6.0', { signal: abort.signal });
  await expect.poll(() => cluster.api.watches.count).toBe(1);
  abort.abort();
  await expect(replaced).rejects.toThrow('interrupted');
  await expect.poll(() => cluster.api.watches.count).toBe(0);
});

it('a pod that had ended before the step, such as an evicted one, is none of those that it replaced', async () => {
  await using cluster = await openDeployed(atOnce);
  const { objects, namespace } = cluster.api;
  const pod = cluster.pods().find(({ metadata }) => metadata.name.startsWith('api-green'));
  if (!pod) throw new Error('no pods');
  const terminated = { exitCode: 137, reason: 'Error' };
  const containerStatuses = [{ name: 'api', restartCount: 0, imageID: '', state: { terminated } }];
  const status = { phase: 'Failed', reason: 'Evicted', containerStatuses };
  objects.create(pods, namespace, { ...pod, metadata: { ...pod.metadata, name: 'api-green-evicted' }, status });
  expect(await cluster.sides.replace('green', release)).toMatchObject({
    endings: [{ exitCode: 0 }, { exitCode: 0 }],
    problems: [],
  });
});

it('a removal without an exit code, as by force, is unread at once', async () => {
  await using cluster = await openDeployed({ ...atOnce, settleMs: 600_000 });
  once(cluster, isTerminating, ({ metadata: { namespace, name } }) =>
    cluster.api.objects.remove(pods, namespace, name),
  );
  const { problems } = await cluster.sides.replace('green', release);
  expect(problems).toEqual([expect.stringMatching(/could not be read before the pod was removed$/)]);
});
