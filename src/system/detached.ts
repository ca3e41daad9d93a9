import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from '../core/target.ts';
import type { CommandContext } from './command.ts';
import { startOfProcess } from './exclusive-file.ts';
import { readText, removeFile, writeTextAtomic } from './files.ts';
import { isAlive } from './process.ts';

/**
 * The process outlives us, so its parent is a shell that stays: it writes down the id at once and the exit code at the
 * end, each in one move. `$1` is the path before the endings .pid, .exit and .log; .start is ours, and tells the process
 * from a later one with its id.
 */
const minder = `base=$1; shift
"$@" >>"$base.log" 2>&1 </dev/null &
child=$!
echo "$child" >"$base.pid.part" && mv "$base.pid.part" "$base.pid"
wait "$child"
echo "$?" >"$base.exit.part" && mv "$base.exit.part" "$base.exit"`;

/** Between the start of the shell and its first file. */
const firstFileMs = 3000;
const pollMs = 20;

/** Starts a process that lives on when we end, however we end. Resolves once its id is on disk. */
export async function startDetached(base: string, command: Command, { env, cwd }: CommandContext): Promise<void> {
  await Promise.all(['pid', 'start', 'exit'].map((ending) => removeFile(`${base}.${ending}`)));
  const shell = spawn('/bin/sh', ['-c', minder, 'minder', base, ...command], {
    cwd,
    env: { ...env },
    detached: true,
    stdio: 'ignore',
  });
  await once(shell, 'spawn');
  shell.unref();
  const deadline = performance.now() + firstFileMs;
  let pid: number | undefined;
  while ((pid = await readNumber(`${base}.pid`)) === undefined && performance.now() < deadline) await sleep(pollMs);
  const start = pid === undefined ? undefined : await startOfProcess(pid);
  if (start !== undefined) await writeTextAtomic(`${base}.start`, start);
}

/** The id of the process that was started last, while it lives. */
export async function detachedPid(base: string): Promise<number | undefined> {
  const pid = await readNumber(`${base}.pid`);
  if (pid === undefined || (await detachedExitCode(base)) !== undefined) return undefined;
  if (!isAlive(pid)) return undefined;
  const start = await readText(`${base}.start`);
  return start === undefined || start === (await startOfProcess(pid)) ? pid : undefined;
}

/** How it ended, as a shell says it (128 + n for signal n); undefined while it lives and where nobody saw the end. */
export const detachedExitCode = (base: string): Promise<number | undefined> => readNumber(`${base}.exit`);

/** SIGTERM, and SIGKILL once the grace is over. Resolves when it is gone. */
export async function stopDetached(base: string, graceMs: number): Promise<{ killed: boolean }> {
  const pid = await detachedPid(base);
  if (pid === undefined) return { killed: false };
  signal(pid, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  while ((await detachedPid(base)) !== undefined && performance.now() < deadline) await sleep(pollMs);
  const killed = (await detachedPid(base)) !== undefined;
  if (killed) signal(pid, 'SIGKILL');
  while ((await detachedPid(base)) !== undefined) await sleep(pollMs);
  // The shell needs a moment to write the exit code down.
  for (let waited = 0; waited < 500 && (await detachedExitCode(base)) === undefined; waited += pollMs)
    await sleep(pollMs);
  return { killed };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone in this moment, which is what was wanted.
  }
}

async function readNumber(path: string): Promise<number | undefined> {
  const text = await readText(path);
  const value = Number(text);
  return text === undefined || text.trim() === '' || !Number.isInteger(value) ? undefined : value;
}
