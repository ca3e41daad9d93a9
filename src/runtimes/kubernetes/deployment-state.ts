import { isDeepStrictEqual } from 'node:util';
import type { Deployment, Pod, PodTemplate, ReplicaSet } from './objects.ts';

/** A Deployment with what it owns, read one after the other in this order. */
export interface DeploymentState {
  readonly deployment: Deployment;
  readonly replicaSets: readonly ReplicaSet[];
  readonly pods: readonly Pod[];
  /** resourceVersion of the list of pods: a watch from it on misses nothing. */
  readonly podsVersion?: string | undefined;
}

const hashLabel = 'pod-template-hash';

type Raw = Record<string, unknown> & { readonly metadata?: Record<string, unknown> & { readonly labels?: object } };

/** The template as a Deployment has it: the controller adds the label of the hash to that of a ReplicaSet. */
export function plainTemplate({ raw }: PodTemplate): Raw {
  const { metadata, ...rest } = raw as Raw;
  const { creationTimestamp: _, labels, ...others } = metadata ?? {};
  const kept = Object.entries(labels ?? {}).filter(([name]) => name !== hashLabel);
  return { ...rest, metadata: { ...others, ...(kept.length > 0 ? { labels: Object.fromEntries(kept) } : {}) } };
}

export const isSameTemplate = (one: PodTemplate, other: PodTemplate): boolean =>
  isDeepStrictEqual(plainTemplate(one), plainTemplate(other));

/** The ReplicaSet of the template that is configured now; undefined until the controller has made it. */
export const currentSet = ({ deployment, replicaSets }: DeploymentState): ReplicaSet | undefined =>
  replicaSets.find(({ spec }) => isSameTemplate(spec.template, deployment.spec.template));

/** Whether the object's controller is the other one: labels alone may be those of another controller's pods. */
export const isOwnedBy = (
  { metadata: { ownerReferences } }: { readonly metadata: Pick<Pod['metadata'], 'ownerReferences'> },
  owner: { readonly metadata: { readonly uid: string } },
): boolean => ownerReferences.some(({ uid, controller }) => controller && uid === owner.metadata.uid);

export const podsOf = ({ pods }: DeploymentState, set: ReplicaSet | undefined): readonly Pod[] =>
  set ? pods.filter((pod) => isOwnedBy(pod, set)) : [];

/** Evicted, or ended for good: it stays in the list until it is collected, and the controller has replaced it. */
export const isFinished = ({ status: { phase } }: Pod): boolean => phase === 'Failed' || phase === 'Succeeded';

export const isTerminating = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

export const isReady = (pod: Pod): boolean =>
  !isTerminating(pod) && pod.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True');

/** Pods that hold capacity or still end: all but the finished ones. */
export const presentPods = (pods: readonly Pod[]): readonly Pod[] => pods.filter((pod) => !isFinished(pod));

/** `deployment.kubernetes.io/revision`: grows with each change of the template, and when one is returned to. */
export const revisionOf = ({ metadata: { annotations } }: ReplicaSet): number =>
  Number.parseInt(annotations['deployment.kubernetes.io/revision'] ?? '0', 10) || 0;
