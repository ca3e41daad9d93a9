import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type TargetStore } from '../../src/journal/index.ts';
import { lockHolder, type LockAnswer, prepareLock, type TargetLock } from '../../src/journal/lock.ts';
import { startPostgres } from './freetask/deployment.ts';
import { type ApiServerDouble, startApiServer } from './support/kubernetes/api-server.ts';
import { configMaps, leases } from './support/kubernetes/resources.ts';

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let databaseUrl: string;
let cluster: ApiServerDouble;
beforeAll(async () => {
  cluster = await startApiServer([configMaps, leases]);
  postgres = await startPostgres();
  databaseUrl = await postgres.newDatabase();
});
afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  await cluster[Symbol.asyncDispose]();
});

let folder: string;
let count = 0;
let opened: AsyncDisposable[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'));
  count += 1;
  opened = [];
});
afterEach(async () => {
  for (const each of opened.toReversed()) await each[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const drivers: readonly [string, (target: string) => TargetStore][] = [
  ['folder', (target) => openStore({ driver: 'folder', folder }, target)],
  ['postgres', (target) => openStore({ driver: 'postgres', databaseUrl, schema: `store_${count}` }, target)],
  [
    'kubernetes',
    (target) =>
      openStore(
        { driver: 'kubernetes', cluster: { kubeconfig: cluster.kubeconfig, namespace: `store-${count}` } },
        target,
      ),
  ],
];

/** A machine's clock, moved by hand; `now` is as far off as the test wants. */
const clockAt = (skewMs = 0) => {
  let ms = 1000;
  return { now: () => Date.now() + skewMs, monotonic: () => ms, advance: (byMs: number) => (ms += byMs) };
};

describe.each(drivers)('store %s', (_, open) => {
  const store = (target = 'staging'): TargetStore => {
    const own = open(target);
    opened.push(own);
    return own;
  };
  const request = (token: string, clock = clockAt(), own = store()) => ({
    store: own,
    owner: 'ada',
    reason: 'a test',
    token,
    clock,
  });
  const lockOf = (answer: LockAnswer): TargetLock => {
    if (!('lock' in answer)) throw new Error('locked by another command');
    opened.push(answer.lock);
    return answer.lock;
  };
  const acquire = async (token: string): Promise<TargetLock> => lockOf(await prepareLock(request(token))());
  const owner = (more: object) =>
    JSON.stringify({ token: 'other', owner: 'bob', host: 'elsewhere', pid: 1, reason: 'deploy', since: 0, ...more });
  const leave = async (more: object = {}) => {
    const { lock } = store();
    expect(await lock.swap((await lock.read())?.version ?? 0, owner(more))).toBe(true);
  };

  describe('values', () => {
    it('are written once for each name and target, by the first of many; none of them is the lock', async () => {
      const machines = Array.from({ length: 4 }, () => store());
      const claims = machines.map(({ value }, index) => value('image freetask@1.5.0').swap(0, `from ${index}`));
      const won = (await Promise.all(claims)).indexOf(true);
      expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
      const read = (target: string, name: string) => store(target).value(name).read();
      expect(await read('staging', 'image freetask@1.5.0')).toEqual({ version: 1, text: `from ${won}` });
      expect(await read('staging', 'image freetask@1.5.1')).toBeUndefined();
      expect(await read('production', 'image freetask@1.5.0')).toBeUndefined();
      expect(await store().lock.read()).toBeUndefined();
    });
  });

  describe('lock', () => {
    it('one command holds it, another one gets its owner, and it is free after its release', async () => {
      const lock = await acquire('one');
      await lock.hold();
      expect(await prepareLock(request('two'))()).toMatchObject({
        heldBy: { owner: 'ada', pid: process.pid, reason: 'a test' },
        isAlive: true,
      });
      await lock[Symbol.asyncDispose]();
      await (await acquire('two')).hold();
    });

    it('one of many concurrent commands gets it', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_each, index) => prepareLock(request(`t${index}`))()),
      );
      expect(answers.filter((answer) => 'lock' in answer)).toHaveLength(1);
      for (const answer of answers) if ('lock' in answer) opened.push(answer.lock);
    });

    it('belongs to its target only', async () => {
      await acquire('one');
      lockOf(await prepareLock(request('two', clockAt(), store('production')))());
    });

    it('of a dead process of this host is taken over by one of many, and the takeover names its owner', async () => {
      await leave({ host: hostname(), pid: 2 ** 22 + 1 });
      expect((await lockHolder(store()))?.dead).toContain('is gone');
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_each, index) => prepareLock(request(`t${index}`))()),
      );
      const [lock, ...more] = answers.flatMap((answer) => ('lock' in answer ? [lockOf(answer)] : []));
      expect(more).toEqual([]);
      expect(lock?.takenOverFrom).toMatchObject({
        owner: { owner: 'bob' },
        because: expect.stringContaining('is gone') as unknown,
      });
    });

    it('of a process whose id belongs to another process is taken over', async () => {
      await leave({ host: hostname(), pid: process.pid, processStart: '1' });
      expect((await lockHolder(store()))?.dead).toContain('another process has its id');
    });

    it('of another container with the same host name is not judged by the process ids of this one', async () => {
      await leave({ host: hostname(), machine: 'another', pid: 2 ** 22 + 1 });
      expect(await prepareLock(request('mine'))()).toMatchObject({ heldBy: { owner: 'bob' }, isAlive: undefined });
    });

    it.each([61_000, -61_000, 3_600_000])('is not stolen by a clock that is off by %d ms', async (skewMs) => {
      await leave({ since: Date.now() });
      const clock = clockAt(skewMs);
      const attempt = prepareLock(request('mine', clock));
      expect(await attempt()).toMatchObject({ heldBy: { owner: 'bob' }, isAlive: undefined });
      for (let beat = 0; beat < 3; beat += 1) {
        clock.advance(59_000);
        await leave();
        expect(await attempt()).toMatchObject({ heldBy: { owner: 'bob' }, isAlive: true });
      }
    });

    it('of another host is taken over once its heartbeat has not changed for a minute', async () => {
      await leave();
      const clock = clockAt();
      const attempt = prepareLock(request('mine', clock));
      await attempt();
      clock.advance(59_999);
      expect(await attempt()).toHaveProperty('heldBy');
      clock.advance(1);
      expect(lockOf(await attempt()).takenOverFrom?.because).toBe(
        'its heartbeat from elsewhere has not changed for 60 s',
      );
    });

    it('a command that lost it is refused further changes, and its release keeps the lock of the new owner', async () => {
      const lock = await acquire('one');
      await leave();
      await expect(lock.hold()).rejects.toThrow('Another command has taken the lock');
      await lock[Symbol.asyncDispose]();
      expect((await lockHolder(store()))?.owner.owner).toBe('bob');
    });

    it('a text that no command has written is not taken over', async () => {
      await store().lock.swap(0, '{"token": "x"}');
      await expect(prepareLock(request('mine'))()).rejects.toThrow('cannot be read');
    });

    it('a swap succeeds for the newest version only', async () => {
      const { lock } = store();
      expect(await lock.read()).toBeUndefined();
      expect(await lock.swap(1, 'early')).toBe(false);
      expect(await lock.swap(0, 'a')).toBe(true);
      expect(await lock.swap(0, 'b')).toBe(false);
      for (let version = 1; version < 6; version += 1) expect(await lock.swap(version, `v${version}`)).toBe(true);
      expect(await lock.swap(2, 'late')).toBe(false);
      expect(await lock.read()).toEqual({ version: 6, text: 'v5' });
    });
  });

  describe('runs', () => {
    it('are ordered by their sequence, not by the time in their names', async () => {
      await store().runs.create('20300101-000000-deploy-release-aaaa');
      await store().runs.create('20200101-000000-deploy-release-bbbb');
      expect(await store().runs.list()).toEqual([
        { runId: '20300101-000000-deploy-release-aaaa', sequence: 1 },
        { runId: '20200101-000000-deploy-release-bbbb', sequence: 2 },
      ]);
      expect(await store('production').runs.list()).toEqual([]);
    });

    it('concurrent ones get sequences of their own', async () => {
      const ids = ['a', 'b', 'c', 'd', 'e'].map((letter) => `run-${letter}`);
      await Promise.all(ids.map((runId) => store().runs.create(runId)));
      const runs = await store().runs.list();
      expect(runs.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
      expect(runs.map(({ runId }) => runId).toSorted()).toEqual(ids);
    });

    it('lines keep the order of the calls, and another machine reads them and goes on', async () => {
      const lines = Array.from({ length: 20 }, (_each, index) => JSON.stringify({ index, text: 'ä "quoted"\\n' }));
      const first = store();
      await Promise.all(lines.slice(0, 15).map((line) => first.runs.append('run', line)));
      const second = store();
      expect(await second.runs.lines('run')).toEqual(lines.slice(0, 15));
      for (const line of lines.slice(15)) await second.runs.append('run', line);
      expect(await store().runs.lines('run')).toEqual(lines);
      expect(await store().runs.lines('another')).toEqual([]);
    });

    it('files are written, replaced, read and removed', async () => {
      const { runs } = store();
      expect(await runs.read('run', 'verdict.json')).toBeUndefined();
      await runs.write('run', 'verdict.json', '{"a":1}');
      await runs.write('run', 'verdict.json', '{"a":2}');
      expect(await store().runs.read('run', 'verdict.json')).toBe('{"a":2}');
      await runs.remove('run', 'verdict.json');
      expect(await runs.read('run', 'verdict.json')).toBeUndefined();
    });
  });
});
