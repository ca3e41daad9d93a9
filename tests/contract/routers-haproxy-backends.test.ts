import { describe, expect, it } from 'vitest';
import { poolIncrease } from '../../src/core/pool.ts';
import { createRouter, type Router } from '../../src/routers/index.ts';
import { startOwnHaproxy } from './support/own-haproxy.ts';
import { untilUp } from './support/pool-reading.ts';

const context = { env: { PATH: process.env['PATH'] ?? '' }, cwd: import.meta.dirname };

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
