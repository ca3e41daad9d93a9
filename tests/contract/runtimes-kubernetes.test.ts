import { expect, it } from 'vitest';
import { annotation, deploymentDraft, imageOf, openDeployed } from './support/kubernetes/deployed.ts';
import { pods } from './support/kubernetes/resources.ts';

const release = 'freetask@1.5.0';
const previous = 'freetask@1.4.0';
const template = (found: { spec?: Readonly<Record<string, unknown>> }) =>
  found.spec?.['template'] as {
    metadata: { annotations: Record<string, string> };
    spec: { containers: { image: string }[] };
  };

it('reads one place for each pod, with its address, its release and the image that runs', async () => {
  await using cluster = await openDeployed();
  const places = await cluster.runtime.read();
  expect(places.map(({ colour, release: each, running }) => [colour, each, running])).toEqual([
    ['blue', previous, true],
    ['blue', previous, true],
    ['green', previous, true],
    ['green', previous, true],
  ]);
  expect(places[0]?.address).toMatch(/^http:\/\/127\.0\.0\.\d+:8080$/);
  expect(places[0]?.image).toMatchObject({ name: imageOf('1.4.0'), id: `sha256:${'a'.repeat(64)}` });
});

it('replaces all pods of a colour, leaves the other colour alone, and reports how the previous pods ended', async () => {
  await using cluster = await openDeployed();
  const replaced = await cluster.sides.replace('green', release);
  expect(replaced).toMatchObject({ summary: `api-green: 2 of 2 pods run ${release}`, problems: [] });
  expect(replaced.endings.map(({ exitCode, killed }) => [exitCode, killed])).toEqual([
    [0, false],
    [0, false],
  ]);
  const places = await cluster.runtime.read();
  const green = places.filter(({ colour }) => colour === 'green');
  expect(green.map(({ name }) => name)).toEqual(replaced.instances);
  expect(green.every((place) => place.running && !place.terminating && place.release === release)).toBe(true);
  expect(places.filter(({ colour }) => colour === 'blue').every((place) => place.release === previous)).toBe(true);
  expect(template(cluster.deployment('api-green'))).toMatchObject({
    metadata: { annotations: { [annotation]: release } },
    spec: { containers: [{ image: imageOf('1.5.0') }] },
  });
});

it('writes nothing where the pods run the release already', async () => {
  await using cluster = await openDeployed();
  const { summary, endings } = await cluster.sides.replace('green', previous);
  expect({ summary, endings, patches: cluster.patches() }).toEqual({
    summary: `api-green: 2 of 2 pods run ${previous} already`,
    endings: [],
    patches: 0,
  });
});

it('gives a colour without pods as many as the other one has', async () => {
  await using cluster = await openDeployed({
    drafts: [deploymentDraft('api-blue', { replicas: 3 }), deploymentDraft('api-green', { replicas: 0 })],
  });
  const { instances } = await cluster.sides.replace('green', release);
  expect(instances).toHaveLength(3);
});

it('a single Deployment that is scaled to 0 is an error, although Kubernetes is done with it at once', async () => {
  await using cluster = await openDeployed({ drafts: [deploymentDraft('api', { replicas: 0 })] });
  await expect(cluster.sides.replace('blue', release)).rejects.toThrow(/api is scaled to 0 replicas: no pod would run/);
  expect(cluster.patches()).toBe(0);
});

it('replaces the first pods alone, says how many of how many, and continues with the others', async () => {
  await using cluster = await openDeployed({ drafts: [deploymentDraft('api', { replicas: 4 })] });
  expect(await cluster.sides.sizes('blue')).toEqual({ first: 1, serving: 4 });
  const first = await cluster.sides.replaceFirst('blue', release);
  expect(first.summary).toBe(`api: 1 of 5 pods run ${release}, paused with 4 replicas`);
  expect(cluster.deployment('api').spec).toMatchObject({ paused: true });
  const written = cluster.patches();
  expect(await cluster.sides.replaceFirst('blue', release)).toMatchObject({ instances: first.instances });
  expect(cluster.patches()).toBe(written);
  expect(await cluster.sides.sizes('blue')).toEqual({ first: 1, serving: 4 });
  const all = await cluster.sides.replace('blue', release);
  expect(all.summary).toBe(`api: 4 of 4 pods run ${release}`);
  expect(all.instances).toEqual(expect.arrayContaining([...first.instances]));
  expect(all.endings).toHaveLength(4);
});

it('restores the previous release from its ReplicaSet in one write, and no new pod is left (4.2.1)', async () => {
  await using cluster = await openDeployed({ drafts: [deploymentDraft('api', { replicas: 3 })] });
  const before = template(cluster.deployment('api'));
  const first = await cluster.sides.replaceFirst('blue', release);
  expect(await cluster.sides.restorable('blue')).toEqual([previous]);
  const written = cluster.patches();
  const restored = await cluster.sides.restore('blue', previous);
  expect(restored.summary).toBe(`api: 3 of 3 pods run ${previous}`);
  expect(restored.endings).toMatchObject([{ name: first.instances[0], exitCode: 0 }]);
  expect(cluster.patches()).toBe(written + 1);
  expect(template(cluster.deployment('api'))).toEqual(before);
  expect(cluster.deployment('api').spec).toMatchObject({ paused: false });
  expect(await cluster.sides.restore('blue', previous)).toMatchObject({ endings: [] });
  expect(cluster.patches()).toBe(written + 1);
  expect(await cluster.sides.restorable('blue')).toEqual([release]);
});

it('restores a release whose replacement has crashed or passed its deadline', async () => {
  await using cluster = await openDeployed({
    drafts: [deploymentDraft('api')],
    behaviours: { '1.5.0': { does: 'stay-unready' } },
    deadlineSteps: 10,
  });
  await expect(cluster.sides.replace('blue', release)).rejects.toThrow('ProgressDeadlineExceeded');
  expect(await cluster.sides.restore('blue', previous)).toMatchObject({ summary: `api: 2 of 2 pods run ${previous}` });
});

it('a release of which nothing is kept cannot be restored, and what is kept is named', async () => {
  await using cluster = await openDeployed();
  await cluster.sides.replace('green', release);
  await expect(cluster.sides.restore('green', 'freetask@1.3.0')).rejects.toMatchObject({
    name: 'UserError',
    message: 'Deployment api-green keeps no ReplicaSet of freetask@1.3.0; it keeps freetask@1.4.0.',
  });
});

it('pods of another owner with the same labels and evicted pods are no places; a terminating one is no capacity', async () => {
  await using cluster = await openDeployed();
  const { objects, namespace } = cluster.api;
  const [pod, second] = cluster.pods().filter(({ metadata }) => metadata.name.startsWith('api-blue'));
  if (!pod || !second) throw new Error('no pods');
  const { ownerReferences, ...metadata } = pod.metadata;
  // More than one page of them.
  for (let extra = 0; extra < 501; extra += 1)
    objects.create(pods, namespace, { ...pod, metadata: { ...metadata, name: `a-foreign-${extra}` } });
  objects.create(pods, namespace, { ...pod, metadata: { ...metadata, ownerReferences, name: 'a-last-one' } });
  objects.create(pods, namespace, {
    ...pod,
    metadata: { ...metadata, ownerReferences, name: 'an-evicted-one' },
    status: { phase: 'Failed', reason: 'Evicted' },
  });
  objects.update(pods, second, {
    ...second,
    metadata: { ...second.metadata, deletionTimestamp: '2999-01-01T00:00:00Z' },
  });
  const places = (await cluster.runtime.read()).filter(({ colour }) => colour === 'blue');
  expect(places.map(({ name, terminating = false }) => [name, terminating])).toEqual(
    expect.arrayContaining([
      [pod.metadata.name, false],
      [second.metadata.name, true],
      ['a-last-one', false],
    ]),
  );
  expect(places.some(({ name }) => name.startsWith('a-foreign') || name === 'an-evicted-one')).toBe(false);
});

it('a pod that is killed and one that does not handle SIGTERM are reported (2.R4)', async () => {
  await using cluster = await openDeployed({
    behaviours: { '1.4.0': { does: 'serve', exitCode: 137 }, '1.5.0': { does: 'serve', exitCode: 143 } },
  });
  const killed = await cluster.sides.replace('green', release);
  expect(killed.endings).toMatchObject([{ killed: true }, { killed: true }]);
  expect(killed.problems[0]).toMatch(/did not end within its grace and was killed/);
  const unhandled = await cluster.sides.replace('green', 'freetask@1.6.0');
  expect(unhandled.problems[0]).toMatch(/exit code 143: its process does not handle SIGTERM/);
});

it('single pods are neither started nor stopped by us', async () => {
  await using cluster = await openDeployed();
  await expect(cluster.runtime.start('api-blue-1', release)).rejects.toMatchObject({ name: 'UserError' });
  await expect(cluster.runtime.stop('api-blue-1', 1000)).rejects.toMatchObject({ name: 'UserError' });
});
