import { spawn } from 'node:child_process';
import { ToolError } from '../core/errors.ts';
import type { Command } from '../core/target.ts';
import { signalGroup } from './process.ts';

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
    // In a group of its own: Ctrl-C at the terminal is for us to hear, and a change to the world is not cut off half way.
    const child = spawn(program, args, { env: { ...env }, cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const texts = { stdout: '', stderr: '' };
    let trouble = '';
    const stop = (why: string) => {
      trouble ||= why;
      signalGroup(child.pid, 'SIGKILL');
    };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        texts[name] += chunk;
        if (texts[name].length > mostCharacters) stop('it said more than anybody would read');
      });
    }
    const timer = setTimeout(() => stop(`not finished within ${timeoutMs} ms`), timeoutMs);
    const onAbort = () => stop('interrupted');
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const finish = (exitCode: number | null) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      const durationMs = performance.now() - started;
      resolve({ exitCode, stdout: texts.stdout, stderr: trouble || texts.stderr, durationMs });
    };
    child.once('error', (error) => {
      trouble ||= error.message;
      finish(null);
    });
    child.once('close', (code) => finish(trouble === '' ? code : null));
  });
}

const mostCharacters = 16 * 1024 * 1024;

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
