import type * as fsPromises from 'node:fs/promises';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { changedSettings, settingsByPath } from '../../src/core/driver-changes.ts';
import type { RunEvent } from '../../src/core/events.ts';
import { openStore, type TargetStore } from '../../src/journal/index.ts';
import { latestRollout } from '../../src/journal/read-rollout.ts';
import { openRunFolder, type RunFolder } from '../../src/journal/run-folder.ts';
import { blueGreenV1 } from './journal-v1.ts';
import { blueGreen } from './rollout/samples.ts';

const synced = vi.hoisted(() => [] as string[]);
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fsPromises>();
  return {
    ...real,
    open: async (path: string, ...rest: []) => {
      const handle = await real.open(path, ...rest);
      const sync = handle.sync.bind(handle);
      handle.sync = async () => {
        synced.push(path);
        await sync();
      };
      return handle;
    },
  };
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'journal-'));
  synced.length = 0;
});
const opened: TargetStore[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

const runId = '20260101-000000-deploy-release-abcd';
const shared = (target = 'staging'): TargetStore => {
  const store = openStore({ driver: 'folder', folder: join(root, 'shared') }, target);
  opened.push(store);
  return store;
};
const openRun = (checkout: string, id = runId, mask = (text: string) => text): Promise<RunFolder> =>
  openRunFolder({ reportsRoot: join(root, checkout), runId: id, mask, now: () => new Date(0), store: shared() });
const planned: RunEvent = {
  type: 'rollout-planned',
  targetKey: 'staging',
  plan: blueGreen(),
  forecast: [],
  drivers: { 'router.socket': '"/a"' },
};
const resumed = (unobservedMs: number): RunEvent => ({ type: 'rollout', event: { type: 'resumed', unobservedMs } });

describe('an event is validated by the schema of its reader before it is appended', () => {
  it.each<[string, RunEvent]>([
    ['a number that JSON cannot hold', resumed(Number.NaN)],
    ['an infinite number', resumed(Number.POSITIVE_INFINITY)],
    ['an unknown event', { type: 'rollout', event: { type: 'unknown' } } as unknown as RunEvent],
    ['a plan without its steps', { ...planned, plan: { ...blueGreen(), steps: undefined } } as unknown as RunEvent],
  ])('%s is refused, and the journal stays readable', async (_, event) => {
    await using run = await openRun('one');
    await run.record(planned);
    await expect(async () => run.record(event)).rejects.toThrow('cannot be read');
    await run.record(resumed(1));
    expect((await latestRollout(shared(), join(root, 'one')))?.record.events).toHaveLength(1);
  });

  it('what a mask does to it counts too', async () => {
    await using run = await openRun('one', runId, (text) => text.replaceAll('resumed', '‹masked›'));
    await expect(async () => run.record(resumed(1))).rejects.toThrow('cannot be read');
  });
});

it('a new journal is on disk with the folders that name it', async () => {
  await using run = await openRunFolder({
    reportsRoot: join(root, 'reports'),
    runId,
    mask: (text) => text,
    now: () => new Date(0),
  });
  expect(synced).toEqual(expect.arrayContaining([run.path, join(root, 'reports')]));
});

describe('a rollout in the store', () => {
  it('the latest one is that of the highest sequence, whatever the clocks said', async () => {
    for (const id of ['20300101-000000-deploy-release-aaaa', '20200101-000000-deploy-release-bbbb']) {
      await using run = await openRun('one', id);
      await run.record(planned);
    }
    expect((await latestRollout(shared(), join(root, 'one')))?.runId).toBe('20200101-000000-deploy-release-bbbb');
  });

  it('is resumed by another checkout, whose folder gets the journal and the evidence', async () => {
    {
      await using run = await openRun('one');
      await run.record(planned);
      await run.writeJson('evidence.json', { some: 'evidence' });
    }
    {
      await using run = await openRun('two');
      await run.record(resumed(7));
      expect(await readFile(join(run.path, 'evidence.json'), 'utf8')).toContain('"some": "evidence"');
      expect((await readFile(join(run.path, 'journal.ndjson'), 'utf8')).split('\n')).toHaveLength(3);
    }
    const found = await latestRollout(shared(), join(root, 'three'));
    expect(found).toMatchObject({ runId, concluded: false, record: { events: [{ type: 'resumed' }] } });
    expect(found?.drivers).toEqual({ 'router.socket': '"/a"' });
  });

  it('a verdict of an earlier part is removed, so that it is not taken for that of the last event', async () => {
    await using run = await openRun('one');
    await run.record(planned);
    await run.writeJson('verdict.json', {});
    expect((await latestRollout(shared(), ''))?.concluded).toBe(true);
    await run.removeReport();
    expect((await latestRollout(shared(), ''))?.concluded).toBe(false);
    expect(await readdir(run.path)).toEqual(['journal.ndjson']);
  });

  it('of a target of another name is not found', async () => {
    await using run = await openRun('one');
    await run.record(planned);
    expect(await latestRollout(shared('production'), root)).toBeUndefined();
  });

  it('that another store of a target of the same name has is not found, although its copy is in reports', async () => {
    await using run = await openRun('one');
    await run.record(planned);
    expect(
      await latestRollout(openStore({ driver: 'folder', folder: join(root, 'another') }, 'staging'), join(root, 'one')),
    ).toBeUndefined();
  });

  it('that was open before targets had a store is found, and moves into the store when it is resumed', async () => {
    const id = '20260101-000000-deploy-release-abcd';
    const store = shared('target-1');
    await mkdir(join(root, 'one', id), { recursive: true });
    const lines = blueGreenV1.map((line) => `${JSON.stringify(line)}\n`).join('');
    await writeFile(join(root, 'one', id, 'journal.ndjson'), lines);
    expect((await latestRollout(store, join(root, 'one')))?.state.phase).toBe('rolling-back');
    await using _ = await openRunFolder({
      reportsRoot: join(root, 'one'),
      runId: id,
      mask: (text) => text,
      now: () => new Date(0),
      store,
    });
    expect((await store.runs.lines(id)).length).toBe(blueGreenV1.length);
  });
});

it('an edit of the drivers is named by its path', () => {
  const before = settingsByPath({ router: { driver: 'haproxy', socket: '/a', spare: ['x'] } });
  const now = settingsByPath({ router: { driver: 'haproxy', socket: { host: 'lb', port: 1 }, spare: ['x'] } });
  expect(changedSettings(before, before)).toEqual([]);
  expect(changedSettings(before, now)).toEqual([
    'router.socket was "/a" and is not set',
    'router.socket.host was not set and is "lb"',
    'router.socket.port was not set and is 1',
  ]);
});
