import type { DriverCall } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';
import type { Command } from '../core/target.ts';
import { type CommandContext, type GroupEnding, startGroup } from './process-group.ts';

export type { CommandContext } from './process-group.ts';

export interface CommandAnswer {
  /** null where a signal ended it, it was stopped, or it could not be started; `stderr` then says why. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface CommandOptions extends CommandContext, DriverCall {
  readonly timeoutMs: number;
}

/** Between SIGTERM and SIGKILL, for a command that has to end. */
const graceMs = 2000;
const mostCharacters = 16 * 1024 * 1024;

/**
 * Runs a short command of the target's and keeps its output in memory only, because it may hold a secret. Never throws.
 * Its process group is its own: Ctrl-C at the terminal reaches Shiproom, which ends the group through the signal.
 */
export async function askCommand(command: Command, options: CommandOptions): Promise<CommandAnswer> {
  const began = performance.now();
  const group = startGroup(command, {
    ...options,
    signal: options.signal,
    onStarted: options.onStarted,
    stopSignal: 'SIGTERM',
    graceMs,
    lifetime: 'independent',
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    group[name].setEncoding('utf8');
    group[name].on('data', (chunk: string) => {
      texts[name] += chunk;
      if (texts[name].length > mostCharacters) group.stop('too-much-output');
    });
  }
  const ending = await group.ended;
  const problem = problemOf(ending, options.timeoutMs);
  return {
    exitCode: problem === undefined ? ending.exitCode : null,
    stdout: texts.stdout,
    stderr: problem ?? texts.stderr,
    durationMs: performance.now() - began,
  };
}

function problemOf({ stopped, signal, startError }: GroupEnding, timeoutMs: number): string | undefined {
  if (startError !== undefined) return startError;
  switch (stopped) {
    case 'timed-out':
      return `not finished within its limit of ${timeoutMs / 1000} s`;
    case 'interrupted':
      return 'interrupted';
    case 'too-much-output':
      return `more than ${mostCharacters} characters of output`;
    case undefined:
      return signal === null ? undefined : `ended by ${signal}`;
  }
}

/** As askCommand, for a command that has to succeed. Throws ToolError with the command, its exit code and its last lines. */
export async function demandCommand(command: Command, options: CommandOptions): Promise<CommandAnswer> {
  const answer = await askCommand(command, options);
  if (answer.exitCode === 0) return answer;
  const how = answer.exitCode === null ? 'ended without an exit code' : `ended with exit code ${answer.exitCode}`;
  const output = (answer.stderr.trim() || answer.stdout.trim() || 'no output').split('\n').slice(-8).join('\n');
  throw new ToolError(`\`${command.join(' ')}\` ${how}: ${output}`, { command, exitCode: answer.exitCode });
}

/** The command with `{name}` in its arguments replaced; an unknown placeholder stays as it is. */
export const fillCommand = ([program, ...args]: Command, facts: Readonly<Record<string, string>>): Command => [
  program,
  ...args.map((arg) => arg.replaceAll(/\{(\w+)\}/g, (whole, name: string) => facts[name] ?? whole)),
];
