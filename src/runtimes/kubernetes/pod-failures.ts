import { isFinished, isTerminating } from './deployment-state.ts';
import type { ContainerStatus, Pod, ReplicaSet } from './objects.ts';

/** Why a pod will not become ready by itself. */
export interface PodFailure {
  readonly pod: string;
  /** Absent where the pod as a whole cannot run. */
  readonly container?: string;
  /** `CrashLoopBackOff`, `ErrImagePull`: the cluster's own word. */
  readonly reason: string;
  readonly message: string;
  /** Of the last process that ended in the container. */
  readonly exitCode?: number;
}

/** Reasons after which kubelet only repeats what has failed. */
const hopeless: ReadonlySet<string> = new Set([
  'CrashLoopBackOff',
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'PreStartHookError',
  'PostStartHookError',
]);

/** So many restarts are a crash loop, even if no read has come between two of them. */
const restartsOfLoop = 3;

/** The first failure of the pods' containers, init containers and sidecars; undefined while each may still become ready. */
export function podFailure(pods: readonly Pod[]): PodFailure | undefined {
  for (const pod of pods) {
    if (isTerminating(pod) || isFinished(pod)) continue;
    const statuses = [...pod.status.initContainerStatuses, ...pod.status.containerStatuses];
    const found = statuses.map((status) => containerFailure(pod, status)).find((each) => each !== undefined);
    if (found) return found;
  }
  return undefined;
}

function containerFailure({ metadata: { name: pod } }: Pod, status: ContainerStatus): PodFailure | undefined {
  const { name: container, state, lastState, restartCount } = status;
  const ended = state.terminated ?? lastState.terminated;
  const isLoop = restartCount >= restartsOfLoop && ended !== undefined && ended.exitCode !== 0 && !state.running;
  const reason = state.waiting?.reason ?? '';
  if (!hopeless.has(reason) && !isLoop) return undefined;
  return {
    pod,
    container,
    reason: hopeless.has(reason) ? reason : `restarted ${restartCount} times`,
    message: state.waiting?.message ?? ended?.message ?? '',
    ...(ended ? { exitCode: ended.exitCode } : {}),
  };
}

/** The pods that no node takes, with the scheduler's message. A cluster that adds nodes may still take them. */
export const unschedulable = (pods: readonly Pod[]): readonly PodFailure[] =>
  pods.flatMap((pod): PodFailure[] => {
    const condition = pod.status.conditions.find(({ type }) => type === 'PodScheduled');
    if (condition?.reason !== 'Unschedulable' || isTerminating(pod) || isFinished(pod)) return [];
    return [{ pod: pod.metadata.name, reason: condition.reason, message: condition.message }];
  });

/** Why the controller cannot create pods, such as a quota; undefined where it can. */
export function createFailure(set: ReplicaSet | undefined): string | undefined {
  const found = set?.status.conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  return found && `${found.reason}: ${found.message}`;
}

/** What keeps pods from being ready at the end of the limit, one clause each. */
export const notReadyReasons = (pods: readonly Pod[]): readonly string[] =>
  pods.flatMap((pod) => {
    if (isTerminating(pod)) return [];
    const { phase, reason, message, conditions } = pod.status;
    if (isFinished(pod)) return [`${pod.metadata.name}: ${phase} ${reason} ${message}`.trim()];
    const open = ['PodScheduled', 'Initialized', 'Ready']
      .flatMap((type) => conditions.find((each) => each.type === type && each.status === 'False') ?? [])
      .at(0);
    return open ? [`${pod.metadata.name}: ${open.reason}: ${open.message}`] : [];
  });
