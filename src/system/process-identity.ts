import { readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StartedProcess } from '../core/drivers.ts';
import { readText } from './files.ts';

/** Whether a process of that id exists; it may be another one by now. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Sends a signal to every process of the group that `pid` leads. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended already.
  }
}

/** What distinguishes a process from a later one with its id. */
export async function identifyProcess(pid: number): Promise<StartedProcess> {
  const stat = await statOf(pid);
  return { host: hostname(), pid, ...(stat ? { startedAtTicks: stat.startedAtTicks } : {}) };
}

interface ProcessStat {
  readonly state: string;
  readonly group: number;
  readonly startedAtTicks: string;
}

/** The fields of /proc/PID/stat that are needed; undefined where there is no such process or no /proc. */
async function statOf(pid: number): Promise<ProcessStat | undefined> {
  const text = await readText(`/proc/${pid}/stat`).catch(() => undefined);
  if (text === undefined) return undefined;
  // The program's name stands in brackets and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { state: fields[0] ?? '', group: Number(fields[2]), startedAtTicks: fields[19] ?? '' };
}

const hasEnded = ({ state }: ProcessStat): boolean => state === 'Z' || state === 'X';

/**
 * Whether a process of the group lives that `started` was the leader of. `elsewhere`: it was started on another host, which
 * this one cannot ask. A process group keeps its number from being given to a new process, so a group without its leader is
 * still the same group.
 */
export async function groupState(started: StartedProcess): Promise<'alive' | 'ended' | 'elsewhere'> {
  if (started.host !== hostname()) return 'elsewhere';
  const leader = await statOf(started.pid);
  if (leader && started.startedAtTicks !== undefined && leader.startedAtTicks !== started.startedAtTicks)
    return 'ended';
  if (leader && !hasEnded(leader)) return 'alive';
  const ids = await readdir('/proc').catch(() => undefined);
  if (ids === undefined) return groupExists(started.pid) ? 'alive' : 'ended';
  const stats = await Promise.all(ids.filter((id) => /^\d+$/.test(id)).map((id) => statOf(Number(id))));
  return stats.some((stat) => stat?.group === started.pid && !hasEnded(stat)) ? 'alive' : 'ended';
}

/** Without /proc: a process that has ended and was not waited for counts as alive. */
function groupExists(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

const pollMs = 50;

/** Waits until the group has ended. False where it still lives after `timeoutMs`, or the signal was aborted. */
export async function waitForGroup(
  started: StartedProcess,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while ((await groupState(started)) === 'alive') {
    if (signal?.aborted || performance.now() >= deadline) return false;
    await sleep(pollMs);
  }
  return true;
}

/** SIGTERM to the group, and SIGKILL after the grace. Resolves when every process of it has ended. */
export async function endGroup(started: StartedProcess, graceMs: number): Promise<void> {
  if ((await groupState(started)) !== 'alive') return;
  signalGroup(started.pid, 'SIGTERM');
  if (await waitForGroup(started, { timeoutMs: graceMs })) return;
  signalGroup(started.pid, 'SIGKILL');
  await waitForGroup(started, { timeoutMs: Number.POSITIVE_INFINITY });
}
