import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RouterSettings } from '../../src/core/drivers.ts';
import { createRouter, type Router } from '../../src/routers/index.ts';
import { type Balanced, startBalanced } from './support/balanced.ts';

const context = { env: { PATH: process.env['PATH'] ?? '' }, cwd: import.meta.dirname };
const tool = join(import.meta.dirname, 'support/balancer-tool.cjs');

const drivers: readonly [string, (balanced: Balanced) => RouterSettings][] = [
  [
    'haproxy',
    ({ socket, stateFile }) => ({
      driver: 'haproxy',
      socket,
      stateFile,
      backend: 'freetask',
      spare: ['blue-surge'],
      affinity: 'none',
    }),
  ],
  [
    'command',
    ({ socket }) => ({
      driver: 'command',
      read: [process.execPath, tool, socket, 'read'],
      set: [process.execPath, tool, socket, 'set', '{blue}', '{green}'],
      member: [process.execPath, tool, socket, 'member', '{member}', '{state}'],
    }),
  ],
];

/** HAProxy's first health checks take a moment. */
async function untilUp(router: Router): Promise<void> {
  for (let down = true; down; await sleep(50)) {
    down = (await router.read()).members.some(({ name, up }) => !name.includes('surge') && !up);
  }
}

const share = (answers: readonly string[], beginning: string) =>
  (100 * answers.filter((name) => name.startsWith(beginning)).length) / answers.length;

describe.each(drivers)('router %s', (_, settingsFor) => {
  let balanced: Balanced;
  let router: Router;
  beforeAll(async () => {
    balanced = await startBalanced();
    router = createRouter(settingsFor(balanced), context);
    await untilUp(router);
  });
  afterAll(() => balanced[Symbol.asyncDispose]());

  it('reads what is true before anybody has set anything', async () => {
    const { shares, members } = await router.read();
    expect(shares).toEqual({ blue: 100, green: 0 });
    expect(members.map(({ name, state }) => [name, state])).toEqual([
      ['blue-1', 'ready'],
      ['blue-2', 'ready'],
      ['green-1', 'ready'],
      ['blue-surge', 'out'],
    ]);
  });

  it.each([10, 50, 100, 0])('sets %i %% on green, reads it back, and users go there', async (green) => {
    await router.setShares({ blue: 100 - green, green });
    const { shares } = await router.read();
    expect(Math.abs(shares.green - green)).toBeLessThanOrEqual(1);
    const seen = share(await balanced.ask(200), 'green');
    if (green === 0 || green === 100) expect(seen).toBe(green);
    else expect(Math.abs(seen - green)).toBeLessThanOrEqual(3);
  });

  it('an instance that drains or is out gets no new request, and gets them again when it is ready', async () => {
    await router.setShares({ blue: 100, green: 0 });
    for (const state of ['drain', 'out'] as const) {
      await router.setMember('blue-1', state);
      expect((await router.read()).members.find(({ name }) => name === 'blue-1')?.state).toBe(state);
      expect(new Set(await balanced.ask(20))).toEqual(new Set(['blue-2']));
      expect((await router.read()).shares).toEqual({ blue: 100, green: 0 });
    }
    await router.setMember('blue-1', 'ready');
    await expect.poll(() => balanced.ask(10)).toContain('blue-1');
  });

  it('a spare instance joins with the weight of its colour', async () => {
    await router.setMember('blue-surge', 'ready');
    await expect.poll(async () => share(await balanced.ask(60), 'blue-surge')).toBeGreaterThan(25);
    await router.setMember('blue-surge', 'out');
    expect(await balanced.ask(20)).not.toContain('blue-surge');
  });

  it('counts what each instance answered', async () => {
    const servedBy = async () => {
      const { members } = await router.read();
      return Object.fromEntries(members.map(({ name, served }) => [name, served?.requests ?? Number.NaN]));
    };
    const before = await servedBy();
    const answers = await balanced.ask(30);
    const expected = Object.entries(before).map(([name, count]) => [
      name,
      count + answers.filter((each) => each === name).length,
    ]);
    expect(await servedBy()).toEqual(Object.fromEntries(expected));
  });

  it('an instance that nobody knows is an error that names those that are known', async () => {
    await expect(router.setMember('blue-9', 'drain')).rejects.toThrow('blue-1, blue-2');
  });
});

describe('router haproxy alone', () => {
  const open = async (affinity: 'none' | 'cookie' = 'none') => {
    const balanced = await startBalanced(affinity);
    const { socket, stateFile } = balanced;
    const settings = {
      driver: 'haproxy',
      socket,
      stateFile,
      backend: 'freetask',
      spare: ['blue-surge'],
      affinity,
    } as const;
    return { balanced, settings, router: createRouter(settings, context) };
  };

  it('the shares survive a reload and a crash of HAProxy', async () => {
    const { balanced, router } = await open();
    await using _ = balanced;
    await router.setShares({ blue: 50, green: 50 });
    process.kill(balanced.haproxy().pid, 'SIGUSR2');
    await expect.poll(async () => share(await balanced.ask(40), 'green')).toBe(50);
    expect((await router.read()).shares).toEqual({ blue: 50, green: 50 });
    await balanced.restart();
    await expect.poll(() => router.read().then(({ shares }) => shares, String)).toEqual({ blue: 50, green: 50 });
  });

  it('without its state file a crash is no secret: the shares that it has are read, not the ones that were set', async () => {
    const { balanced, router } = await open();
    await using _ = balanced;
    await router.setShares({ blue: 50, green: 50 });
    await rm(balanced.stateFile);
    await balanced.restart();
    await expect.poll(() => router.read().then(({ shares }) => shares, String)).toEqual({ blue: 100, green: 0 });
  });

  it('with affinity a user keeps his colour while it has traffic, and leaves it when it has none', async () => {
    const { balanced, router } = await open('cookie');
    await using _ = balanced;
    const user: { value?: string } = {};
    const [first = ''] = await balanced.ask(1, user);
    expect(first).toMatch(/^blue/);
    await router.setShares({ blue: 10, green: 90 });
    expect(new Set(await balanced.ask(10, user))).toEqual(new Set([first]));
    await router.setShares({ blue: 0, green: 100 });
    expect(new Set(await balanced.ask(10, user))).toEqual(new Set(['green-1']));
    await router.setShares({ blue: 100, green: 0 });
    await expect.poll(() => balanced.ask(5, user)).toEqual(expect.arrayContaining([expect.stringMatching(/^blue/)]));
  });

  it.each(['early', 'late'] as const)('an answer that breaks off %s failed a user, once', async (when) => {
    const { balanced, router } = await open();
    await using _ = balanced;
    await untilUp(router);
    const before = (await router.read()).served?.blue;
    await balanced.breakOff(when);
    const after = (await router.read()).served?.blue;
    expect(after).toEqual({ requests: (before?.requests ?? 0) + 1, failed: (before?.failed ?? 0) + 1 });
  });

  it('is asked over TCP as well', async () => {
    const { balanced, settings } = await open();
    await using _ = balanced;
    await using bridge = createServer((caller) => caller.pipe(connect(balanced.socket)).pipe(caller)).listen(
      0,
      '127.0.0.1',
    );
    await once(bridge, 'listening');
    const { port } = bridge.address() as AddressInfo;
    const router = createRouter({ ...settings, socket: { host: '127.0.0.1', port } }, context);
    await untilUp(router);
    await router.setShares({ blue: 50, green: 50 });
    expect((await router.read()).shares).toEqual({ blue: 50, green: 50 });
    expect(await balanced.ask(10)).toContain('green-1');
  });

  it('where nobody takes users nobody can say who has them, and an instance can be put in all the same', async () => {
    const { balanced, router } = await open();
    await using _ = balanced;
    const everybody = (await router.read()).members.map(({ name }) => name);
    for (const name of everybody) await router.setMember(name, 'out');
    await expect(router.read()).rejects.toThrow('sends nobody anywhere');
    await router.setMember('blue-1', 'ready');
    expect((await router.read()).shares).toEqual({ blue: 100, green: 0 });
  });

  it('a socket where nobody listens is an error with its path', async () => {
    const { balanced, settings } = await open();
    await using _ = balanced;
    const router = createRouter({ ...settings, socket: '/nowhere.sock' }, context);
    await expect(router.read()).rejects.toMatchObject({
      name: 'ToolError',
      message: expect.stringContaining('/nowhere.sock') as unknown,
    });
    await expect(router.setShares({ blue: 0, green: 100 })).rejects.toMatchObject({ name: 'ToolError' });
  });

  it('a backend that is not there is an error, and not a pool without members', async () => {
    const { balanced, settings } = await open();
    await using _ = balanced;
    await expect(createRouter({ ...settings, backend: 'shop' }, context).read()).rejects.toThrow(
      'no servers blue-… or green-… in its backend shop',
    );
  });
});

describe('router command alone', () => {
  it.each([
    ['all is well', 'did not print the shares'],
    ['{"blue":50,"green":10}', 'did not print the shares'],
    ['', 'did not print the shares'],
  ])('%j is no answer', async (said, told) => {
    await expect(
      createRouter({ driver: 'command', read: ['echo', said], set: ['true'] }, context).read(),
    ).rejects.toThrow(told);
  });

  it('a command that fails is told with its exit code and its words', async () => {
    const router = createRouter(
      { driver: 'command', read: ['sh', '-c', 'echo no such pool >&2; exit 7'], set: ['false'] },
      context,
    );
    await expect(router.read()).rejects.toMatchObject({
      exitCode: 7,
      message: expect.stringContaining('no such pool') as unknown,
    });
    await expect(router.setShares({ blue: 1, green: 99 })).rejects.toMatchObject({ exitCode: 1 });
  });
});
