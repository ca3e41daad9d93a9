import { currentSet, type DeploymentState, isReady, isTerminating, podsOf, presentPods } from './deployment-state.ts';

export type Progress =
  | { readonly kind: 'done' }
  | { readonly kind: 'waiting'; readonly for: string }
  | { readonly kind: 'failed'; readonly reason: string };

/**
 * Whether a Deployment has become what it is configured to be: the rule of `kubectl rollout status`, and no pod left that ends or
 * is of another template, because such a pod may still serve. `staleDeadline` is lastUpdateTime of the condition Progressing
 * before our write: the controller keeps a passed deadline until the new template has made progress.
 */
export function progressOf(state: DeploymentState, staleDeadline?: string): Progress {
  const { deployment } = state;
  const { metadata, spec, status } = deployment;
  if (spec.replicas === 0) return { kind: 'failed', reason: 'it is scaled to 0 replicas, so nothing would serve' };
  if (metadata.generation > status.observedGeneration)
    return waiting(`the Deployment controller to observe generation ${metadata.generation}`);
  const deadline = status.conditions.find(({ type }) => type === 'Progressing');
  if (deadline?.reason === 'ProgressDeadlineExceeded' && deadline.lastUpdateTime !== staleDeadline)
    return { kind: 'failed', reason: `ProgressDeadlineExceeded: ${deadline.message}` };
  const { updatedReplicas, availableReplicas, replicas, terminatingReplicas } = status;
  if (updatedReplicas < spec.replicas) return waiting(`${updatedReplicas} of ${spec.replicas} pods to be updated`);
  if (replicas > updatedReplicas) return waiting(`${replicas - updatedReplicas} pods of the previous template to end`);
  if (availableReplicas < updatedReplicas)
    return waiting(`${availableReplicas} of ${updatedReplicas} pods to be available`);
  const present = presentPods(state.pods);
  const terminating = Math.max(terminatingReplicas, present.filter(isTerminating).length);
  if (terminating > 0) return waiting(`${terminating} terminating pods to end`);
  const own = podsOf(state, currentSet(state));
  const others = present.filter((pod) => !own.includes(pod)).length;
  if (others > 0) return waiting(`${others} pods of the previous template to end`);
  // A list of pods that is older than the status would be a pass without evidence.
  if (presentPods(own).length < spec.replicas)
    return waiting(`${presentPods(own).length} of ${spec.replicas} pods to be listed`);
  // The pods are younger than the status: one of them may have crashed meanwhile.
  const ready = own.filter(isReady).length;
  if (ready < spec.replicas) return waiting(`${ready} of ${spec.replicas} pods to be ready`);
  return { kind: 'done' };
}

const waiting = (what: string): Progress => ({ kind: 'waiting', for: what });

/** Whether the first pods of the configured template are there and available, while the Deployment is paused. */
export function firstProgress(state: DeploymentState): Progress {
  const { deployment } = state;
  const { generation } = deployment.metadata;
  if (generation > deployment.status.observedGeneration)
    return waiting(`the Deployment controller to observe generation ${generation}`);
  const set = currentSet(state);
  const wanted = set?.spec.replicas ?? 0;
  if (!set || wanted === 0) return waiting('the first pod of the release');
  const own = presentPods(podsOf(state, set)).filter(isReady);
  const available = Math.min(set.status.availableReplicas, own.length);
  return available >= wanted ? { kind: 'done' } : waiting(`${available} of ${wanted} first pods to be available`);
}
