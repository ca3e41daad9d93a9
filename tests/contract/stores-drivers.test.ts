import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/journal/index.ts';
import { lockHolder, prepareLock } from '../../src/journal/lock.ts';
import { systemClock } from '../../src/system/clock.ts';
import { startPostgres } from './freetask/deployment.ts';

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let databaseUrl: string;
beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.newDatabase();
});
afterAll(() => postgres[Symbol.asyncDispose]());

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

describe('folder', () => {
  const open = () => {
    const store = openStore({ driver: 'folder', folder }, 'staging');
    opened.push(store);
    return store;
  };

  it('a line that a crash cut off is dropped, and the next one does not follow it', async () => {
    await open().runs.append('run', 'one');
    await appendFile(join(folder, 'run/journal.ndjson'), 'tw');
    expect(await open().runs.lines('run')).toEqual(['one']);
    await open().runs.append('run', 'three');
    expect(await open().runs.lines('run')).toEqual(['one', 'three']);
  });

  it('keeps a few versions of the lock only', async () => {
    const { lock } = open();
    for (let version = 0; version < 20; version += 1) await lock.swap(version, 'x');
    expect((await readdir(join(folder, '.targets/staging/lock'))).length).toBeLessThan(5);
  });

  it('a lock that an operator removed is written again by its owner', async () => {
    const store = open();
    const answer = await prepareLock({ store, owner: 'ada', reason: 'a test', token: 't', clock: systemClock })();
    if (!('lock' in answer)) throw new Error('locked');
    opened.push(answer.lock);
    await rm(join(folder, '.targets'), { recursive: true });
    await answer.lock.hold();
    expect((await lockHolder(store))?.owner.token).toBe('t');
  });
});

describe('postgres', () => {
  const open = () => {
    const store = openStore({ driver: 'postgres', databaseUrl, schema: `store_${count}` }, 'staging');
    opened.push(store);
    return store;
  };

  it('names its place without the password', () => {
    expect(open().place).toMatch(/^postgres:\/\/127\.0\.0\.1:\d+\/test_1, schema store_\d+$/);
  });

  it('a lost connection is opened again, and no line is lost or written twice', async () => {
    const { runs, lock } = open();
    await runs.append('run', 'one');
    await lock.swap(0, 'a');
    await postgres.administer(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'shiproom store'",
    );
    await runs.append('run', 'two');
    expect(await lock.swap(1, 'b')).toBe(true);
    expect(await runs.lines('run')).toEqual(['one', 'two']);
  });

  it('two writers of one journal: the slower one is refused', async () => {
    const [first, second] = [open(), open()];
    await first.runs.append('run', 'one');
    await second.runs.append('run', 'two');
    await expect(first.runs.append('run', 'three')).rejects.toThrow('another command has appended line 2');
    expect(await first.runs.lines('run')).toEqual(['one', 'two']);
  });

  it('two machines create the tables at once', async () => {
    await Promise.all([open(), open(), open()].map((store) => store.runs.list()));
  });

  it('an unreachable server is an error, not an empty store', async () => {
    const store = openStore(
      { driver: 'postgres', databaseUrl: 'postgres://x:y@127.0.0.1:1/z', schema: 's' },
      'staging',
    );
    await expect(store.runs.list()).rejects.toThrow('ECONNREFUSED');
    await expect(store.lock.read()).rejects.toThrow('ECONNREFUSED');
  });
});
