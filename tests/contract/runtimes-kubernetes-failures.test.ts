import { describe, expect, it } from 'vitest';
import { annotation, deploymentDraft, imageOf, openDeployed } from './support/kubernetes/deployed.ts';
import type { Draft, Fields } from './support/kubernetes/objects.ts';
import { deployments } from './support/kubernetes/resources.ts';

const release = 'freetask@1.5.0';
const previous = 'freetask@1.4.0';

type Template = { readonly metadata: Fields; readonly spec: { readonly containers: readonly Fields[] } };

/** The spec with another image in its only container. */
const withImage = (spec: Fields, image: string): Fields => {
  const template = spec['template'] as Template;
  const containers = template.spec.containers.map((container) => ({ ...container, image }));
  return { ...spec, template: { ...template, spec: { ...template.spec, containers } } };
};

describe('a pod that cannot start ends the step at once, with the reason of its container', () => {
  it('a crash loop: exit code and last lines of its output', async () => {
    await using cluster = await openDeployed({ behaviours: { '1.5.0': { does: 'crash', exitCode: 3 } } });
    cluster.api.answer('pods/log', ({ url }) =>
      Promise.resolve({
        text: url.searchParams.get('previous') === 'true' ? 'starting\nno such thing as a database\n' : '',
      }),
    );
    await expect(cluster.sides.replace('green', release)).rejects.toMatchObject({
      name: 'ToolError',
      exitCode: 3,
      message: expect.stringMatching(
        /^Deployment api-green: pod api-green-\S+, container api: CrashLoopBackOff: back-off 10s .*exit code 3\nstarting\nno such thing as a database$/,
      ) as unknown,
    });
    const crashed = cluster.pods().find(({ status }) => JSON.stringify(status).includes('CrashLoopBackOff'));
    const ending = await cluster.runtime.lastEnding(crashed?.metadata.name ?? '');
    expect(ending).toBe('api ended with exit code 3: starting\nno such thing as a database');
    const [serving] = cluster.pods();
    expect(await cluster.runtime.lastEnding(serving?.metadata.name ?? '')).toBeUndefined();
    expect(await cluster.runtime.lastEnding('no-such-pod')).toBeUndefined();
  });

  const waits: readonly [reason: string, message: string][] = [
    ['ErrImagePull', 'failed to pull image "registry.example/freetask:1.5.0": not found'],
    ['ImagePullBackOff', 'Back-off pulling image "registry.example/freetask:1.5.0"'],
    ['ErrImageNeverPull', 'Container image "registry.example/freetask:1.5.0" is not present with pull policy of Never'],
    ['CreateContainerConfigError', 'secret "freetask" not found'],
  ];
  it.each(waits)('%s: its message', async (reason, message) => {
    await using cluster = await openDeployed({ behaviours: { '1.5.0': { does: 'wait', reason, message } } });
    await expect(cluster.sides.replace('green', release)).rejects.toThrow(`container api: ${reason}: ${message}`);
  });

  it('an init container that crashes is named', async () => {
    await using cluster = await openDeployed({ behaviours: { '1.5.0': { does: 'crash-init', exitCode: 2 } } });
    await expect(cluster.sides.replaceFirst('green', release)).rejects.toThrow(
      /container migrate: CrashLoopBackOff: .*exit code 2/,
    );
  });

  it('a pod that no node takes, once an autoscaler has had its time', async () => {
    await using cluster = await openDeployed({
      behaviours: { '1.5.0': { does: 'find-no-node' } },
      unschedulableMs: 20,
    });
    await expect(cluster.sides.replace('green', release)).rejects.toThrow(
      'Unschedulable: 0/1 nodes are available: 1 Insufficient cpu.',
    );
  });

  it('a quota that refuses the surge pod', async () => {
    await using cluster = await openDeployed({ drafts: [deploymentDraft('api')], mostPods: 2 });
    await expect(cluster.sides.replace('blue', release)).rejects.toThrow(
      /pods cannot be created: FailedCreate: .*exceeded quota: team/,
    );
  });

  it('pods of the previous release that crash are not those of the release', async () => {
    await using cluster = await openDeployed({ behaviours: { '1.4.0': { does: 'crash', exitCode: 1 } } });
    expect(await cluster.sides.replace('green', release)).toMatchObject({
      summary: `api-green: 2 of 2 pods run ${release}`,
    });
  });
});

it('pods that never become ready end the step at its limit, with what they wait for', async () => {
  await using cluster = await openDeployed({
    behaviours: { '1.5.0': { does: 'stay-unready' } },
    settings: { timeoutMs: 300 },
  });
  await expect(cluster.sides.replace('green', release)).rejects.toThrow(
    /limit of 0.3 s was over while it waited for .* pods to be updated; api-green-\S+: ContainersNotReady: containers with unready status: \[api\]/,
  );
});

describe('another writer', () => {
  it('who has paused the Deployment is named, and nothing is written', async () => {
    await using cluster = await openDeployed();
    cluster.edit('api-green', (spec) => ({ ...spec, paused: true }), 'kubectl-rollout');
    const message = /api-green is paused by kubectl-rollout: .*kubectl rollout resume deployment\/api-green/;
    await expect(cluster.sides.replace('green', release)).rejects.toThrow(message);
    await expect(cluster.sides.restore('green', previous)).rejects.toThrow(message);
    expect(await cluster.sides.check('blue-green')).toEqual([expect.stringMatching(/paused by kubectl-rollout/)]);
    expect(cluster.patches()).toBe(0);
  });

  it('who reverts the template while pods are replaced ends the step', async () => {
    await using cluster = await openDeployed();
    let reverts = 1;
    cluster.api.objects.listen((_, object) => {
      const isNew = JSON.stringify(object.spec?.['template'] ?? '').includes(imageOf('1.5.0'));
      if (object.kind !== 'Deployment' || !isNew || reverts === 0) return;
      reverts -= 1;
      setTimeout(() => cluster.edit('api-green', (spec) => withImage(spec, imageOf('1.4.0'))), 30);
    });
    await expect(cluster.sides.replace('green', release)).rejects.toThrow(
      /api-green was changed by argocd-controller at the same time; its template has image registry.example\/freetask:1.4.0/,
    );
  });

  it('who pauses or resumes it while pods are replaced ends the step', async () => {
    await using cluster = await openDeployed({ behaviours: { '1.5.0': { does: 'stay-unready' } } });
    const replaced = cluster.sides.replaceFirst('green', release);
    await expect.poll(() => cluster.deployment('api-green').spec?.['paused']).toBe(true);
    cluster.edit('api-green', (spec) => ({ ...spec, paused: false }), 'kubectl-rollout');
    await expect(replaced).rejects.toThrow('api-green was resumed by kubectl-rollout');
  });

  it('a webhook that gives the pods another image is found out', async () => {
    const mutatePod = (pod: Draft): Draft =>
      JSON.stringify(pod.spec).includes(imageOf('1.5.0'))
        ? { ...pod, spec: { containers: [{ name: 'api', image: imageOf('1.4.9') }] } }
        : pod;
    await using cluster = await openDeployed({ mutatePod });
    await expect(cluster.sides.replace('green', release)).rejects.toThrow(
      /has the image registry.example\/freetask:1.4.9 and not that of freetask@1.5.0: a mutating webhook/,
    );
  });

  it('a webhook that puts a sidecar before the container and adds the digest disturbs nothing', async () => {
    const mutatePod = (pod: Draft): Draft => {
      const { containers } = pod.spec as { containers: { image: string }[] };
      const own = containers.map((each) => ({
        ...each,
        image: `mirror.example/${each.image}@sha256:${'b'.repeat(64)}`,
      }));
      return {
        ...pod,
        spec: { ...pod.spec, containers: [{ name: 'istio-proxy', image: 'istio/proxyv2:1.27' }, ...own] },
      };
    };
    await using cluster = await openDeployed({ mutatePod });
    const { instances } = await cluster.sides.replace('green', release);
    const places = await cluster.runtime.read();
    expect(places.filter(({ name }) => instances.includes(name)).map((place) => place.release)).toEqual([
      release,
      release,
    ]);
  });
});

describe('the API server', () => {
  it('that breaks off reads while pods are replaced is asked again', async () => {
    await using cluster = await openDeployed();
    cluster.api.breakOff(/replicasets/, 3);
    expect((await cluster.sides.replace('green', release)).instances).toHaveLength(2);
  });

  it('that breaks off the write is read back, and written to once', async () => {
    await using cluster = await openDeployed();
    cluster.api.breakOff(/fieldManager/, 1);
    expect((await cluster.sides.replace('green', release)).instances).toHaveLength(2);
    expect(cluster.patches()).toBe(1);
  });

  it('that refuses a right is an error at once', async () => {
    await using cluster = await openDeployed();
    cluster.api.deny('patch', 'deployments');
    await expect(cluster.sides.replace('green', release)).rejects.toMatchObject({ status: 403 });
    cluster.api.deny('list', 'pods');
    await expect(cluster.runtime.read()).rejects.toMatchObject({ status: 403 });
  });

  it('is left at an abort', async () => {
    await using cluster = await openDeployed({ behaviours: { '1.5.0': { does: 'stay-unready' } } });
    const abort = new AbortController();
    const replaced = cluster.sides.replace('green', release, { signal: abort.signal });
    await expect.poll(() => cluster.patches()).toBe(1);
    abort.abort();
    await expect(replaced).rejects.toThrow('interrupted');
  });
});

describe('the settings', () => {
  it('of a target whose pods are not ready for a rolling update are named, each with its clause', async () => {
    const draft = deploymentDraft('api', {
      replicas: 4,
      strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: '25%' } },
      revisionHistoryLimit: 0,
    });
    const template = draft.spec?.['template'] as Template;
    const containers = template.spec.containers.map(({ name, image }) => ({
      name,
      image,
      ports: [{ containerPort: 1 }, { containerPort: 2 }],
    }));
    const changed = { metadata: { labels: { app: 'api' } }, spec: { terminationGracePeriodSeconds: 60, containers } };
    await using cluster = await openDeployed({
      drafts: [{ ...draft, spec: { ...draft.spec, template: changed } }],
      settings: { image: 'registry.example/other:{version}' },
    });
    const found = await cluster.sides.check('rolling');
    const wanted = [
      '2 ports, 1, 2',
      '2.R3',
      'preStop',
      '(2.R4)',
      'maxSurge is 0',
      'maxUnavailable',
      'revisionHistoryLimit',
      annotation,
    ];
    expect(found.map((problem, index) => problem.includes(wanted[index] ?? ' '))).toEqual(wanted.map(() => true));
    expect(await cluster.sides.check('blue-green')).toHaveLength(3);
  });

  it('of a target that is set up as it should be have no problem', async () => {
    await using cluster = await openDeployed();
    expect(await cluster.sides.check('blue-green')).toEqual([]);
    expect(await cluster.sides.check('rolling')).toEqual([]);
  });

  it('that name a Deployment or container that is not there are problems, and errors of a release', async () => {
    await using cluster = await openDeployed({ settings: { container: 'web' } });
    cluster.api.objects.remove(deployments, cluster.api.namespace, 'api-blue');
    expect(await cluster.sides.check('blue-green')).toEqual([
      expect.stringContaining('Deployment api-blue does not exist'),
      'Deployment api-green: its pods have no container "web"; they have api',
    ]);
    await expect(cluster.sides.replace('green', release)).rejects.toMatchObject({
      name: 'UserError',
      message: 'Deployment api-green: its pods have no container "web"; they have api.',
    });
  });
});
