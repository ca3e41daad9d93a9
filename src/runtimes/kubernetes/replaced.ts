import type { SideReplaced } from '../runtime.ts';
import { containerNamed } from './containers.ts';
import { currentSet, isReady, isTerminating, podsOf, presentPods } from './deployment-state.ts';
import { endingProblems, endingsOf } from './endings.ts';
import { byManager, managerOf } from './managers.ts';
import type { Deployment } from './objects.ts';
import type { SideRun } from './side-run.ts';
import type { Settled, Waited } from './settle.ts';

interface Done {
  readonly release: string;
  readonly before: Deployment;
  readonly wasWritten: boolean;
}

/** All pods were replaced. */
export function summarize(waited: Settled, done: Done, run: SideRun): SideReplaced {
  const instances = readyNames(waited);
  const { name } = done.before.metadata;
  const { replicas } = waited.state.deployment.spec;
  const already = done.wasWritten || waited.leaving.size > 0 ? '' : ' already';
  return {
    summary: `${name}: ${instances.length} of ${replicas} pods run ${done.release}${already}`,
    instances,
    ...endings(waited, done, run),
  };
}

/** The first pods run beside the previous ones. */
export function summarizeFirst(waited: Settled, done: Done, run: SideRun): SideReplaced {
  const instances = readyNames(waited);
  const { deployment, pods } = waited.state;
  const previous = presentPods(pods).filter((pod) => isReady(pod) && !instances.includes(pod.metadata.name)).length;
  const all = instances.length + previous;
  return {
    summary: `${done.before.metadata.name}: ${instances.length} of ${all} pods run ${done.release}, paused with ${deployment.spec.replicas} replicas`,
    instances,
    ...endings(waited, done, run),
  };
}

const readyNames = ({ state }: Waited): readonly string[] =>
  podsOf(state, currentSet(state)).flatMap((pod) => (isReady(pod) ? [pod.metadata.name] : []));

function endings(
  { state, leaving, gap }: Settled,
  { before }: Done,
  { settings }: SideRun,
): Omit<SideReplaced, 'summary' | 'instances'> {
  const { deployment, pods } = state;
  const container = containerNamed(deployment, settings);
  const found = endingsOf(leaving, presentPods(pods), container);
  const { replicas } = deployment.spec;
  const scaled =
    before.spec.replicas > 0 && before.spec.replicas !== replicas
      ? [
          `the replicas of ${deployment.metadata.name} were changed from ${before.spec.replicas} to ${replicas} meanwhile ${byManager(managerOf(deployment, 'replicas'))}`,
        ]
      : [];
  const stillEnding = presentPods(pods).filter(isTerminating).length;
  return {
    endings: found,
    problems: [...endingProblems(found, gap), ...scaled, ...(stillEnding > 0 ? [`${stillEnding} pods still end`] : [])],
  };
}
