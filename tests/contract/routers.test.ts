import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RouterSettings } from '../../src/core/drivers.ts';
import { poolIncrease } from '../../src/core/pool.ts';
import { createRouter, type Router } from '../../src/routers/index.ts';
import { type Balanced, startBalanced } from './support/balanced.ts';
import { startOwnHaproxy } from './support/own-haproxy.ts';

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
    down = (await router.read()).members.some(({ state, up }) => state === 'ready' && !up);
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

  it('reads the shares of its configuration before any were set', async () => {
    const { shares, members } = await router.read();
    expect(shares).toEqual({ blue: 100, green: 0 });
    expect(members.map(({ name, state }) => [name, state])).toEqual([
      ['blue-1', 'ready'],
      ['blue-2', 'ready'],
      ['green-1', 'ready'],
      ['blue-surge', 'out'],
    ]);
  });

  it.each([10, 50, 100, 0])('sets %i percent on green, reads it back, and users go there', async (green) => {
    await router.setShares({ blue: 100 - green, green });
    const { shares } = await router.read();
    expect(Math.abs(shares.green - green)).toBeLessThanOrEqual(1);
    const served = share(await balanced.ask(200), 'green');
    if (green === 0 || green === 100) expect(served).toBe(green);
    else expect(Math.abs(served - green)).toBeLessThanOrEqual(3);
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

  it('a shift brings users back where every instance was taken out', async () => {
    for (const { name } of (await router.read()).members) await router.setMember(name, 'out');
    expect(new Set(await balanced.statuses(3))).toEqual(new Set([503]));
    await router.setShares({ blue: 100, green: 0 });
    await untilUp(router);
    expect((await router.read()).members.find(({ name }) => name === 'blue-surge')?.state).toBe('out');
    expect(new Set(await balanced.ask(10))).toEqual(new Set(['blue-1', 'blue-2']));
    await router.setMember('green-1', 'ready');
  });

  it('has all that a rollout in stages needs', async () => {
    expect(await router.checkCapabilities([10, 50, 100])).toEqual([]);
  });

  it('an unknown instance is an error that names the known ones', async () => {
    await expect(router.setMember('blue-9', 'drain')).rejects.toThrow('blue-1, blue-2');
  });
});

/** Accepts a connection and never answers. */
async function silentServer() {
  const server = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { host: '127.0.0.1', port, [Symbol.asyncDispose]: async () => void server.close() };
}

const hanging: readonly [string, (socket: { host: string; port: number }, timeoutMs: number) => RouterSettings][] = [
  [
    'haproxy',
    (socket, timeoutMs) => ({ driver: 'haproxy', socket, backend: 'b', spare: [], affinity: 'none', timeoutMs }),
  ],
  ['command', (_, timeoutMs) => ({ driver: 'command', read: ['sleep', '300'], set: ['sleep', '300'], timeoutMs })],
];

describe.each(hanging)('router %s that does not answer', (name, settingsFor) => {
  const command = name === 'haproxy' ? /show servers state|show stat|show info/ : /sleep 300/;

  it('is an error that names the command and its limit', async () => {
    await using silent = await silentServer();
    const router = createRouter(settingsFor({ host: silent.host, port: silent.port }, 200), context);
    await expect(router.read()).rejects.toMatchObject({
      name: 'ToolError',
      message: expect.stringMatching(command) as unknown,
    });
    await expect(router.read()).rejects.toThrow('limit of 0.2 s');
    await expect(router.setShares({ blue: 0, green: 100 })).rejects.toThrow('limit of 0.2 s');
    expect((await router.checkCapabilities([100]))[0]).toContain('limit of 0.2 s');
  });

  it('is ended by an abort', async () => {
    await using silent = await silentServer();
    const router = createRouter(settingsFor({ host: silent.host, port: silent.port }, 600_000), context);
    const abort = new AbortController();
    const call = { signal: abort.signal };
    const answers = Promise.allSettled([router.read(call), router.setShares({ blue: 0, green: 100 }, call)]);
    abort.abort();
    const interrupted = { status: 'rejected', reason: { message: expect.stringContaining('interrupted') as unknown } };
    expect(await answers).toMatchObject([interrupted, interrupted]);
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

describe('what a backend can do is found out without changing who is served', () => {
  const servers = (blue: string, green: string) => [
    `server blue-1 {address} check ${blue}`,
    `server green-1 {address} check ${green}`,
  ];
  const open = async (...lines: string[]) => {
    const haproxy = await startOwnHaproxy(lines);
    const settings = { driver: 'haproxy', backend: 'freetask', spare: [], affinity: 'none' } as const;
    return { haproxy, settings, router: createRouter({ ...settings, socket: haproxy.socket }, context) };
  };
  const servedBy = async (router: Router) =>
    (await router.read()).members.map(({ name, state, weight }) => ({ name, state, weight }));
  const staticBalance =
    /balances statically: it can only be switched 0\/100 %; balance roundrobin, or rollout.stages: \[100\]/;

  it.each([
    ['balance source', 'hash-type map-based'],
    ['balance static-rr', ''],
    ['balance first', ''],
  ])('%s %s is switched as a whole only', async (balance, hash) => {
    const { haproxy, router } = await open(balance, hash, ...servers('weight 10', 'weight 10 disabled'));
    await using _ = haproxy;
    const before = await servedBy(router);
    expect((await router.checkCapabilities([10, 100]))[0]).toMatch(staticBalance);
    expect(await router.checkCapabilities([100])).toEqual([]);
    expect(await servedBy(router)).toEqual(before);
    await router.setShares({ blue: 0, green: 100 });
    expect((await router.read()).shares).toEqual({ blue: 0, green: 100 });
  });

  it('a static backend refuses other shares, and nothing has changed then', async () => {
    const { haproxy, router } = await open('balance static-rr', ...servers('weight 7', 'weight 7'));
    await using _ = haproxy;
    await router.setShares({ blue: 100, green: 0 });
    await expect(router.setShares({ blue: 90, green: 10 })).rejects.toThrow('static');
    expect((await router.read()).shares).toEqual({ blue: 100, green: 0 });
  });

  it('a static backend cannot give traffic to a server with the configured weight 0', async () => {
    const { haproxy, router } = await open('balance static-rr', ...servers('weight 100', 'weight 0'));
    await using _ = haproxy;
    expect((await router.checkCapabilities([100]))[0]).toMatch(/green-1 has the configured weight 0/);
  });

  it.each([['balance source', 'hash-type consistent'], ['balance leastconn'], ['balance random(3)']])(
    '%s %s takes weights',
    async (...balance) => {
      const { haproxy, router } = await open(...balance, ...servers('weight 100', 'weight 0'));
      await using _ = haproxy;
      const before = await servedBy(router);
      expect(await router.checkCapabilities([10, 100])).toEqual([]);
      expect(await servedBy(router)).toEqual(before);
    },
  );

  it('a socket that may not change anything is named with what it needs', async () => {
    const { haproxy, settings } = await open('balance roundrobin', ...servers('weight 100', 'weight 0'));
    await using _ = haproxy;
    const router = createRouter({ ...settings, socket: haproxy.operatorSocket }, context);
    expect((await router.checkCapabilities([100]))[0]).toMatch(/operator\.sock.*level admin/);
  });

  it('with `fall 1` a join is down until a check has passed', async () => {
    // So many checks do not pass while the test runs.
    const line = (name: string) => `server ${name} {address} check inter 100ms fall 1 rise 9999`;
    const { haproxy, router } = await open('balance roundrobin', line('blue-1'), line('green-1'));
    await using _ = haproxy;
    await untilUp(router);
    await router.setMember('green-1', 'out');
    await router.setMember('green-1', 'ready');
    expect((await router.read()).members.map(({ up }) => up)).toEqual([true, false]);
  });
});

describe('connections that fail', () => {
  const open = async (...lines: string[]) => {
    const haproxy = await startOwnHaproxy(lines);
    const settings = { driver: 'haproxy', backend: 'freetask', spare: [], affinity: 'none' } as const;
    return { haproxy, router: createRouter({ ...settings, socket: haproxy.socket }, context) };
  };
  const servers = ['server blue-1 {address}', 'server green-1 {closed}'];

  it('are no failures of users where a retry succeeded elsewhere', async () => {
    const { haproxy, router } = await open('retries 1', 'option redispatch 1', ...servers);
    await using _ = haproxy;
    const before = await router.read();
    expect(new Set(await haproxy.statuses(6))).toEqual(new Set([200]));
    expect(poolIncrease(before, await router.read())).toMatchObject({
      members: { 'green-1': { requests: 0, failed: 0, connectErrors: 0 } },
      front: { requests: 6, failed: 0 },
    });
  });

  it('are answers 503 of HAProxy where no retry succeeds, and the member is named', async () => {
    const { haproxy, router } = await open('retries 0', ...servers);
    await using _ = haproxy;
    const before = await router.read();
    expect((await haproxy.statuses(6)).toSorted((a, b) => a - b)).toEqual([200, 200, 200, 503, 503, 503]);
    expect(poolIncrease(before, await router.read())).toMatchObject({
      members: { 'green-1': { failed: 0, connectErrors: 3 } },
      front: { requests: 6, failed: 3 },
    });
  });
});

describe('router command alone', () => {
  it('a command that is not installed is found before anything is changed', async () => {
    const read = ['echo', '{"blue":100,"green":0}'] as const;
    const router = createRouter({ driver: 'command', read: [...read], set: ['no-such-balancer'] }, context);
    expect(await router.checkCapabilities([100])).toEqual([
      expect.stringContaining('router.set: no-such-balancer') as unknown,
    ]);
  });

  it.each([
    ['all is well', 'did not print the shares'],
    ['{"blue":50,"green":10}', 'did not print the shares'],
    ['', 'did not print the shares'],
  ])('%j is no answer', async (output, message) => {
    await expect(
      createRouter({ driver: 'command', read: ['echo', output], set: ['true'] }, context).read(),
    ).rejects.toThrow(message);
  });

  it('a command that fails is an error with its exit code and output', async () => {
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
