import type { SideEnding } from '../runtime.ts';
import { isTerminating } from './deployment-state.ts';
import type { Pod, Terminated } from './objects.ts';

/** The last that was seen of each pod that is being replaced. */
export type Leaving = ReadonlyMap<string, Pod>;

/** Adds a read. A pod that is gone keeps what was seen last; one that is neither terminating nor of another template stays. */
export function watchLeaving(before: Leaving, pods: readonly Pod[], isReplaced: (pod: Pod) => boolean): Leaving {
  const leaving = new Map(before);
  for (const pod of pods)
    if (isTerminating(pod) || isReplaced(pod))
      leaving.set(pod.metadata.name, newest(pod, leaving.get(pod.metadata.name)));
  return leaving;
}

/** Reads and events may arrive out of order, and a later read may have lost what an earlier one had. */
function newest(pod: Pod, before: Pod | undefined): Pod {
  if (!before) return pod;
  const status = isOlder(pod, before) ? before.status : pod.status;
  const [now, earlier] = [pod.metadata, before.metadata];
  // The removal sets the grace to 0 and its end to the time of the request; when the grace was over is the earlier one.
  const isRemoval = now.deletionGracePeriodSeconds === 0;
  const deletionTimestamp = isRemoval
    ? (earlier.deletionTimestamp ?? now.deletionTimestamp)
    : (now.deletionTimestamp ?? earlier.deletionTimestamp);
  return { ...pod, status, metadata: { ...now, deletionTimestamp } };
}

/** A container restarts and ends, and never the other way round. */
const isOlder = (pod: Pod, before: Pod): boolean =>
  before.status.containerStatuses.some((earlier) => {
    const now = pod.status.containerStatuses.find(({ name }) => name === earlier.name);
    if (!now || now.restartCount !== earlier.restartCount) return !now || now.restartCount < earlier.restartCount;
    return earlier.state.terminated !== undefined && now.state.terminated === undefined;
  });

/** How the pods ended that are not there any more; one whose container has never started has no ending. */
export function endingsOf(leaving: Leaving, present: readonly Pod[], container: string): readonly SideEnding[] {
  const staying = new Set(present.filter((pod) => !endedIn(pod, container)).map(({ metadata }) => metadata.name));
  return [...leaving.values()].flatMap((pod): SideEnding[] => {
    const { name } = pod.metadata;
    const status = pod.status.containerStatuses.find((each) => each.name === container);
    const hasStarted = status?.state.running ?? status?.state.terminated ?? status?.lastState.terminated;
    if (staying.has(name) || !hasStarted) return [];
    const ended = endedIn(pod, container);
    return [{ name, exitCode: ended?.exitCode ?? null, killed: ended !== undefined && wasKilled(ended, pod) }];
  });
}

const endedIn = (pod: Pod, container: string): Terminated | undefined =>
  pod.status.containerStatuses.find(({ name }) => name === container)?.state.terminated;

const sigkillExit = 137;
/** Times of the API have whole seconds. */
const precisionMs = 1000;

/** `deletionTimestamp` is when the grace is over; 137 before it comes from the kernel (memory) or from the process itself. */
function wasKilled({ exitCode, reason, finishedAt }: Terminated, { metadata }: Pod): boolean {
  if (exitCode !== sigkillExit || reason === 'OOMKilled') return false;
  const graceEnd = Date.parse(metadata.deletionTimestamp ?? '');
  const finished = Date.parse(finishedAt ?? '');
  return Number.isNaN(graceEnd) || Number.isNaN(finished) || finished + precisionMs >= graceEnd;
}

const sigtermExit = 143;

/** What is wrong with the endings, one sentence each: clause 2.R4 asks for a shutdown that ends by itself. `gap`: why one is unread. */
export const endingProblems = (endings: readonly SideEnding[], gap?: string): readonly string[] =>
  endings.flatMap(({ name, exitCode, killed }) => {
    if (killed) return [`${name} did not end within its grace and was killed (exit code ${exitCode})`];
    if (exitCode === null)
      return [`how ${name} ended could not be read before the pod was removed${gap === undefined ? '' : `: ${gap}`}`];
    if (exitCode === sigtermExit)
      return [`${name} ended with exit code ${exitCode}: its process does not handle SIGTERM`];
    return exitCode === 0 ? [] : [`${name} ended with exit code ${exitCode}`];
  });
