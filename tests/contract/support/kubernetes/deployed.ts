import { createKubernetesRuntime } from '../../../../src/runtimes/kubernetes.ts';
import type { KubernetesRuntimeSettings } from '../../../../src/core/drivers.ts';
import type { Runtime, SideRuntime } from '../../../../src/runtimes/index.ts';
import { type ApiServerDouble, startApiServer } from './api-server.ts';
import { DeploymentController } from './deployment-controller.ts';
import type { Behaviour } from './kubelet.ts';
import type { Draft, Fields, KubernetesObject } from './objects.ts';
import { deployments, pods, replicaSets } from './resources.ts';

export const annotation = 'freetask.example/release';
export const imageOf = (version: string) => `registry.example/freetask:${version}`;

/** A Deployment that serves 1.4.0 as it should be set up; `spec` is merged over it. */
export function deploymentDraft(
  name: string,
  { replicas = 2, ...spec }: Fields & { readonly replicas?: number } = {},
): Draft {
  const labels = { app: name };
  const container = {
    name: 'api',
    image: imageOf('1.4.0'),
    ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
    readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
    lifecycle: { preStop: { sleep: { seconds: 5 } } },
  };
  return {
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels, annotations: { [annotation]: 'freetask@1.4.0' } },
        spec: { terminationGracePeriodSeconds: 30, containers: [container] },
      },
      ...spec,
    },
  };
}

interface Options {
  readonly drafts?: readonly Draft[];
  /** By the tag of the first container's image; others serve. */
  readonly behaviours?: Readonly<Record<string, Behaviour>>;
  readonly settings?: Partial<KubernetesRuntimeSettings>;
  readonly mutatePod?: (pod: Draft) => Draft;
  readonly deadlineSteps?: number;
  readonly mostPods?: number;
  readonly unschedulableMs?: number;
  readonly settleMs?: number;
}

export interface Deployed extends AsyncDisposable {
  readonly api: ApiServerDouble;
  readonly runtime: Runtime;
  readonly sides: SideRuntime;
  readonly deployment: (name: string) => KubernetesObject;
  readonly pods: () => readonly KubernetesObject[];
  /** Another writer. */
  readonly edit: (name: string, change: (spec: Fields) => Fields, manager?: string) => void;
  readonly patches: () => number;
}

const blueAndGreen = () => [deploymentDraft('api-blue'), deploymentDraft('api-green')];

/** Two Deployments with their pods on the API server double, and the driver in front of it. */
export async function openDeployed(options: Options = {}): Promise<Deployed> {
  const api = await startApiServer([deployments, replicaSets, pods]);
  const { objects, namespace } = api;
  const drafts = options.drafts ?? blueAndGreen();
  for (const draft of drafts) objects.create(deployments, namespace, draft);
  const behaviourOf = (pod: KubernetesObject): Behaviour => {
    const [container] = (pod.spec ?? {})['containers'] as { image: string }[];
    return options.behaviours?.[container?.image.split(':').at(-1) ?? ''] ?? { does: 'serve' };
  };
  const controller = new DeploymentController(api, { ...options, behaviourOf });
  for (let step = 0; step < 30; step += 1) controller.step();
  const names = drafts.map(({ metadata }) => metadata.name);
  const settings: KubernetesRuntimeSettings = {
    cluster: { kubeconfig: api.kubeconfig },
    deployments: { blue: names[0] ?? '', ...(names[1] === undefined ? {} : { green: names[1] }) },
    image: 'registry.example/freetask:{version}',
    annotation,
    ...options.settings,
  };
  const { unschedulableMs = 60_000, settleMs = 20_000 } = options;
  const timing = { pollMs: 5, firstPollMs: 2, unschedulableMs, settleMs };
  const runtime = createKubernetesRuntime(settings, timing);
  if (!runtime.sides) throw new Error('the driver has no sides');
  return {
    api,
    runtime,
    sides: runtime.sides,
    deployment: (name) => objects.get(deployments, namespace, name),
    pods: () => objects.list(pods, namespace),
    edit: (name, change, manager = 'argocd-controller') => {
      const now = objects.get(deployments, namespace, name);
      const managedFields = [
        { manager, time: '2999-01-01T00:00:00Z', fieldsV1: { 'f:spec': { 'f:template': {}, 'f:paused': {} } } },
      ];
      const spec = change(now.spec ?? {});
      objects.update(deployments, now, { ...now, spec, metadata: { ...now.metadata, managedFields } });
    },
    patches: () => api.received.filter(({ method }) => method === 'PATCH').length,
    [Symbol.asyncDispose]: async () => {
      controller[Symbol.dispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}
