import { describe, expect, it } from 'vitest';
import { endpointSlices, services } from './support/kubernetes/resources.ts';
import { selectorRouterOf, startSwitched } from './support/kubernetes/switched.ts';

const onBlue = { blue: 100, green: 0 };
const onGreen = { blue: 0, green: 100 };

describe('router service-selector', () => {
  it('reads the selected colour, and the pods of both with what they get', async () => {
    await using switched = await startSwitched();
    const { shares, members } = await selectorRouterOf(switched).read();
    expect(shares).toEqual(onBlue);
    expect(members.map(({ name, colour, weight, up }) => [name, colour, weight, up])).toEqual([
      ['blue-1', 'blue', 50, true],
      ['blue-2', 'blue', 50, true],
      ['green-1', 'green', 0, true],
    ]);
  });

  it('switches, measured, and back: the label alone is written, and tested before', async () => {
    await using switched = await startSwitched();
    const router = selectorRouterOf(switched);
    expect(await router.setShares(onGreen)).toMatchObject({ problems: [], measured: { green: 100, answers: 60 } });
    expect((await router.read()).shares).toEqual(onGreen);
    expect(switched.selector()).toEqual({ app: 'freetask', colour: 'green' });
    expect(switched.api.received.find(({ method }) => method === 'PATCH')?.body).toEqual([
      { op: 'test', path: '/spec/selector/colour', value: 'blue' },
      { op: 'replace', path: '/spec/selector/colour', value: 'green' },
    ]);
    expect(await router.setShares(onBlue)).toMatchObject({ measured: { green: 0 } });
  });

  it('the colour that is selected already, as after a kill: measured again, nothing written', async () => {
    await using switched = await startSwitched();
    expect(await selectorRouterOf(switched).setShares(onBlue)).toMatchObject({ measured: { green: 0 } });
    expect(switched.api.received.filter(({ method }) => method === 'PATCH')).toEqual([]);
  });

  it('shares in between are refused, and named before the rollout', async () => {
    await using switched = await startSwitched();
    const router = selectorRouterOf(switched);
    await expect(router.setShares({ blue: 90, green: 10 })).rejects.toMatchObject({ name: 'UserError' });
    expect((await router.checkCapabilities([10, 50, 100]))[0]).toContain('rollout.stages: [100]');
    expect(await router.checkCapabilities([100])).toEqual([]);
  });

  it('a colour without a ready pod gets no traffic, and nothing is written', async () => {
    await using switched = await startSwitched();
    switched.pods[2]?.setReady(false);
    await expect(selectorRouterOf(switched).setShares(onGreen)).rejects.toThrow('No pod of green is ready');
    expect(switched.selector()).toMatchObject({ colour: 'blue' });
  });

  it('EndpointSlices that keep the earlier pods are an error', async () => {
    await using switched = await startSwitched({ delayMs: 25 });
    const { objects, namespace } = switched.api;
    const labels = { 'kubernetes.io/service-name': 'freetask' };
    const endpoints = [{ addresses: ['10.0.0.9'], targetRef: { kind: 'Pod', name: 'blue-9' } }];
    objects.create(endpointSlices, namespace, { metadata: { name: 'by-hand', labels }, endpoints });
    await expect(selectorRouterOf(switched, { timeoutMs: 300 }).setShares(onGreen)).rejects.toThrow(
      'its EndpointSlices still have blue-9, which is not of green',
    );
  });

  it('users who still get the earlier colour are an error', async () => {
    await using switched = await startSwitched();
    switched.answerBy = () => ({ status: 200, headers: { 'x-release': 'freetask@1.0.0' } });
    await expect(selectorRouterOf(switched, { timeoutMs: 500 }).setShares(onGreen)).rejects.toThrow(
      /selects green, and its EndpointSlices too, but .*0 of \d+ answers came from green/,
    );
  });

  it('the same release on both sides is a problem, and never measured', async () => {
    await using switched = await startSwitched({ releases: { blue: 'freetask@1.0.0', green: 'freetask@1.0.0' } });
    const change = await selectorRouterOf(switched).setShares(onGreen);
    expect(change.measured).toBeUndefined();
    expect(change.problems[0]).toContain('both sides run freetask@1.0.0');
  });

  it('a change from outside between reading and writing is named', async () => {
    await using switched = await startSwitched();
    const { api } = switched;
    const select = (colour: string) => () => {
      const service = api.objects.get(services, api.namespace, 'freetask');
      api.objects.update(services, service, { ...service, spec: { ...service.spec, selector: { colour } } });
    };
    api.beforeNext('PATCH', /services/, select('maintenance'));
    await expect(selectorRouterOf(switched).setShares(onGreen)).rejects.toThrow(
      'changed from outside while its selector was to be set: colour is maintenance now',
    );
    await expect(selectorRouterOf(switched).read()).rejects.toThrow('selects colour=maintenance, and not colour=blue');
  });

  it('without a selector it is read alone: one side, whose pods are those of the Service', async () => {
    await using switched = await startSwitched();
    const router = selectorRouterOf(switched, { selector: undefined });
    const { shares, members } = await router.read();
    expect(shares).toEqual(onBlue);
    expect(members.map(({ name, colour }) => [name, colour])).toEqual([
      ['blue-1', 'blue'],
      ['blue-2', 'blue'],
    ]);
    expect(await router.checkCapabilities([50, 100])).toEqual([]);
    expect(await router.setShares(onBlue)).toEqual({ problems: [] });
    await expect(router.setShares(onGreen)).rejects.toThrow('has one side');
    await expect(router.setMember('blue-1', 'drain')).rejects.toMatchObject({ name: 'UserError' });
    for (const pod of switched.pods) pod.setReady(false);
    await expect.poll(async () => (await router.checkCapabilities([100])).join()).toContain('no ready endpoint');
  });
});
