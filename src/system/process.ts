import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import type { ToolOutcome } from '../core/evidence.ts';
import type { Mask } from '../core/redact.ts';
import type { Command } from '../core/target.ts';
import { type CommandContext, startGroup } from './process-group.ts';

// The journal's lock and the runners read it from here.
export { isAlive } from './process-identity.ts';

export interface ToolRun extends CommandContext {
  readonly tool: string;
  readonly version: string;
  readonly command: Command;
  /** Absolute paths; written masked, line by line, while the tool runs. */
  readonly stdoutPath: string;
  readonly stderrPath: string;
  readonly timeoutMs: number;
  /** Aborting it stops the tool as the time limit does. */
  readonly signal: AbortSignal;
  readonly mask: Mask;
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Between SIGINT and SIGKILL, for the tool to write its report. */
  readonly graceMs?: number;
}

/** What of a tool's output is kept in memory; the files have all of it. */
const keptCharacters = 1_000_000;

/**
 * Runs one tool in a process group of its own and waits until every process of that group has ended.
 * Never throws for what the tool did: a crash, a time-out and an interruption are outcomes.
 */
export async function runTool(run: ToolRun): Promise<ToolOutcome> {
  const startedAt = new Date();
  await mkdir(dirname(run.stdoutPath), { recursive: true });
  const group = startGroup(run.command, {
    ...run,
    // k6 and Playwright write their reports at SIGINT.
    stopSignal: 'SIGINT',
    graceMs: run.graceMs ?? 3000,
    lifetime: 'ends-with-us',
    onStarted: undefined,
  });
  const texts = { stdout: '', stderr: '' };
  const sinks = (['stdout', 'stderr'] as const).map(async (name) => {
    const file = createWriteStream(name === 'stdout' ? run.stdoutPath : run.stderrPath);
    const lines = createInterface({ input: group[name], crlfDelay: Infinity });
    // A pipe that another process keeps open is closed without its end.
    group[name].once('close', () => lines.close());
    for await (const line of lines) {
      const masked = run.mask(line);
      if (texts[name].length < keptCharacters) texts[name] += `${masked}\n`;
      file.write(`${masked}\n`);
      run.onLine?.(masked, name);
    }
    file.end();
    await finished(file);
  });
  const { exitCode, signal, stopped } = await group.ended;
  await Promise.all(sinks);
  return {
    tool: run.tool,
    version: run.version,
    command: run.command.map((part) => run.mask(part)),
    exitCode,
    signal,
    timedOut: stopped === 'timed-out',
    interrupted: stopped === 'interrupted',
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    ...texts,
  };
}
