import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../core/errors.ts';
import type { StartedProcess } from '../core/drivers.ts';
import type { Command } from '../core/target.ts';
import { identifyProcess, signalGroup } from './process-identity.ts';

/** The environment and folder that a command runs with. */
export interface CommandContext {
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface GroupOptions extends CommandContext {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Sent to the whole group when it has to end; SIGKILL follows after `graceMs`. */
  readonly stopSignal: NodeJS.Signals;
  readonly graceMs: number;
  /**
   * `ends-with-us`: killed when this process dies, however it dies, and nothing of the group is left when its leader has
   * ended. `independent`: goes on without this process, and may leave processes behind.
   */
  readonly lifetime: 'ends-with-us' | 'independent';
  /** The program is not executed before this has resolved; where this process dies earlier, it never is. */
  readonly onStarted?: ((started: StartedProcess) => void | Promise<void>) | undefined;
}

export interface GroupEnding {
  /** null where a signal ended it or it could not be started. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stopped?: 'timed-out' | 'interrupted' | 'too-much-output';
  /** Why it could not be started. */
  readonly startError?: string;
}

/** The leader of a process group while it runs. */
interface RunningGroup {
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
  readonly stop: (reason: NonNullable<GroupEnding['stopped']>) => void;
  readonly ended: Promise<GroupEnding>;
}

/** Descriptor 3 is closed by the kernel when this process dies: `read` then returns, and the group is killed. */
const endsWithUs = '( read -r _ <&3; kill -9 0 ) >/dev/null 2>&1 & exec 3<&-; exec "$@"';
/** One line on descriptor 3 releases the program; without it the group was not recorded and must not run. */
const waitsForRelease = 'read -r _ <&3 || exit 125; exec 3<&-; exec "$@"';

/** How long output is read after the leader's end where another process keeps the pipe open. */
const drainMs = 2000;

/** Starts a command as the leader of a process group of its own. Never throws: what went wrong is in the ending. */
export function startGroup(command: Command, options: GroupOptions): RunningGroup {
  const { lifetime, onStarted } = options;
  const gated = lifetime === 'independent' && onStarted !== undefined;
  const wrapper = lifetime === 'ends-with-us' ? endsWithUs : gated ? waitsForRelease : undefined;
  const [program, ...args] = wrapper === undefined ? command : ['/bin/sh', '-c', wrapper, 'sh', ...command];
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', ...(wrapper === undefined ? [] : ['pipe' as const])];
  const child = spawn(program ?? '', args, { env: { ...options.env }, cwd: options.cwd, detached: true, stdio });
  // Written to only once; a group that has ended meanwhile is no error.
  child.stdio[3]?.on('error', () => undefined);
  const stopper = stopOnLimits(child, options);
  const ended = endingOf(child, options).then(async (ending): Promise<GroupEnding> => {
    stopper.release();
    return { ...ending, ...(stopper.reason() ? { stopped: stopper.reason() } : {}) } as GroupEnding;
  });
  if (onStarted && child.pid !== undefined) {
    void release(child, child.pid, onStarted).catch(() => stopper.stop('interrupted'));
  }
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('a child process without pipes');
  return { stdout, stderr, stop: stopper.stop, ended };
}

async function release(
  child: ChildProcess,
  pid: number,
  onStarted: NonNullable<GroupOptions['onStarted']>,
): Promise<void> {
  await onStarted(await identifyProcess(pid));
  (child.stdio[3] as Writable | undefined)?.write('\n');
}

interface Stopper {
  readonly stop: (reason: NonNullable<GroupEnding['stopped']>) => void;
  readonly reason: () => GroupEnding['stopped'];
  readonly release: () => void;
}

/** Ends the group at the time limit and at the abort: the stop signal, the grace, SIGKILL. */
function stopOnLimits(child: ChildProcess, { timeoutMs, signal, stopSignal, graceMs }: GroupOptions): Stopper {
  let reason: GroupEnding['stopped'];
  let killTimer: NodeJS.Timeout | undefined;
  const stop: Stopper['stop'] = (why) => {
    if (reason !== undefined) return;
    reason = why;
    signalGroup(child.pid, stopSignal);
    killTimer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), graceMs);
  };
  const timer = setTimeout(() => stop('timed-out'), timeoutMs);
  const onAbort = () => stop('interrupted');
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return {
    stop,
    reason: () => reason,
    release: () => {
      clearTimeout(timer);
      clearTimeout(killTimer);
      // The leader has ended within the grace; one of its children may have ignored the signal.
      if (reason !== undefined) signalGroup(child.pid, 'SIGKILL');
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

/** Resolves when the leader has ended and its output is read. */
async function endingOf(child: ChildProcess, { lifetime }: GroupOptions): Promise<GroupEnding> {
  const closed = once(child, 'close').catch(() => undefined);
  try {
    const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (lifetime === 'ends-with-us') signalGroup(child.pid, 'SIGKILL');
    const drained = new AbortController();
    await Promise.race([closed, sleep(drainMs, undefined, { signal: drained.signal }).catch(() => undefined)]);
    drained.abort();
    child.stdout?.destroy();
    child.stderr?.destroy();
    return { exitCode, signal };
  } catch (error) {
    return { exitCode: null, signal: null, startError: messageOf(error) };
  }
}

/** Starts a process that this one neither reads nor waits for. Resolves once it runs; rejects where it cannot be started. */
export async function startUnattended([program, ...args]: Command, { env, cwd }: CommandContext): Promise<void> {
  const child = spawn(program, args, { cwd, env: { ...env }, detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  child.unref();
}
