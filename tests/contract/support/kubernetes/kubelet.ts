import type { Fields, KubernetesObject, ObjectStore } from './objects.ts';
import { pods } from './resources.ts';

/** What the containers of a pod do. */
export type Behaviour =
  | {
      readonly does: 'serve';
      /** Of the process after SIGTERM. */ readonly exitCode?: number;
      readonly lingers?: number;
      /** Steps from its exit code to the removal of the pod. Default 3; 0: both in one step. */
      readonly stays?: number;
    }
  | { readonly does: 'crash'; readonly exitCode: number }
  | { readonly does: 'crash-init'; readonly exitCode: number }
  | { readonly does: 'stay-unready' }
  | { readonly does: 'wait'; readonly reason: string; readonly message: string }
  | { readonly does: 'find-no-node' };

/** Later than the pause that holds a Deployment at its first pods. */
const stepsToReady = 9;

interface Known {
  age: number;
  /** Steps since it was asked to end. */
  ending: number;
}

interface Container {
  readonly name: string;
  readonly image: string;
}

const condition = (type: string, status: boolean, reason = '', message = '') => ({
  type,
  status: status ? 'True' : 'False',
  ...(reason === '' ? {} : { reason, message }),
});

/** One node: each step takes every pod one phase further, as kubelet and scheduler report them. */
export class Kubelet {
  readonly #known = new Map<string, Known>();
  readonly #objects: ObjectStore;
  readonly #behaviourOf: (pod: KubernetesObject) => Behaviour;
  #addresses = 10;

  constructor(objects: ObjectStore, behaviourOf: (pod: KubernetesObject) => Behaviour) {
    this.#objects = objects;
    this.#behaviourOf = behaviourOf;
  }

  step(namespace: string): void {
    for (const pod of this.#objects.list(pods, namespace)) {
      const { uid } = pod.metadata;
      const known = this.#known.get(uid) ?? { age: 0, ending: 0 };
      this.#known.set(uid, known);
      if (['Failed', 'Succeeded'].includes(String(pod.status?.['phase']))) continue;
      if (pod.metadata.deletionTimestamp === undefined) this.#start(pod, known);
      else this.#end(pod, known);
    }
  }

  #start(pod: KubernetesObject, known: Known): void {
    known.age += 1;
    const behaviour = this.#behaviourOf(pod);
    if (behaviour.does === 'find-no-node') {
      const message = '0/1 nodes are available: 1 Insufficient cpu.';
      this.#report(pod, { phase: 'Pending', conditions: [condition('PodScheduled', false, 'Unschedulable', message)] });
      return;
    }
    if (known.age < 2) return this.#report(pod, { phase: 'Pending', conditions: [condition('PodScheduled', true)] });
    const podIP = pod.status?.['podIP'] ?? `127.0.0.${(this.#addresses += 1)}`;
    const isReady = behaviour.does === 'serve' && known.age > stepsToReady;
    const unready = `containers with unready status: [${containersOf(pod)[0]?.name}]`;
    this.#report(pod, {
      phase: 'Running',
      podIP,
      conditions: [
        condition('PodScheduled', true),
        isReady ? condition('Ready', true) : condition('Ready', false, 'ContainersNotReady', unready),
      ],
      ...statusesOf(pod, behaviour, known.age),
    });
  }

  #end(pod: KubernetesObject, known: Known): void {
    known.ending += 1;
    const behaviour = this.#behaviourOf(pod);
    const { exitCode = 0, lingers = 3, stays = 3 } = behaviour.does === 'serve' ? behaviour : {};
    if (known.ending === lingers && pod.status?.['containerStatuses']) {
      const finishedAt = pod.metadata.deletionTimestamp;
      const reason = exitCode === 0 ? 'Completed' : 'Error';
      const state = { terminated: { exitCode, reason, finishedAt } };
      const containerStatuses = containersOf(pod).map(({ name }) => ({ ...statusOf(name), state }));
      this.#report(pod, { ...pod.status, containerStatuses });
    }
    if (known.ending >= lingers + stays) this.#objects.remove(pods, pod.metadata.namespace, pod.metadata.name);
  }

  #report(pod: KubernetesObject, status: Fields): void {
    this.#objects.setStatus(pods, pod.metadata.namespace, pod.metadata.name, status);
  }
}

const containersOf = (pod: KubernetesObject): readonly Container[] => (pod.spec?.['containers'] ?? []) as Container[];

const imageID = `registry.example/freetask@sha256:${'a'.repeat(64)}`;
const statusOf = (name: string) => ({ name, restartCount: 0, imageID, lastState: {} });

function statusesOf(pod: KubernetesObject, behaviour: Behaviour, age: number): Fields {
  const all = (state: Fields, more: Fields = {}) => ({
    containerStatuses: containersOf(pod).map(({ name }) => ({ ...statusOf(name), state, ...more })),
  });
  switch (behaviour.does) {
    case 'wait':
      return all({ waiting: { reason: behaviour.reason, message: behaviour.message } }, { imageID: '' });
    case 'crash': {
      const terminated = { exitCode: behaviour.exitCode, reason: 'Error' };
      if (age < 3) return all({ running: {} });
      if (age === 3) return all({ terminated });
      return all(backOff(pod), { lastState: { terminated }, restartCount: 1 });
    }
    case 'crash-init': {
      const terminated = { exitCode: behaviour.exitCode, reason: 'Error' };
      const init = { ...statusOf('migrate'), state: backOff(pod), lastState: { terminated }, restartCount: 1 };
      return { ...all({ waiting: { reason: 'PodInitializing' } }), initContainerStatuses: [init] };
    }
    default:
      return all({ running: {} });
  }
}

const backOff = ({ metadata: { name } }: KubernetesObject) => ({
  waiting: { reason: 'CrashLoopBackOff', message: `back-off 10s restarting failed container in pod ${name}` },
});
