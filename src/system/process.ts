import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { $ } from 'zx/core';
import type { ToolOutcome } from '../core/evidence.ts';
import type { Mask } from '../core/redact.ts';
import type { Command } from '../core/target.ts';

export interface ToolRun {
  readonly tool: string;
  readonly version: string;
  readonly command: Command;
  /** The whole environment of the tool: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Absolute paths; written masked, line by line, while the tool runs. */
  readonly stdoutPath: string;
  readonly stderrPath: string;
  readonly timeoutMs: number;
  /** Aborting it stops the tool as a time-out does. */
  readonly signal: AbortSignal;
  readonly mask: Mask;
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** How long the tool may take to end by itself once told to; then its whole process group is killed. */
  readonly graceMs?: number;
}

/**
 * Runs one tool in a process group of its own and waits until every process of that group is gone.
 * Never throws for what the tool did: a crash, a time-out and an interruption are outcomes.
 */
export async function runTool(run: ToolRun): Promise<ToolOutcome> {
  const startedAt = new Date();
  await mkdir(dirname(run.stdoutPath), { recursive: true });
  const ending = { timedOut: false, interrupted: false };

  // `exec` makes the tool the leader of the group, so that signals reach it and not a shell in between. The loop beside it
  // ends the group should this process be killed: a load generator must not go on for nobody.
  const child = $({
    cwd: run.cwd,
    env: { ...run.env },
    detached: true,
    nothrow: true,
    quiet: true,
    verbose: false,
    stdio: ['ignore', 'pipe', 'pipe'],
  })`( while kill -0 ${process.pid}; do sleep 0.5; done; kill -9 0 ) </dev/null >/dev/null 2>&1 & exec ${[...run.command]}`;

  const texts = { stdout: '', stderr: '' };
  const sinks = (['stdout', 'stderr'] as const).map(async (name) => {
    const path = name === 'stdout' ? run.stdoutPath : run.stderrPath;
    const file = createWriteStream(path);
    for await (const line of createInterface({ input: child[name], crlfDelay: Infinity })) {
      const masked = run.mask(line);
      if (texts[name].length < keptCharacters) texts[name] += `${masked}\n`;
      file.write(`${masked}\n`);
      run.onLine?.(masked, name);
    }
    file.end();
    await finished(file);
  });

  const stopper = new AbortController();
  const stop = (reason: keyof typeof ending) => {
    if (ending.timedOut || ending.interrupted) return;
    ending[reason] = true;
    void stopGroup(child.pid, run.graceMs ?? 3000, stopper.signal);
  };
  const timer = setTimeout(() => stop('timedOut'), run.timeoutMs);
  const onAbort = () => stop('interrupted');
  run.signal.addEventListener('abort', onAbort, { once: true });
  if (run.signal.aborted) onAbort();

  try {
    const output = await child;
    // A grandchild that outlived the tool would hold a pipe or a port; nothing of the group stays behind.
    signalGroup(child.pid, 'SIGKILL');
    await Promise.all(sinks);
    return {
      tool: run.tool,
      version: run.version,
      command: run.command.map((part) => run.mask(part)),
      exitCode: output.exitCode,
      signal: output.signal,
      ...ending,
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      ...texts,
    };
  } finally {
    clearTimeout(timer);
    stopper.abort();
    run.signal.removeEventListener('abort', onAbort);
  }
}

/** What of a tool's talk is kept in memory; the files have all of it. */
const keptCharacters = 1_000_000;

/** SIGINT lets k6 and Playwright write their reports; whoever is still there after the grace is killed. */
async function stopGroup(pid: number | undefined, graceMs: number, gone: AbortSignal): Promise<void> {
  signalGroup(pid, 'SIGINT');
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, graceMs);
    gone.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
  if (!gone.aborted) signalGroup(pid, 'SIGKILL');
}

/** Every process of the group that `pid` leads. */
export function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already, which is what was wanted.
  }
}

/** Whether a process of that id exists (it may be another one by now; the caller asks further where that matters). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
