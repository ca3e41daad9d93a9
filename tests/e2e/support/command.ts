import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from './running-sandbox.ts';

export interface CommandOutcome {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCommand {
  readonly process: ChildProcess;
  readonly ended: Promise<CommandOutcome>;
  /** Resolves as soon as stderr matches; rejects when the command ends without a match. */
  readonly printed: (wanted: RegExp) => Promise<void>;
}

/** A command as a real process, started as in package.json. */
export const startCommand = (verb: string, args: readonly string[], env: Record<string, string> = {}): RunningCommand =>
  startCommandWith([], verb, args, env);

/** Started by another program, which gets the whole command as arguments. */
export function startCommandWith(
  starter: readonly string[],
  verb: string,
  args: readonly string[],
  env: Record<string, string> = {},
): RunningCommand {
  const [program = '', ...rest] = [...starter, process.execPath, 'scripts/run.mjs', verb, ...args];
  const child = spawn(program, rest, {
    cwd: projectRoot,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (texts.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (texts.stderr += String(chunk)));
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, ...texts }));
  const printed = async (wanted: RegExp) => {
    while (!wanted.test(texts.stderr)) {
      if (child.exitCode !== null) throw new Error(`${verb} ended without printing ${wanted}:\n${texts.stderr}`);
      await sleep(20);
    }
  };
  return { process: child, ended, printed };
}

export const runCommand = (
  verb: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<CommandOutcome> => startCommand(verb, args, env).ended;
