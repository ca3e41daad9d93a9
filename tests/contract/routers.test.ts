import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RouterSettings } from '../../src/core/drivers.ts';
import { createRouter, type Router } from '../../src/routers/index.ts';
import { type Balanced, startBalanced } from './support/balanced.ts';
import { kubeconfigOf } from './support/kubernetes/kubeconfig.ts';
import { share, untilUp } from './support/pool-reading.ts';

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

const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
afterAll(() => rmSync(folder, { recursive: true }));

function kubeconfigAt({ host, port }: { readonly host: string; readonly port: number }): string {
  const path = join(folder, String(port));
  const content = kubeconfigOf(`http://${host}:${port}`, { token: 'a-token', namespace: 'freetask' });
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const hanging: readonly [string, (socket: { host: string; port: number }, timeoutMs: number) => RouterSettings][] = [
  [
    'haproxy',
    (socket, timeoutMs) => ({ driver: 'haproxy', socket, backend: 'b', spare: [], affinity: 'none', timeoutMs }),
  ],
  ['command', (_, timeoutMs) => ({ driver: 'command', read: ['sleep', '300'], set: ['sleep', '300'], timeoutMs })],
  [
    'gateway-api',
    (socket, timeoutMs) => ({
      driver: 'gateway-api',
      cluster: { kubeconfig: kubeconfigAt(socket), timeoutMs },
      route: 'freetask',
      rule: 0,
      backends: { blue: 'freetask-blue', green: 'freetask-green' },
      probe: { url: 'http://127.0.0.1:1/healthz', header: 'x-release' },
    }),
  ],
  [
    'service-selector',
    (socket, timeoutMs) => ({
      driver: 'service-selector',
      cluster: { kubeconfig: kubeconfigAt(socket), timeoutMs },
      service: 'freetask',
      selector: { label: 'colour', blue: 'blue', green: 'green' },
      probe: { url: 'http://127.0.0.1:1/healthz', header: 'x-release' },
    }),
  ],
];

const commands: Readonly<Record<string, RegExp>> = {
  haproxy: /show servers state|show stat|show info/,
  command: /sleep 300/,
};

describe.each(hanging)('router %s that does not answer', (name, settingsFor) => {
  const command = commands[name] ?? /GET http.*freetask/;

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
