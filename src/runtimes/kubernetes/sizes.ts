import { currentSet, type DeploymentState, isReady, podsOf, presentPods } from './deployment-state.ts';
import type { Deployment } from './objects.ts';
import type { SideRun } from './side-run.ts';
import { configuredRelease } from './open-side.ts';

/** A number of pods, or a share of the replicas; rounded as the Deployment controller rounds it. */
function resolved(value: number | string, replicas: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? 0 : round((Number(percent) * replicas) / 100);
}

/** How many pods more than its replicas a Deployment may have, and how many fewer, while it is replaced. Default 25 % each. */
export function surgeOf({ spec }: Pick<Deployment, 'spec'>): { readonly surge: number; readonly unavailable: number } {
  const { replicas } = spec;
  if (spec.strategy.type === 'Recreate') return { surge: 0, unavailable: replicas };
  const { maxSurge, maxUnavailable } = spec.strategy.rollingUpdate ?? { maxSurge: '25%', maxUnavailable: '25%' };
  const surge = resolved(maxSurge, replicas, Math.ceil);
  const unavailable = resolved(maxUnavailable, replicas, Math.floor);
  // The controller would otherwise never replace a pod.
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

/** How many pods of a new template are made first, and how many of the present one serve beside them. */
export function sizesOf(state: DeploymentState, run: Pick<SideRun, 'settings'>): { first: number; serving: number } {
  const { deployment } = state;
  const set = currentSet(state);
  const ready = presentPods(state.pods).filter(isReady);
  if (deployment.spec.paused && configuredRelease(state, run) !== undefined && set) {
    const own = podsOf(state, set);
    return { first: set.spec.replicas, serving: ready.filter((pod) => !own.includes(pod)).length };
  }
  const { surge, unavailable } = surgeOf(deployment);
  return { first: Math.min(deployment.spec.replicas, surge === 0 ? unavailable : surge), serving: ready.length };
}
