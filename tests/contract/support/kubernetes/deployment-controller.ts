import { createHash } from 'node:crypto';
import type { ApiServerDouble } from './api-server.ts';
import { type Behaviour, Kubelet } from './kubelet.ts';
import type { Draft, Fields, KubernetesObject } from './objects.ts';
import { deployments, pods, replicaSets } from './resources.ts';

interface Template {
  readonly metadata?: { readonly labels?: Fields; readonly annotations?: Fields };
  readonly spec: Fields;
}

interface ControllerOptions {
  readonly behaviourOf: (pod: KubernetesObject) => Behaviour;
  /** As a mutating webhook changes a pod before it is stored. */
  readonly mutatePod?: (pod: Draft) => Draft;
  /** Steps without progress until ProgressDeadlineExceeded. */
  readonly deadlineSteps?: number;
  /** Of the quota: more pods are refused. */
  readonly mostPods?: number;
}

const revision = 'deployment.kubernetes.io/revision';

/**
 * The Deployment and ReplicaSet controllers and one node, each step of which takes everything one phase further. There is at most one
 * step for each request, so that a slow machine reads every phase, too.
 */
export class DeploymentController {
  readonly #api: ApiServerDouble;
  readonly #options: ControllerOptions;
  readonly #kubelet: Kubelet;
  readonly #timer: NodeJS.Timeout;
  readonly #stalled = new Map<string, { readonly progress: string; steps: number }>();
  #pods = 0;
  #answered = 0;

  constructor(api: ApiServerDouble, options: ControllerOptions) {
    this.#api = api;
    this.#options = options;
    this.#kubelet = new Kubelet(api.objects, options.behaviourOf);
    this.#timer = setInterval(() => {
      const { length } = api.received;
      if (length > this.#answered) this.step();
      this.#answered = length;
    }, 1);
  }

  step(): void {
    const { objects, namespace } = this.#api;
    for (const deployment of objects.list(deployments, namespace)) this.#reconcile(deployment);
    for (const set of objects.list(replicaSets, namespace)) this.#createAndDelete(set);
    this.#kubelet.step(namespace);
    for (const deployment of objects.list(deployments, namespace)) this.#report(deployment);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #setsOf({ metadata }: KubernetesObject): KubernetesObject[] {
    return this.#api.objects.list(replicaSets, metadata.namespace).filter((set) => isOwned(set, metadata.uid));
  }

  #podsOf({ metadata }: KubernetesObject): KubernetesObject[] {
    return this.#api.objects.list(pods, metadata.namespace).filter((pod) => isOwned(pod, metadata.uid));
  }

  /** A paused Deployment makes no ReplicaSet and scales none. */
  #reconcile(deployment: KubernetesObject): void {
    const { replicas = 1, paused = false } = deployment.spec as { replicas?: number; paused?: boolean };
    if (paused) return;
    const current = this.#currentSet(deployment);
    const sets = this.#setsOf(deployment);
    const others = sets.filter(({ metadata }) => metadata.name !== current.metadata.name);
    const total = sets.reduce((sum, set) => sum + replicasOf(set), 0);
    const { surge, unavailable } = limitsOf(deployment, replicas);
    const room = Math.min(replicas - replicasOf(current), replicas + surge - total);
    if (room !== 0 && replicasOf(current) + room >= 0) {
      this.#scale(current, replicasOf(current) + room);
      return;
    }
    const ready = sets.flatMap((set) => this.#podsOf(set)).filter(isReady).length;
    const old = others.find((set) => replicasOf(set) > 0);
    if (!old) return;
    const unready = this.#podsOf(old).filter((pod) => !isReady(pod) && !isTerminating(pod)).length;
    const spare = Math.max(unready, ready - (replicas - unavailable));
    if (spare > 0) this.#scale(old, Math.max(0, replicasOf(old) - spare));
  }

  /** The ReplicaSet of the template: a known one is used again, with a new revision. */
  #currentSet(deployment: KubernetesObject): KubernetesObject {
    const { objects } = this.#api;
    const { name, namespace } = deployment.metadata;
    const template = deployment.spec?.['template'] as Template;
    const hash = createHash('sha256')
      .update(JSON.stringify(sorted(template)))
      .digest('hex')
      .slice(0, 8);
    const newest = Math.max(0, ...this.#setsOf(deployment).map(revisionOf));
    const found = objects.find(replicaSets, namespace, `${name}-${hash}`);
    const annotations = { [revision]: String(newest + 1) };
    if (found && revisionOf(found) === newest) return found;
    if (found) return objects.update(replicaSets, found, { ...found, metadata: { ...found.metadata, annotations } });
    const labels = { ...template.metadata?.labels, 'pod-template-hash': hash };
    return objects.create(replicaSets, namespace, {
      metadata: { name: `${name}-${hash}`, labels, annotations, ownerReferences: [ownerOf(deployment)] },
      spec: { replicas: 0, template: { ...template, metadata: { ...template.metadata, labels } } },
      status: { replicas: 0 },
    });
  }

  #scale(set: KubernetesObject, replicas: number): void {
    this.#api.objects.update(replicaSets, set, { ...set, spec: { ...set.spec, replicas } });
  }

  #createAndDelete(set: KubernetesObject): void {
    const { objects, namespace } = this.#api;
    const own = this.#podsOf(set).filter((pod) => !isTerminating(pod) && !isFinished(pod));
    const missing = replicasOf(set) - own.length;
    const room = (this.#options.mostPods ?? Infinity) - objects.list(pods, namespace).length;
    for (let made = 0; made < Math.min(missing, room); made += 1) this.#createPod(set);
    const isRefused = missing > 0 && room < missing;
    const message = 'pods "api" is forbidden: exceeded quota: team, requested: pods=1, used: pods=2, limited: pods=2';
    const conditions = isRefused ? [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message }] : [];
    const surplus = own.toSorted((one, other) => Number(isReady(one)) - Number(isReady(other)));
    for (const pod of surplus.slice(0, Math.max(0, -missing))) {
      const deletionTimestamp = `${new Date(Date.now() + 30_000).toISOString().slice(0, 19)}Z`;
      objects.update(pods, pod, { ...pod, metadata: { ...pod.metadata, deletionTimestamp } });
    }
    const availableReplicas = this.#podsOf(set).filter(isReady).length;
    objects.setStatus(replicaSets, namespace, set.metadata.name, { availableReplicas, conditions });
  }

  #createPod(set: KubernetesObject): void {
    const { objects, namespace } = this.#api;
    const { metadata, spec } = (set.spec ?? {})['template'] as Template;
    this.#pods += 1;
    const draft: Draft = {
      metadata: { ...metadata, name: `${set.metadata.name}-${this.#pods}`, ownerReferences: [ownerOf(set)] },
      spec,
      status: { phase: 'Pending' },
    };
    objects.create(pods, namespace, this.#options.mutatePod?.(draft) ?? draft);
  }

  #report(deployment: KubernetesObject): void {
    const { objects, namespace } = this.#api;
    const { name, uid, generation } = deployment.metadata;
    const { paused = false } = deployment.spec as { paused?: boolean };
    const sets = this.#setsOf(deployment);
    const newest = Math.max(0, ...sets.map(revisionOf));
    const all = sets.flatMap((set) => this.#podsOf(set)).filter((pod) => !isFinished(pod));
    const current = sets.find((set) => revisionOf(set) === newest && isOf(set, deployment));
    const updated = all.filter((pod) => !isTerminating(pod) && current && isOwned(pod, current.metadata.uid)).length;
    const counts = {
      replicas: all.filter((pod) => !isTerminating(pod)).length,
      updatedReplicas: updated,
      availableReplicas: all.filter(isReady).length,
    };
    const progress = JSON.stringify([generation, counts]);
    const before = this.#stalled.get(uid);
    const steps = before?.progress === progress && !paused ? before.steps + 1 : 0;
    this.#stalled.set(uid, { progress, steps });
    const isDone = counts.availableReplicas === updated && counts.replicas === updated;
    const isOver = steps >= (this.#options.deadlineSteps ?? Infinity) && !isDone;
    const condition = isOver
      ? {
          status: 'False',
          reason: 'ProgressDeadlineExceeded',
          message: `ReplicaSet "${current?.metadata.name}" has timed out progressing.`,
        }
      : paused
        ? { status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' }
        : { status: 'True', reason: isDone ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated' };
    objects.setStatus(deployments, namespace, name, {
      ...counts,
      observedGeneration: generation,
      terminatingReplicas: all.filter(isTerminating).length,
      conditions: [{ type: 'Progressing', lastUpdateTime: isOver ? 'later' : '', ...condition }],
    });
  }
}

const replicasOf = ({ spec }: KubernetesObject): number => Number(spec?.['replicas'] ?? 1);
const revisionOf = ({ metadata }: KubernetesObject): number => Number(metadata.annotations?.[revision] ?? 0);
const isTerminating = ({ metadata }: KubernetesObject): boolean => metadata.deletionTimestamp !== undefined;
const isFinished = ({ status }: KubernetesObject): boolean =>
  ['Failed', 'Succeeded'].includes(String(status?.['phase']));

function isReady(pod: KubernetesObject): boolean {
  const { conditions = [] } = (pod.status ?? {}) as { conditions?: { type: string; status: string }[] };
  return !isTerminating(pod) && conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

const ownerOf = ({ apiVersion, kind, metadata: { name, uid } }: KubernetesObject) => ({
  apiVersion,
  kind,
  name,
  uid,
  controller: true,
});

const isOwned = ({ metadata }: KubernetesObject, uid: string): boolean =>
  ((metadata['ownerReferences'] ?? []) as { uid: string }[]).some((owner) => owner.uid === uid);

/** Whether a ReplicaSet has the template of the Deployment, but for the label of the hash. */
function isOf(set: KubernetesObject, deployment: KubernetesObject): boolean {
  const own = set.spec?.['template'] as Template;
  const { 'pod-template-hash': _, ...labels } = own.metadata?.labels ?? {};
  const plain = { ...own, metadata: { ...own.metadata, labels } };
  return JSON.stringify(sorted(plain)) === JSON.stringify(sorted(deployment.spec?.['template']));
}

function limitsOf({ spec }: KubernetesObject, replicas: number): { surge: number; unavailable: number } {
  const { rollingUpdate } = (spec?.['strategy'] ?? {}) as { rollingUpdate?: Fields };
  const part = (value: unknown, round: (value: number) => number) =>
    typeof value === 'number'
      ? value
      : round((Number.parseInt(typeof value === 'string' ? value : '25%', 10) * replicas) / 100);
  return {
    surge: part(rollingUpdate?.['maxSurge'], Math.ceil),
    unavailable: part(rollingUpdate?.['maxUnavailable'], Math.floor),
  };
}

/** Keys in order, so that equal templates have equal text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => one.localeCompare(other));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
