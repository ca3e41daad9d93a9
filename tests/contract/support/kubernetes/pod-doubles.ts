import type { ApiServerDouble } from './api-server.ts';
import { type Fields, type KubernetesObject, Refusal, type Resource } from './objects.ts';
import { configMaps, pods } from './resources.ts';

export const secrets: Resource = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret' };

/** What one runner's container is given, and how it ends. */
export interface Container {
  readonly index: number;
  /** With the variables of the container replaced, as Kubernetes does. */
  readonly args: readonly string[];
  /** Of the mounted ConfigMap and Secret. */
  readonly files: Readonly<Record<string, string>>;
  readonly sessions: string;
  /** The process ends; the message is cut off and replaced as the kubelet does. */
  readonly end: (exitCode: number, how?: { message?: string; log?: string; reason?: string }) => void;
}

/** k6's REST API in a container; undefined while nothing listens. */
export interface RunnerDouble {
  readonly status: () => unknown;
  readonly patch: (body: unknown) => unknown;
}

/** Why a pod does not come up. */
export interface NeverUp {
  readonly waiting: { readonly reason: string; readonly message?: string };
  readonly unschedulable?: string;
}

export type Behaviour = (container: Container) => RunnerDouble | NeverUp | Promise<RunnerDouble | NeverUp>;

export interface PodDoubles {
  readonly start: (pod: {
    readonly name: string;
    readonly index: number;
    readonly labels: Fields;
    readonly annotations?: Fields;
    readonly volumes: string;
    readonly args?: readonly string[];
    readonly fallsBackToLogs: boolean;
  }) => void;
  readonly removeOf: (selector: (pod: KubernetesObject) => boolean) => void;
}

const mostBytes = 4096;

/** Pods whose containers are given by the test; calls back when one has ended. */
export function runPods(
  api: ApiServerDouble,
  behave: Behaviour,
  onEnd: (pod: KubernetesObject, exitCode: number) => void,
): PodDoubles {
  const { objects, namespace } = api;
  const listening = new Map<string, RunnerDouble>();
  api.answer('pods/proxy', async ({ object, rest, method, body }) => {
    const runner = listening.get(object.metadata.name);
    if (!runner || rest !== '/v1/status') throw new Refusal(503, 'ServiceUnavailable', 'error trying to reach service');
    return { json: await (method === 'PATCH' ? runner.patch(body) : runner.status()) };
  });
  const setState = (name: string, state: Fields, more: Fields = {}) => {
    if (!objects.find(pods, namespace, name)) return undefined;
    return objects.setStatus(pods, namespace, name, {
      podIP: '10.0.0.1',
      ...more,
      containerStatuses: [{ name: 'k6', state }],
    });
  };
  return {
    start: ({ name, index, labels, annotations = {}, volumes, args = [], fallsBackToLogs }) => {
      objects.create(pods, namespace, {
        metadata: { name, labels, annotations },
        status: {
          phase: 'Pending',
          containerStatuses: [{ name: 'k6', state: { waiting: { reason: 'ContainerCreating' } } }],
        },
      });
      const end: Container['end'] = (exitCode, { message = '', log = '', reason } = {}) => {
        listening.delete(name);
        const written = message === '' && fallsBackToLogs && exitCode !== 0 ? log.slice(-2048) : message;
        const terminated = {
          exitCode,
          reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
          ...(written === '' ? {} : { message: Buffer.from(written).subarray(0, mostBytes).toString() }),
        };
        const pod = setState(name, { terminated });
        if (pod) onEnd(pod, exitCode);
      };
      void whenMounted(api, volumes).then(async ({ files, sessions }) => {
        const runner = await behave({ index, args, files, sessions, end });
        if ('waiting' in runner) {
          const { unschedulable, waiting } = runner;
          const conditions =
            unschedulable === undefined
              ? []
              : [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: unschedulable }];
          return setState(name, { waiting }, { podIP: undefined, conditions });
        }
        listening.set(name, runner);
        return setState(name, { running: { startedAt: new Date().toISOString() } });
      });
    },
    removeOf: (selector) => {
      for (const pod of objects.list(pods, namespace).filter(selector)) {
        listening.delete(pod.metadata.name);
        objects.remove(pods, namespace, pod.metadata.name);
      }
    },
  };
}

/** A container does not start before both volumes exist. */
async function whenMounted(
  { objects, namespace }: ApiServerDouble,
  name: string,
): Promise<{ files: Readonly<Record<string, string>>; sessions: string }> {
  for (;;) {
    const files = objects.find(configMaps, namespace, name);
    const sessions = objects.find(secrets, namespace, name);
    if (files && sessions)
      return {
        files: files['data'] as Record<string, string>,
        sessions: (sessions['stringData'] as Record<string, string>)['sessions.json'] ?? '',
      };
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
