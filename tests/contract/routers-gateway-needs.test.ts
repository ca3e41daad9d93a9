import { describe, expect, it } from 'vitest';
import { endpointSlices, services } from './support/kubernetes/resources.ts';
import { managedBy, type RouteSpec, routerOf, sharesOf, startRouted, withSpec } from './support/kubernetes/routed.ts';

describe('the share of gateway-api', () => {
  it('of the same release on both sides is a problem, and never measured', async () => {
    await using routed = await startRouted({ releases: { blue: 'freetask@1.0.0', green: 'freetask@1.0.0' } });
    const change = await routerOf(routed).setShares(sharesOf(10));
    expect(change.measured).toBeUndefined();
    expect(change.problems[0]).toContain('both sides run freetask@1.0.0');
  });

  it('of pods that name no release is not measured', async () => {
    await using routed = await startRouted({ releases: { blue: 'freetask@1.0.0', green: undefined } });
    const change = await routerOf(routed).setShares(sharesOf(10));
    expect(change).toMatchObject({ problems: [], unmeasured: expect.stringContaining('no pod of green') as unknown });
  });

  it('waits for a rate limit, whose 429 is an answer of no side', async () => {
    await using routed = await startRouted();
    routed.gateway.answerBy = (count) =>
      count === 20 ? { status: 429, headers: { 'retry-after': '0.05', 'x-release': 'freetask@1.0.0' } } : undefined;
    expect((await routerOf(routed).setShares(sharesOf(10))).measured?.answers).toBe(60);
    routed.gateway.answerBy = () => ({ status: 429, headers: { 'retry-after': '60' } });
    const change = await routerOf(routed, { timeoutMs: 1000 }).setShares(sharesOf(50));
    expect(change.unmeasured).toContain('a rate limit answered 429');
  });

  it.each([
    [
      'a cache',
      { status: 200, headers: { 'x-release': 'freetask@1.0.0', age: '12' } },
      'an answer of a cache (Age: 12)',
    ],
    ['a gateway without the route', { status: 404, headers: {} }, 'status 404 without the header x-release'],
    ['a gateway without a backend', { status: 503, headers: {} }, 'status 503 without the header x-release'],
    ['a pod of neither side', { status: 200, headers: { 'x-release': 'freetask@0.9.0' } }, 'release freetask@0.9.0'],
  ])('answered by %s is an error', async (_, answer, text) => {
    await using routed = await startRouted();
    routed.gateway.answerBy = () => answer;
    await expect(routerOf(routed, { timeoutMs: 500 }).setShares(sharesOf(0))).rejects.toThrow(text);
  });

  it('answered by one side always, as by a cache without an Age, is an error that says why', async () => {
    await using routed = await startRouted();
    routed.gateway.answerBy = () => ({ status: 200, headers: { 'x-release': 'freetask@1.0.0' } });
    await expect(routerOf(routed, { timeoutMs: 500 }).setShares(sharesOf(50))).rejects.toThrow(
      'a cache or an affinity by client address',
    );
  });

  it('of pods with several ports is told by the one that the route sends to', async () => {
    await using routed = await startRouted();
    const { objects, namespace } = routed.api;
    for (const service of objects.list(services, namespace))
      objects.update(services, service, {
        ...service,
        spec: { ...service.spec, ports: [{ name: 'web', port: 80 }] },
      });
    const slices = () => objects.list(endpointSlices, namespace);
    await expect.poll(() => JSON.stringify(slices())).not.toContain('"http"');
    for (const slice of slices()) {
      const ports = [{ name: 'http', port: 1 }, ...(slice['ports'] as readonly unknown[])];
      objects.update(endpointSlices, slice, { ...slice, ports });
    }
    expect((await routerOf(routed).setShares(sharesOf(50))).measured?.answers).toBe(60);
  });

  it('of a pod that answers no more is known by what it named before', async () => {
    await using routed = await startRouted();
    const router = routerOf(routed);
    await router.setShares(sharesOf(50));
    routed.pods[2]?.stop();
    expect((await router.setShares(sharesOf(0))).measured).toMatchObject({ green: 0 });
  });

  it('that is interrupted is an error, and not measured', async () => {
    await using routed = await startRouted({ applyMs: 600_000 });
    const abort = new AbortController();
    const change = routerOf(routed).setShares(sharesOf(50), { signal: abort.signal });
    await expect.poll(() => routed.gateway.served.size).toBeGreaterThan(0);
    abort.abort();
    await expect(change).rejects.toThrow('interrupted');
  });
});

describe('what gateway-api needs', () => {
  it('is all there', async () => {
    await using routed = await startRouted();
    expect(await routerOf(routed).checkCapabilities([10, 50, 100])).toEqual([]);
    expect(routed.patches()).toEqual([]);
  });

  it('the side that is released next may have no pods yet; the one with traffic may not', async () => {
    await using routed = await startRouted();
    const router = routerOf(routed);
    const isUp = async (name: string) => (await router.read()).members.find((each) => each.name === name)?.up;
    routed.pods[2]?.setReady(false);
    await expect.poll(() => isUp('green-1')).toBe(false);
    expect(await router.checkCapabilities([10, 50, 100])).toEqual([]);
    for (const pod of routed.pods) pod.setReady(false);
    await expect.poll(() => isUp('blue-1')).toBe(false);
    expect((await router.checkCapabilities([10, 50, 100]))[0]).toContain('weight 100 and no ready endpoint');
  });

  it.each<[string, (spec: RouteSpec) => unknown, string]>([
    [
      'a backend',
      ({ rules }) => rules[0].backendRefs.pop(),
      'has no backend freetask-green (router.backends.green); it has freetask-blue',
    ],
    ['a rule', ({ rules }) => rules.pop(), 'has no rule 0'],
    [
      'a third backend',
      ({ rules }) => rules[0].backendRefs.push({ name: 'legacy', weight: 5 }),
      'legacy as well (weight 5)',
    ],
    ['another namespace', ({ rules }) => (rules[0].backendRefs[1].namespace = 'shop'), 'in namespace shop'],
    ['a backend twice', ({ rules }) => rules[0].backendRefs.push({ name: 'freetask-green', weight: 0 }), '2 times'],
    [
      'another rule',
      ({ rules }) => rules.push({ backendRefs: [{ name: 'legacy' }, { name: 'freetask-blue' }] }),
      'rule 1 of HTTPRoute freetask',
    ],
    [
      'a redirect',
      ({ rules }) => (rules[0].filters = [{ type: 'RequestRedirect', requestRedirect: {} }]),
      'redirects its requests',
    ],
    [
      'a filter that writes the header',
      ({ rules }) =>
        (rules[0].filters = [
          { type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: 'X-Release', value: 'x' }] } },
        ]),
      'writes the header x-release itself',
    ],
  ])('%s is a problem with its place', async (_, change, text) => {
    await using routed = await startRouted();
    routed.edit(withSpec(change));
    await expect.poll(async () => (await routerOf(routed).checkCapabilities([100])).join()).toContain(text);
  });

  it('weights that a controller restores are a problem, unless it is set up to leave them alone', async () => {
    await using routed = await startRouted();
    routed.edit(managedBy('argocd-controller'));
    expect((await routerOf(routed).checkCapabilities([100]))[0]).toContain('field manager argocd-controller');
    expect(await routerOf(routed, { ignoredManagers: ['argocd-controller'] }).checkCapabilities([100])).toEqual([]);
    routed.edit(managedBy('kubectl-client-side-apply'));
    expect(await routerOf(routed).checkCapabilities([100])).toEqual([]);
  });

  it('a probe without the release, and pods without it, are problems', async () => {
    await using routed = await startRouted();
    const { url } = routed.gateway;
    const other = routerOf(routed, { probe: { url, header: 'x-version' } });
    expect((await other.checkCapabilities([100])).join()).toMatch(
      /no pod of blue names its release.*without the header x-version/,
    );
    routed.gateway.answerBy = () => ({ status: 404, headers: {} });
    expect((await routerOf(routed).checkCapabilities([100]))[0]).toContain('gave status 404');
  });

  it('stages too close to be told apart, a route or a Service that is not there and a missing right are problems', async () => {
    await using routed = await startRouted();
    expect((await routerOf(routed).checkCapabilities([49, 50, 100]))[0]).toContain('49 % and 50 % are too close');
    expect((await routerOf(routed, { route: 'shop' }).checkCapabilities([100]))[0]).toContain('"shop" not found');
    routed.api.objects.remove(services, routed.api.namespace, 'freetask-green');
    expect((await routerOf(routed).checkCapabilities([100]))[0]).toContain('services "freetask-green" not found');
    routed.api.deny('list', 'endpointslices');
    expect((await routerOf(routed).checkCapabilities([100]))[0]).toContain('answered 403');
  });

  it('slices of another Service with a copied label, and a pod in two slices, are counted once', async () => {
    await using routed = await startRouted();
    const { objects, namespace } = routed.api;
    const labels = { 'kubernetes.io/service-name': 'freetask-blue' };
    const endpoints = [{ addresses: ['10.0.0.9'], targetRef: { kind: 'Pod', name: 'stale-1' } }];
    const ownerReferences = [{ kind: 'Service', name: 'shop' }];
    objects.create(endpointSlices, namespace, { metadata: { name: 'copied', labels, ownerReferences }, endpoints });
    const again = [
      { addresses: ['10.0.0.9'], conditions: { ready: false }, targetRef: { kind: 'Pod', name: 'blue-1' } },
    ];
    objects.create(endpointSlices, namespace, { metadata: { name: 'twice', labels }, ports: null, endpoints: again });
    const { members } = await routerOf(routed).read();
    expect(members.map(({ name, up }) => [name, up])).toEqual([
      ['blue-1', true],
      ['blue-2', true],
      ['green-1', true],
    ]);
  });

  it('a terminating pod takes no new users', async () => {
    await using routed = await startRouted();
    const { objects, namespace } = routed.api;
    const labels = { 'kubernetes.io/service-name': 'freetask-blue' };
    const conditions = { ready: true, serving: true, terminating: true };
    const endpoints = [{ addresses: ['10.0.0.9'], conditions, targetRef: { kind: 'Pod', name: 'blue-0' } }];
    objects.create(endpointSlices, namespace, { metadata: { name: 'old', labels }, endpoints });
    const { members } = await routerOf(routed).read();
    expect(members.find(({ name }) => name === 'blue-0')).toMatchObject({ state: 'drain', weight: 0, up: false });
  });
});
