import { isDeepStrictEqual } from 'node:util';
import { ToolError } from '../../core/errors.ts';
import { containerNamed, containerOfPod, releaseOfPod } from './containers.ts';
import { currentSet, type DeploymentState, isTerminating, podsOf, presentPods } from './deployment-state.ts';
import type { Leaving } from './endings.ts';
import { podError, stateError } from './failures.ts';
import type { Deployment, Pod } from './objects.ts';
import { persist } from './persist.ts';
import { createFailure, podFailure, unschedulable } from './pod-failures.ts';
import type { PodWatch } from './pod-watch.ts';
import type { Progress } from './progress.ts';
import { leavingAfter, type Waited } from './settle.ts';
import type { SideRun } from './side-run.ts';
import { changedByOther } from './writer.ts';

interface Wanted {
  /** As our last write has left it. */
  readonly deployment: Deployment;
  readonly release: string;
  readonly pollMs: number;
  readonly leaving: Leaving;
  readonly watch: PodWatch;
}

/**
 * Reads until `decide` calls the state done. Throws ToolError at once where a pod of the configured template cannot start, the
 * controller cannot create pods, or another writer has changed or paused the Deployment; else at the end of the limit.
 */
export async function waitUntil(
  decide: (state: DeploymentState) => Progress,
  wanted: Wanted,
  run: SideRun,
): Promise<Waited> {
  const { name } = wanted.deployment.metadata;
  const waitingSince = new Map<string, number>();
  let leaving = wanted.leaving;
  for (;;) {
    const state = await persist(() => run.reader.state(name, run.call), { ...run, pollMs: run.timing.pollMs });
    wanted.watch.listed(state.podsVersion);
    leaving = leavingAfter(leaving, state, wanted.watch);
    await requireStartable(state, { wanted, waitingSince }, run);
    const progress = decide(state);
    if (progress.kind === 'done') return { state, leaving };
    if (progress.kind === 'failed') throw await stateError(state, progress.reason, run);
    if (run.clock.monotonic() + wanted.pollMs >= run.untilMs) {
      const why = `the limit of ${run.limitMs / 1000} s was over while it waited for ${progress.for}`;
      throw await stateError(state, why, run);
    }
    await run.clock.sleep(wanted.pollMs, run.call?.signal);
  }
}

async function requireStartable(
  state: DeploymentState,
  { wanted, waitingSince }: { readonly wanted: Wanted; readonly waitingSince: Map<string, number> },
  run: SideRun,
): Promise<void> {
  const { deployment } = state;
  requireUnchanged(wanted.deployment, deployment, run);
  const { name } = deployment.metadata;
  const set = currentSet(state);
  const own = podsOf(state, set);
  const failure = podFailure(own) ?? overdue(own, waitingSince, run);
  if (failure) throw await podError(name, failure, run);
  const refused = createFailure(set);
  if (refused !== undefined) throw await stateError(state, `pods cannot be created: ${refused}`, run);
  requireRelease(own, wanted, run);
}

function requireUnchanged(wanted: Deployment, now: Deployment, run: SideRun): void {
  const isSame =
    now.metadata.uid === wanted.metadata.uid &&
    now.spec.paused === wanted.spec.paused &&
    isDeepStrictEqual(now.spec.template.raw, wanted.spec.template.raw);
  if (!isSame) throw changedByOther(wanted, now, run);
}

/** The first pod that no node has taken for too long. */
function overdue(pods: readonly Pod[], waitingSince: Map<string, number>, { clock, timing }: SideRun) {
  const now = clock.monotonic();
  return unschedulable(pods).find(({ pod }) => {
    const since = waitingSince.get(pod) ?? now;
    waitingSince.set(pod, since);
    return now - since >= timing.unschedulableMs;
  });
}

/** A mutating webhook changes pods after the Deployment was written. */
function requireRelease(pods: readonly Pod[], { deployment, release }: Wanted, { settings }: SideRun): void {
  const { name } = deployment.metadata;
  const container = containerNamed(deployment, settings);
  for (const pod of presentPods(pods).filter((each) => !isTerminating(each))) {
    if (releaseOfPod(pod, container, settings) === release) continue;
    const image = containerOfPod(pod, container)?.image ?? 'no such container';
    throw new ToolError(
      `Deployment ${name}: pod ${pod.metadata.name} has the image ${image} and not that of ${release}: a mutating webhook changes the pods.`,
      { command: ['kubectl', 'get', `pod/${pod.metadata.name}`, '-o', 'yaml'], exitCode: null },
    );
  }
}
