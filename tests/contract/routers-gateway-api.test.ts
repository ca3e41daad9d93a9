import { describe, expect, it } from 'vitest';
import { httpRoutes, services } from './support/kubernetes/resources.ts';
import { managedBy, routerOf, sharesOf, specOf, startRouted, withSpec } from './support/kubernetes/routed.ts';

describe('router gateway-api', () => {
  it('reads the shares by the weights, and the pods of both sides with their part of it', async () => {
    await using routed = await startRouted({ weights: [90, 10] });
    const { shares, members } = await routerOf(routed).read();
    expect(shares).toEqual({ blue: 90, green: 10 });
    expect(members.map(({ name, colour, weight, state, up }) => [name, colour, weight, state, up])).toEqual([
      ['blue-1', 'blue', 45, 'ready', true],
      ['blue-2', 'blue', 45, 'ready', true],
      ['green-1', 'green', 10, 'ready', true],
    ]);
  });

  it('an absent weight is 1, and weights need not sum to 100', async () => {
    await using routed = await startRouted({ weights: [undefined, 3] });
    const router = routerOf(routed);
    expect((await router.read()).shares).toEqual({ blue: 25, green: 75 });
    await router.setShares(sharesOf(10));
    expect((await router.read()).shares).toEqual(sharesOf(10));
  });

  it.each([
    [0, 10],
    [10, 50],
    [50, 100],
    [50, 0],
    [50, 12.5],
  ])('shifts from %f to %f percent: weights alone, and measured', async (before, green) => {
    await using routed = await startRouted({ weights: [1000 - 10 * before, 10 * before] });
    const { problems, measured } = await routerOf(routed).setShares(sharesOf(green));
    expect(problems).toEqual([]);
    expect(measured?.answers).toBeGreaterThanOrEqual(60);
    expect(Math.abs((measured?.green ?? 100) - green)).toBeLessThan(2);
    if (green === 0 || green === 100) expect(measured?.green).toBe(green);
    const operations = routed.patches().flat() as { op: string; path: string; value: unknown }[];
    expect(operations.filter(({ op }) => op !== 'test').map(({ path }) => path)).toEqual([
      '/spec/rules/0/backendRefs/0/weight',
      '/spec/rules/0/backendRefs/1/weight',
    ]);
    expect(operations.filter(({ op }) => op === 'test').map(({ value }) => value)).toEqual([
      'freetask-blue',
      1000 - 10 * before,
      'freetask-green',
      10 * before,
    ]);
  });

  it('is believed by what is served, and not by the status, which comes long before with a throttle', async () => {
    await using routed = await startRouted({ throttleMs: 600, statusMs: 5 });
    const router = routerOf(routed);
    await router.setShares(sharesOf(50));
    const { measured } = await router.setShares(sharesOf(0));
    expect(measured).toMatchObject({ green: 0 });
    const before = routed.gateway.served.get('green-1');
    for (let i = 0; i < 20; i += 1) await fetch(routed.gateway.url);
    expect(routed.gateway.served.get('green-1')).toBe(before);
  });

  it('the same shares once more, as after a kill before the measurement: measured again, nothing written', async () => {
    await using routed = await startRouted({ weights: [9, 1] });
    const { measured } = await routerOf(routed).setShares(sharesOf(10));
    expect(measured?.green).toBeCloseTo(10, 0);
    expect(routed.patches()).toEqual([]);
  });

  it('a side without a ready endpoint gets no traffic, and nothing is written', async () => {
    await using routed = await startRouted();
    const router = routerOf(routed);
    routed.pods[2]?.setReady(false);
    await expect.poll(async () => (await router.read()).members.at(-1)?.up).toBe(false);
    await expect(router.setShares(sharesOf(10))).rejects.toThrow('Service freetask-green has no ready endpoint');
    expect(routed.patches()).toEqual([]);
  });

  it('a change from outside between reading and writing is named, and nothing is written over it', async () => {
    await using routed = await startRouted();
    const router = routerOf(routed);
    // As an operator with kubectl would, in the moment before the patch arrives.
    routed.api.beforeNext('PATCH', /httproutes/, () =>
      routed.edit((route) =>
        managedBy('kubectl-edit')(withSpec(({ rules }) => (rules[0].backendRefs[0].weight = 60))(route)),
      ),
    );
    await expect(router.setShares(sharesOf(10))).rejects.toThrow(
      /changed from outside.*blue 60, green 0 now, changed by kubectl-edit/,
    );
    expect(specOf(routed.route()).rules[0]?.backendRefs[0]?.weight).toBe(60);
  });

  it('a controller that restores the weights is named by its field manager', async () => {
    await using routed = await startRouted({ applyMs: 200 });
    const restore = withSpec(({ rules: [{ backendRefs }] }) => {
      backendRefs[0].weight = 100;
      backendRefs[1].weight = 0;
    });
    routed.api.objects.listen(({ plural }, route) => {
      if (plural !== 'httproutes' || specOf(route).rules[0].backendRefs[1].weight === 0) return;
      setTimeout(() => routed.edit((now) => managedBy('argocd-controller')(restore(now))), 60);
    });
    await expect(routerOf(routed).setShares(sharesOf(10))).rejects.toThrow(
      /was set to 90 % blue, 10 % green, and its weights are blue 100, green 0 now: changed by argocd-controller/,
    );
  });

  it('a gateway that serves the earlier shares is an error with what was set, reported and measured', async () => {
    await using routed = await startRouted({ applyMs: 600_000 });
    await expect(routerOf(routed, { timeoutMs: 700 }).setShares(sharesOf(10))).rejects.toThrow(
      /set to 90 % blue, 10 % green and accepted at generation 2, but .* 0 of 60 answers came from green, and 10 % was set/,
    );
  });

  it('a dead controller is seen by the generation that it has not reported', async () => {
    await using routed = await startRouted();
    routed.gateway.dead = true;
    const router = routerOf(routed, { timeoutMs: 300 });
    await expect(router.setShares(sharesOf(10))).rejects.toThrow(
      'not in effect after 300 ms: Gateway gw (traefik.io/gateway-controller): condition Accepted is at generation 1, the route is at 2',
    );
    await expect(router.read()).rejects.toThrow('condition Accepted is at generation 1');
  });

  it('the status of another controller that lags for ever is no obstacle; a parent that nobody reports is', async () => {
    await using routed = await startRouted();
    const { objects, namespace } = routed.api;
    const stale = {
      parentRef: { name: 'gw' },
      controllerName: 'example.org/removed',
      conditions: [{ type: 'Accepted', status: 'False', reason: 'Pending', observedGeneration: 0 }],
    };
    const parents = routed.route().status?.['parents'] as unknown[];
    objects.setStatus(httpRoutes, namespace, 'freetask', { parents: [stale, ...parents] });
    const router = routerOf(routed, { timeoutMs: 2000 });
    expect((await router.read()).shares).toEqual(sharesOf(0));
    routed.edit(withSpec((spec) => spec.parentRefs.push({ name: 'internal' })));
    await expect(router.read()).rejects.toThrow('no controller has reported a status for Gateway internal');
  });

  it('no status at all, and a backend that is not found, are errors with the reason', async () => {
    await using routed = await startRouted();
    const { objects, namespace } = routed.api;
    objects.remove(services, namespace, 'freetask-green');
    routed.edit(withSpec(({ rules }) => (rules[0].backendRefs[0].weight = 99)));
    await expect
      .poll(() => routerOf(routed).read().then(String, String))
      .toContain('ResolvedRefs is False, BackendNotFound');
    routed.gateway.dead = true;
    objects.setStatus(httpRoutes, namespace, 'freetask', {});
    await expect(routerOf(routed).read()).rejects.toThrow('no controller has reported a status');
  });
});
