import { execFile } from 'node:child_process';
import { ToolError } from '../core/errors.ts';
import type { Command } from '../core/target.ts';

export interface CommandAnswer {
  /** null when a signal ended it or it could not be started. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

/** How the commands of one target are run. */
export interface CommandContext {
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** Runs a short command of the target's and keeps its output in memory only, because it may be a secret. Never throws. */
export function askCommand(
  command: Command,
  options: CommandContext & { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<CommandAnswer> {
  const [program, ...args] = command;
  const started = performance.now();
  const { env, cwd, timeoutMs, signal } = options;
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      {
        env: { ...env },
        cwd,
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: 16 * 1024 * 1024,
        ...(signal ? { signal } : {}),
      },
      (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        const durationMs = performance.now() - started;
        const late = error?.killed && durationMs >= timeoutMs ? `not finished within ${timeoutMs} ms` : undefined;
        resolve({ exitCode, stdout, stderr: late ?? (stderr || (error?.message ?? '')), durationMs });
      },
    );
  });
}

/** As askCommand, for a command that has to succeed. Throws ToolError with the command, its exit code and what it said. */
export async function demandCommand(
  command: Command,
  options: CommandContext & { readonly timeoutMs: number },
): Promise<CommandAnswer> {
  const answer = await askCommand(command, options);
  if (answer.exitCode === 0) return answer;
  const how = answer.exitCode === null ? 'did not end by itself' : `ended with exit code ${answer.exitCode}`;
  const said = (answer.stderr.trim() || answer.stdout.trim() || 'it said nothing').split('\n').slice(-8).join('\n');
  throw new ToolError(`\`${command.join(' ')}\` ${how}: ${said}`, { command, exitCode: answer.exitCode });
}

/** The command with `{name}` in its arguments replaced; a placeholder that nobody fills stays as it is. */
export const fillCommand = ([program, ...args]: Command, facts: Readonly<Record<string, string>>): Command => [
  program,
  ...args.map((arg) => arg.replaceAll(/\{(\w+)\}/g, (whole, name: string) => facts[name] ?? whole)),
];
