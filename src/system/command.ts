import { execFile } from 'node:child_process';
import type { Command } from '../core/target.ts';

export interface CommandAnswer {
  /** null when a signal ended it or it could not be started. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** Runs a short command of the target's and keeps its output in memory only, because it may be a secret. Never throws. */
export function askCommand(
  command: Command,
  options: {
    readonly env: Readonly<Record<string, string>>;
    readonly cwd: string;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  },
): Promise<CommandAnswer> {
  const [program, ...args] = command;
  const started = performance.now();
  const { env, cwd, timeoutMs, signal } = options;
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { env: { ...env }, cwd, timeout: timeoutMs, signal, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({
          exitCode,
          stdout,
          stderr: stderr || (error?.message ?? ''),
          durationMs: performance.now() - started,
        });
      },
    );
  });
}
