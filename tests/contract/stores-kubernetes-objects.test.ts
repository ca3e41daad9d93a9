import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type TargetStore } from '../../src/journal/index.ts';
import { type ApiServerDouble, startApiServer } from './support/kubernetes/api-server.ts';
import { type KubernetesObject, Refusal } from './support/kubernetes/objects.ts';
import { configMaps, leases } from './support/kubernetes/resources.ts';

let cluster: ApiServerDouble;
beforeEach(async () => void (cluster = await startApiServer([configMaps, leases])));
afterEach(() => cluster[Symbol.asyncDispose]());

const open = (target = 'staging'): TargetStore =>
  openStore({ driver: 'kubernetes', cluster: { kubeconfig: cluster.kubeconfig } }, target);
const maps = () => cluster.objects.list(configMaps, cluster.namespace);
const run = '20260801-120000-deploy-release-abcd';
/** 3 MiB that no compression makes smaller. */
const large = () => randomBytes(1.5 * 1024 * 1024).toString('hex') + 'ä€😀';

describe('labels', () => {
  const labelled = (labels: Readonly<Record<string, string>>) => (object: KubernetesObject) =>
    Object.entries(labels).every(([key, value]) => object.metadata.labels?.[key] === value);

  it('select all objects of a run or of a month, and neither the lock nor a value', async () => {
    const { runs, lock, value } = open();
    await lock.swap(0, 'a');
    await value('image freetask@1.5.0').swap(0, 'a');
    const kept = maps().length;
    await runs.create(run);
    await runs.append(run, 'one');
    await runs.append(run, large());
    await runs.write(run, 'evidence.json', large());
    const own = maps().filter(labelled({ 'app.kubernetes.io/managed-by': 'shiproom', 'shiproom/run': run }));
    expect(own.length).toBe(maps().length - kept);
    expect(maps().filter(labelled({ 'shiproom/month': '2026-08' }))).toEqual(own);
    for (const { metadata } of own) cluster.objects.remove(configMaps, cluster.namespace, metadata.name);
    expect(await open().runs.list()).toEqual([]);
    expect(await open().value('image freetask@1.5.0').read()).toEqual({ version: 1, text: 'a' });
  });

  it('and names are such as Kubernetes allows, for any name of a run and of a value', async () => {
    const { runs, value } = open();
    await runs.create('Run_1 ä/..');
    await runs.append('Run_1 ä/..', 'one');
    await value('image Free Task@1.5.0+b').swap(0, 'a');
    await value('image free-task@1.5.0+b').swap(0, 'b');
    expect(await value('image Free Task@1.5.0+b').read()).toEqual({ version: 1, text: 'a' });
    for (const { metadata } of maps()) {
      expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
      for (const label of Object.values(metadata.labels ?? {}))
        expect(label).toMatch(/^[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/);
    }
  });

  it('the holder of the lock is shown by kubectl', async () => {
    const { lock } = open();
    await lock.swap(0, JSON.stringify({ owner: 'ada', host: 'build-7', reason: 'deploy 1.5.0' }));
    const [lease] = cluster.objects.list(leases, cluster.namespace);
    expect(lease?.spec).toEqual({ holderIdentity: 'ada@build-7: deploy 1.5.0' });
    await lock.swap(1, '');
    expect(cluster.objects.list(leases, cluster.namespace)[0]?.spec).toEqual({ holderIdentity: null });
  });
});

it('a patch that the API server gave up, after other writes of the object, is sent again: the line is not lost', async () => {
  const { runs } = open();
  await runs.create(run);
  await runs.append(run, 'one');
  cluster.beforeNext('PATCH', /configmaps/, () => {
    throw new Refusal(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version');
  });
  await runs.append(run, 'two');
  expect(await open().runs.lines(run)).toEqual(['one', 'two']);
});
