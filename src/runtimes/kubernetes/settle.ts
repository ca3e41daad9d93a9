import { containerNamed } from './containers.ts';
import { currentSet, type DeploymentState, isOwnedBy, presentPods } from './deployment-state.ts';
import { endingsOf, type Leaving, watchLeaving } from './endings.ts';
import type { PodWatch } from './pod-watch.ts';
import type { SideRun } from './side-run.ts';

export interface Waited {
  readonly state: DeploymentState;
  readonly leaving: Leaving;
}

export interface Settled extends Waited {
  /** Why the ending of a pod may be unread. */
  readonly gap: string | undefined;
}

/** Adds a read of the Deployment, and the events of pods that are its own. */
export function leavingAfter(before: Leaving, state: DeploymentState, watch: PodWatch): Leaving {
  const set = currentSet(state);
  const own = watch
    .take()
    .filter((pod) => before.has(pod.metadata.name) || state.replicaSets.some((each) => isOwnedBy(pod, each)));
  const pods = [...own, ...state.pods].filter(({ metadata }) => !watch.hadEnded(metadata.name));
  return watchLeaving(before, pods, (pod) => set !== undefined && !isOwnedBy(pod, set));
}

/** A list may be ahead of the watch: waits until the removal of each pod whose ending is unread has arrived, for a limited time. */
export async function settle({ state, leaving: before }: Waited, watch: PodWatch, run: SideRun): Promise<Settled> {
  const { clock, timing, settings, call } = run;
  const container = containerNamed(state.deployment, settings);
  const untilMs = Math.min(clock.monotonic() + timing.settleMs, run.untilMs);
  let leaving = before;
  for (;;) {
    leaving = leavingAfter(leaving, state, watch);
    const endings = endingsOf(leaving, presentPods(state.pods), container);
    const isComplete = endings.every(({ name, exitCode }) => exitCode !== null || watch.hasRemoved(name));
    if (isComplete || watch.isRefused()) return { state, leaving, gap: watch.gap() };
    if (clock.monotonic() >= untilMs || call?.signal?.aborted === true) {
      const late = `the watch of its pods has not reported the removal within ${timing.settleMs / 1000} s`;
      return { state, leaving, gap: watch.gap() ?? late };
    }
    await clock.sleep(timing.firstPollMs, call?.signal);
  }
}
