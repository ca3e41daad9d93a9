import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockHolder, acquireLock } from '../../src/journal/lock.ts';

let reportsRoot: string;
let file: string;
beforeEach(async () => {
  reportsRoot = await mkdtemp(join(tmpdir(), 'lock-'));
  file = join(reportsRoot, '.targets/sandbox-1/lock.json');
});
afterEach(() => rm(reportsRoot, { recursive: true }));

const ask = (token: string) =>
  acquireLock({ reportsRoot, targetKey: 'sandbox-1', owner: 'ada', reason: 'a test', token, now: () => Date.now() });
const dead = {
  token: 'dead',
  owner: 'bob',
  host: hostname(),
  pid: 2 ** 22 + 1,
  reason: 'deploy',
  since: 0,
  heartbeat: 0,
};
const leave = async (owner: object) => {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, JSON.stringify(owner));
};

it('one command holds it, another gets its owner, and it is free after its release', async () => {
  const first = await ask('one');
  if (!('lock' in first)) throw new Error('taken');
  expect(await ask('two')).toMatchObject({ heldBy: { owner: 'ada', pid: process.pid, reason: 'a test' } });
  await first.lock.hold();
  await first.lock[Symbol.asyncDispose]();
  expect(await readdir(join(file, '..'))).toEqual([]);
});

it('one of many concurrent commands gets it', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => ask(`t${index}`)));
  expect(answers.filter((answer) => 'lock' in answer)).toHaveLength(1);
});

it('a dead owner’s lock is taken over by one of many, and the takeover names the owner', async () => {
  await leave(dead);
  const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => ask(`t${index}`)));
  const [taken, ...more] = answers.flatMap((answer) => ('lock' in answer ? [answer.lock] : []));
  expect(more).toEqual([]);
  expect(taken?.takenOverFrom).toMatchObject({
    owner: { owner: 'bob' },
    because: expect.stringContaining('is gone') as unknown,
  });
});

it('an owner whose process id now belongs to another process is dead', async () => {
  await leave({ ...dead, pid: process.pid, processStart: '1' });
  expect((await lockHolder(reportsRoot, 'sandbox-1', Date.now()))?.dead).toContain('another process has its id');
});

it('an owner on another host is dead without a heartbeat for a minute', async () => {
  await leave({ ...dead, host: 'elsewhere', heartbeat: Date.now() - 5000 });
  expect(await ask('mine')).toHaveProperty('heldBy');
  await leave({ ...dead, host: 'elsewhere', heartbeat: Date.now() - 120_000 });
  expect(await ask('mine')).toHaveProperty('lock');
});

it('a command that lost it is refused further changes, and its release keeps the new owner’s lock', async () => {
  const first = await ask('one');
  if (!('lock' in first)) throw new Error('taken');
  await leave({ ...dead, token: 'another' });
  await expect(first.lock.hold()).rejects.toThrow('Another command has taken the lock');
  await first.lock[Symbol.asyncDispose]();
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ token: 'another' });
});

it('a lock that cannot be read is not taken over', async () => {
  await leave({ token: 'x' });
  await expect(ask('mine')).rejects.toThrow('cannot be read');
});
