import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '../core/target.ts';
import { readText, removeFile, writeTextAtomic } from './files.ts';
import { type CommandContext, startUnattended } from './process-group.ts';
import { identifyProcess, isAlive } from './process-identity.ts';

/**
 * The process outlives us, so its parent is a shell that stays and records its id at once and its exit code at the end, each
 * by one rename. `$1` is the path before the endings .pid, .exit and .log; .start is written by us, and distinguishes the
 * process from a later one with its id.
 */
const supervisor = `base=$1; shift
"$@" >>"$base.log" 2>&1 </dev/null &
child=$!
echo "$child" >"$base.pid.part" && mv "$base.pid.part" "$base.pid"
wait "$child"
echo "$?" >"$base.exit.part" && mv "$base.exit.part" "$base.exit"`;

/** Between the start of the shell and its first file. */
const firstFileMs = 3000;
const pollMs = 20;

/** Starts a process that lives on when we end, however we end. Resolves once its id is on disk. */
export async function startDetached(base: string, command: Command, context: CommandContext): Promise<void> {
  await Promise.all(['pid', 'start', 'exit'].map((ending) => removeFile(`${base}.${ending}`)));
  await startUnattended(['/bin/sh', '-c', supervisor, 'supervisor', base, ...command], context);
  const deadline = performance.now() + firstFileMs;
  let pid: number | undefined;
  while ((pid = await readNumber(`${base}.pid`)) === undefined && performance.now() < deadline) await sleep(pollMs);
  if (pid === undefined) return;
  const { startedAtTicks } = await identifyProcess(pid);
  if (startedAtTicks !== undefined) await writeTextAtomic(`${base}.start`, startedAtTicks);
}

/** The id of the process that was started last, while it lives. */
export async function detachedPid(base: string): Promise<number | undefined> {
  const pid = await readNumber(`${base}.pid`);
  if (pid === undefined || (await detachedExitCode(base)) !== undefined) return undefined;
  if (!isAlive(pid)) return undefined;
  const start = await readText(`${base}.start`);
  return start === undefined || start === (await identifyProcess(pid)).startedAtTicks ? pid : undefined;
}

/** Its exit code as a shell reports it (128 + n for signal n); undefined while it lives and where its end was not recorded. */
export const detachedExitCode = (base: string): Promise<number | undefined> => readNumber(`${base}.exit`);

export type StopResult = 'ended' | 'killed' | 'interrupted';

/** SIGTERM, and SIGKILL once the grace is over. `interrupted`: the signal was aborted first, and the process may still live. */
export async function stopDetached(base: string, graceMs: number, signal?: AbortSignal): Promise<StopResult> {
  const pid = await detachedPid(base);
  if (pid === undefined) return 'ended';
  signalProcess(pid, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  while (await isRunning(base)) {
    // Killing it now would cost its users what it still has in flight.
    if (signal?.aborted === true) return 'interrupted';
    if (performance.now() >= deadline) break;
    await sleep(pollMs);
  }
  const killed = await isRunning(base);
  if (killed) signalProcess(pid, 'SIGKILL');
  while (await isRunning(base)) await sleep(pollMs);
  // The shell needs a moment to record the exit code.
  for (let waited = 0; waited < 500 && (await detachedExitCode(base)) === undefined; waited += pollMs)
    await sleep(pollMs);
  return killed ? 'killed' : 'ended';
}

const isRunning = async (base: string): Promise<boolean> => (await detachedPid(base)) !== undefined;

function signalProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended in this moment.
  }
}

async function readNumber(path: string): Promise<number | undefined> {
  const text = await readText(path);
  const value = Number(text);
  return text === undefined || text.trim() === '' || !Number.isInteger(value) ? undefined : value;
}
