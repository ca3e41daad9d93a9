import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { poolIncrease } from '../../src/core/pool.ts';
import { createRouter } from '../../src/routers/index.ts';
import { startBalanced } from './support/balanced.ts';
import { share, untilUp } from './support/pool-reading.ts';

const context = { env: { PATH: process.env['PATH'] ?? '' }, cwd: import.meta.dirname };

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

  it('without its state file the shares after a crash are read as they are, and not as they were set', async () => {
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

  it('where no instance takes users there are no shares to read, and an instance can be put in all the same', async () => {
    const { balanced, router } = await open();
    await using _ = balanced;
    const names = (await router.read()).members.map(({ name }) => name);
    for (const name of names) await router.setMember(name, 'out');
    await expect(router.read()).rejects.toThrow('sends no traffic');
    await router.setMember('blue-1', 'ready');
    expect((await router.read()).shares).toEqual({ blue: 100, green: 0 });
  });

  it('a socket without a listener is an error with its path', async () => {
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
    const elsewhere = createRouter({ ...settings, backend: 'shop' }, context);
    await expect(elsewhere.read()).rejects.toThrow('no servers of blue or green in its backend shop');
    expect((await elsewhere.checkCapabilities([100]))[0]).toContain('backend shop');
  });

  it('an instance that joins is up after a health check that ran after its join', async () => {
    const { balanced, router } = await open();
    await using _ = balanced;
    await untilUp(router);
    const isUp = async () => (await router.read()).members.find(({ name }) => name === 'blue-1')?.up;
    await router.setMember('blue-1', 'out');
    const checks = balanced.failChecks('blue-1');
    await router.setMember('blue-1', 'ready');
    expect(await isUp()).toBe(false);
    checks.allow();
    await expect.poll(isUp, { timeout: 30_000 }).toBe(true);
  });

  it('with affinity an instance that drains keeps its users, and one that is out does not; open requests are counted', async () => {
    const { balanced, router } = await open('cookie');
    await using _ = balanced;
    await untilUp(router);
    const user: { value?: string } = {};
    const [first = ''] = await balanced.ask(1, user);
    const inFlight = async () => (await router.read()).members.find(({ name }) => name === first)?.inFlight;
    await router.setMember(first, 'drain');
    expect(new Set(await balanced.ask(5, { ...user }))).toEqual(new Set([first]));
    const held = balanced.hold(user);
    await expect.poll(inFlight).toBe(1);
    await router.setMember(first, 'out');
    expect(await balanced.ask(5, { ...user })).not.toContain(first);
    expect(await inFlight()).toBe(1);
    held.release();
    expect(await held.answered).toBe('released');
    await expect.poll(inFlight).toBe(0);
  });

  it('answers of its own, which no instance gave, are counted apart', async () => {
    const { balanced, router } = await open();
    await using _ = balanced;
    await untilUp(router);
    const before = await router.read();
    await balanced.ask(4);
    for (const { name } of before.members) await router.setMember(name, 'out');
    await balanced.statuses(3);
    await router.setShares({ blue: 100, green: 0 });
    expect(poolIncrease(before, await router.read())).toMatchObject({
      colours: { blue: { requests: 4, failed: 0 } },
      front: { requests: 7, failed: 3 },
    });
    await balanced.restart();
    await untilUp(router);
    expect(poolIncrease(before, await router.read())).toEqual({
      problem: expect.stringContaining('started again') as unknown,
    });
  });

  it('which server belongs to which colour is a setting, and one with traffic that has none is refused by name', async () => {
    const { balanced, settings, router } = await open();
    await using _ = balanced;
    await router.setShares({ blue: 50, green: 50 });
    const named = createRouter({ ...settings, servers: { blue: ['blue-*'], green: ['canary'] } }, context);
    await expect(named.read()).rejects.toThrow('green-1');
    expect((await named.checkCapabilities([100]))[0]).toContain('green-1');
    const swapped = createRouter({ ...settings, servers: { blue: ['green-1'], green: ['blue-*'] } }, context);
    await swapped.setShares({ blue: 100, green: 0 });
    expect(new Set(await balanced.ask(5))).toEqual(new Set(['green-1']));
  });

  it('a state file that cannot be written is found beforehand, and reported beside a change that holds', async () => {
    const { balanced, settings } = await open();
    await using _ = balanced;
    await writeFile(balanced.stateFile, '');
    const stateFile = join(balanced.stateFile, 'below-a-file');
    const router = createRouter({ ...settings, stateFile }, context);
    expect((await router.checkCapabilities([100]))[0]).toContain(stateFile);
    const { problems } = await router.setShares({ blue: 50, green: 50 });
    expect(problems[0]).toContain(stateFile);
    expect((await router.read()).shares).toEqual({ blue: 50, green: 50 });
  });
});
