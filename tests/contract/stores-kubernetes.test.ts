import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type TargetStore } from '../../src/journal/index.ts';
import { type ApiServerDouble, startApiServer } from './support/kubernetes/api-server.ts';
import type { Draft, KubernetesObject } from './support/kubernetes/objects.ts';
import { configMaps, leases } from './support/kubernetes/resources.ts';

let cluster: ApiServerDouble;
beforeEach(async () => void (cluster = await startApiServer([configMaps, leases])));
afterEach(() => cluster[Symbol.asyncDispose]());

const open = (target = 'staging'): TargetStore =>
  openStore({ driver: 'kubernetes', cluster: { kubeconfig: cluster.kubeconfig } }, target);
const maps = () => cluster.objects.list(configMaps, cluster.namespace);
const named = (part: string) => maps().filter(({ metadata: { name } }) => name.includes(part));
const writesSince = (start: number) => cluster.received.slice(start).filter(({ method }) => method !== 'GET');
const run = '20260801-120000-deploy-release-abcd';
/** 3 MiB that no compression makes smaller. */
const large = () => randomBytes(1.5 * 1024 * 1024).toString('hex') + 'ä€😀';

describe('a write whose answer was lost, but which took effect,', () => {
  it('is the same line, which keeps its number', async () => {
    const { runs } = open();
    cluster.loseAnswer(/^POST .*configmaps/, 1);
    await runs.append(run, 'one');
    cluster.loseAnswer(/^PATCH .*configmaps/, 1);
    await runs.append(run, 'two');
    await runs.append(run, 'three');
    expect(await open().runs.lines(run)).toEqual(['one', 'two', 'three']);
  });

  it('is a successful swap, of the release of a lock too', async () => {
    const { lock } = open();
    cluster.loseAnswer(/^POST .*leases/, 1);
    expect(await lock.swap(0, 'a')).toBe(true);
    cluster.loseAnswer(/^PATCH .*leases/, 1);
    expect(await lock.swap(1, '')).toBe(true);
    expect(await lock.read()).toEqual({ version: 2, text: '' });
  });

  it('is one run, and one file', async () => {
    const { runs } = open();
    cluster.loseAnswer(/^POST .*configmaps/, 1);
    expect(await runs.create(run)).toEqual({ runId: run, sequence: 1 });
    cluster.loseAnswer(/^(POST|PATCH) .*configmaps/, 1);
    await runs.write(run, 'verdict.json', 'a');
    cluster.loseAnswer(/^(POST|PATCH) .*configmaps/, 1);
    await runs.write(run, 'verdict.json', 'b');
    expect(await runs.read(run, 'verdict.json')).toBe('b');
    expect(await runs.list()).toEqual([{ runId: run, sequence: 1 }]);
  });
});

describe('a request', () => {
  it('whose connection broke is sent again', async () => {
    const { runs } = open();
    cluster.breakOff(/configmaps/, 1);
    await runs.append(run, 'one');
    cluster.breakOff(/configmaps/, 1);
    expect(await runs.lines(run)).toEqual(['one']);
  });

  it('that failed in the end leaves its number to the next line', async () => {
    const { runs } = open();
    await runs.append(run, 'one');
    cluster.breakOff(/configmaps/, 4);
    await expect(runs.append(run, 'two')).rejects.toThrow('PATCH');
    await runs.append(run, 'three');
    expect(await runs.lines(run)).toEqual(['one', 'three']);
  });

  it('that is forbidden, and a server that is not there, are errors and no empty store', async () => {
    cluster.deny('list', 'configmaps');
    cluster.deny('get', 'leases');
    await expect(open().runs.lines(run)).rejects.toThrow('cannot list resource "configmaps"');
    await expect(open().lock.read()).rejects.toThrow('cannot get resource "leases"');
  });

  it('reads every page of a list', async () => {
    const { runs } = open();
    await runs.create('run-1');
    const [first] = maps() as [KubernetesObject];
    for (let sequence = 2; sequence <= 130; sequence += 1)
      cluster.objects.create(configMaps, cluster.namespace, {
        metadata: { name: `copy-${sequence}`, labels: first.metadata.labels },
        data: { runId: `run-${sequence}`, sequence: String(sequence) },
      });
    expect((await runs.list()).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 130 }, (_, at) => at + 1));
  });
});

describe('another writer', () => {
  it('of one journal is refused, in a chunk and at its end', async () => {
    const [first, second] = [open(), open()];
    await first.runs.append(run, 'one');
    await second.runs.append(run, 'two');
    await expect(first.runs.append(run, 'three')).rejects.toThrow('another command has appended line 2');
    await second.runs.append(run, 'x'.repeat(40_000));
    const third = open();
    await third.runs.append(run, 'four');
    await expect(second.runs.append(run, 'five')).rejects.toThrow('another command has appended line 4');
    expect((await open().runs.lines(run)).map((line) => line.slice(0, 4))).toEqual(['one', 'two', 'xxxx', 'four']);
  });

  it('is another tool: its objects of the same names are errors and stay as they are', async () => {
    const store = open();
    await store.lock.swap(0, 'a');
    await store.value('image x').swap(0, 'a');
    await store.runs.create(run);
    await store.runs.append(run, 'one');
    await store.runs.write(run, 'verdict.json', 'a');
    const foreign = [...maps(), ...cluster.objects.list(leases, cluster.namespace)];
    await cluster[Symbol.asyncDispose]();
    cluster = await startApiServer([configMaps, leases]);
    const placed = foreign.map(({ kind, metadata: { name } }) => {
      const resource = kind === 'Lease' ? leases : configMaps;
      const draft: Draft = { metadata: { name, labels: { app: 'other' } }, data: { text: 'theirs' } };
      return cluster.objects.create(resource, cluster.namespace, draft);
    });
    const { lock, value, runs } = open();
    const attempts = [
      () => lock.read(),
      () => lock.swap(0, 'b'),
      () => lock.swap(1, 'b'),
      () => value('image x').swap(0, 'b'),
      () => runs.create(run),
      () => runs.append(run, 'two'),
      () => runs.write(run, 'verdict.json', 'b'),
      () => runs.read(run, 'verdict.json'),
      () => runs.remove(run, 'verdict.json'),
    ];
    for (const attempt of attempts)
      await expect(attempt()).rejects.toThrow(
        /(ConfigMap|Lease) freetask\/shiproom\.staging\.\S+ exists and was not written by Shiproom/,
      );
    const now = placed.map(({ kind, metadata: { name } }) =>
      cluster.objects.find(kind === 'Lease' ? leases : configMaps, cluster.namespace, name),
    );
    expect(now).toEqual(placed);
  });
});

describe('a file', () => {
  const partsOf = (name: string) => named(name).filter(({ metadata }) => /\.\d$/.test(metadata.name));

  it('larger than an object is written in parts, replaced as a whole, and leaves none of the parts before', async () => {
    const { runs } = open();
    const [first, second] = [large(), large()];
    await runs.write(run, 'evidence.json', first);
    expect(partsOf('evidence').length).toBeGreaterThan(1);
    expect(await open().runs.read(run, 'evidence.json')).toBe(first);
    await runs.write(run, 'evidence.json', second);
    expect(await open().runs.read(run, 'evidence.json')).toBe(second);
    await runs.write(run, 'evidence.json', '{}');
    expect(await open().runs.read(run, 'evidence.json')).toBe('{}');
    expect(partsOf('evidence')).toEqual([]);
    await runs.remove(run, 'evidence.json');
    expect(maps()).toEqual([]);
  });

  it('whose writing was cut off is the one before', async () => {
    const { runs } = open();
    await runs.write(run, 'evidence.json', 'before');
    let left = 1;
    cluster.objects.listen((_, { metadata: { name } }) => {
      if (/\.\d$/.test(name) && (left -= 1) === 0) cluster.deny('create', 'configmaps');
    });
    await expect(runs.write(run, 'evidence.json', large())).rejects.toThrow('cannot create');
    expect(await open().runs.read(run, 'evidence.json')).toBe('before');
  });

  it('with a missing or an exchanged part is an error, not a shorter file', async () => {
    const { runs } = open();
    await runs.write(run, 'evidence.json', large());
    const [part] = partsOf('evidence') as [KubernetesObject];
    cluster.objects.remove(configMaps, cluster.namespace, part.metadata.name);
    await expect(runs.read(run, 'evidence.json')).rejects.toThrow(
      'evidence.json of 20260801-120000-deploy-release-abcd is damaged',
    );
  });
});

describe('a journal', () => {
  it('has lines larger than an object between others, in their order', async () => {
    const { runs } = open();
    const lines = ['one', large(), 'three', 'x'.repeat(200_000), 'five'];
    for (const line of lines) await runs.append(run, line);
    expect(await open().runs.lines(run)).toEqual(lines);
    await runs.append(run, 'six');
    expect((await open().runs.lines(run)).length).toBe(6);
  });

  it.each([
    ['first', 0, 'line 1 of'],
    ['middle', 1, 'is missing'],
  ])('whose %s chunk was removed is an error', async (_, index, message) => {
    const { runs } = open();
    for (let count = 0; count < 5; count += 1) await runs.append(run, 'x'.repeat(40_000));
    const chunk = named('.lines.')[index];
    cluster.objects.remove(configMaps, cluster.namespace, chunk?.metadata.name ?? '');
    await expect(open().runs.lines(run)).rejects.toThrow(message);
  });

  it('costs one request a line, in objects far below 1 MiB', async () => {
    const { runs } = open();
    const before = cluster.received.length;
    const line = JSON.stringify({ text: 'x'.repeat(340) });
    for (let count = 0; count < 300; count += 1) await runs.append(run, line);
    expect(writesSince(before)).toHaveLength(300);
    expect(cluster.received.length - before).toBe(301);
    const sizes = named('.lines.').map(({ data }) => JSON.stringify(data).length);
    expect(sizes.length).toBe(4);
    expect(Math.max(...sizes)).toBeLessThan(64 * 1024);
    expect(await open().runs.lines(run)).toHaveLength(300);
  });
});
