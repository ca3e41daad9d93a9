import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** One program of the cluster; it ends with the namespace that it runs in. */
export interface Component {
  readonly name: string;
  readonly log: string;
  /** Of the program itself, as the tests see it. */
  readonly pid: () => Promise<number>;
  /** What is wrong with it; undefined while it runs. */
  readonly failure: () => Promise<Error | undefined>;
}

export interface Start {
  readonly command: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly log: string;
}

export function startComponent(name: string, { command: [program = '', ...args], env, log }: Start): Component {
  const child = spawn(program, args, { env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const file = createWriteStream(log);
  child.stdout?.pipe(file, { end: false });
  child.stderr?.pipe(file, { end: false });
  child.on('error', (error) => file.write(`${error.message}\n`));
  return {
    name,
    log,
    pid: () => firstChild(pidOf(child)),
    failure: async () => {
      if (child.exitCode === null && child.signalCode === null) return undefined;
      const lines = (await readFile(log, 'utf8')).trim().split('\n');
      return new Error(
        `${name} ended (${child.exitCode ?? child.signalCode}), see ${log}:\n${lines.slice(-15).join('\n')}`,
      );
    },
  };
}

export function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('a program of the cluster could not be started');
  return pid;
}

/** The process that `unshare` or `nsenter` has forked. */
export async function firstChild(pid: number): Promise<number> {
  return until(`the child of process ${pid}`, 10_000, async () => {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return Number(text.trim().split(' ')[0]) || undefined;
  });
}

/** Asks until there is an answer. Throws at once where one of the components has ended, and after the limit. */
export async function until<T>(
  what: string,
  limitMs: number,
  ask: () => Promise<T | undefined>,
  components: readonly Component[] = [],
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    for (const component of components) {
      const failure = await component.failure();
      if (failure) throw failure;
    }
    if (Date.now() > deadline) throw new Error(`${what}: not there after ${limitMs / 1000} s`);
    await sleep(50);
  }
}
