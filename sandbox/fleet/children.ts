import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** How a child ended: its exit code, or 128 + the number of the signal, as in a shell. */
export interface Ending {
  readonly exitCode: number;
  readonly signal: string | null;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly running: () => boolean;
  readonly ended: Promise<Ending>;
  /** Sends the signal, waits, and kills after `graceMs`. */
  readonly stop: (signal: NodeJS.Signals, graceMs: number) => Promise<Ending>;
}

export interface StartOptions {
  readonly command: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  /** Resolves `start` when a line of stdout or stderr matches. */
  readonly readyLine: RegExp;
  readonly readyWithinMs: number;
}

const signalNumbers: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

/** Starts processes that never outlive this one: the guardian ends them if this process is killed. */
export class Children {
  readonly #guardian: ChildProcess;
  readonly #logs: string;
  readonly #onCrash: (child: string, ending: Ending) => void;

  constructor(logs: string, onCrash: (child: string, ending: Ending) => void) {
    this.#logs = logs;
    this.#onCrash = onCrash;
    this.#guardian = spawn(process.execPath, [join(import.meta.dirname, 'guardian.mjs')], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#guardian.unref();
    this.#guardian.stdin?.on('error', () => undefined);
  }

  async start(name: string, options: StartOptions): Promise<Child> {
    const [program, ...args] = options.command;
    const spawning: SpawnOptions = {
      env: options.env,
      cwd: options.cwd,
      ...options.user,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    };
    const child = spawn(program, args, spawning);
    const log = createWriteStream(join(this.#logs, `${name}.log`), { flags: 'a' });
    const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
    const pid = child.pid;
    if (pid === undefined) return failed;
    failed.catch(() => undefined);
    this.#send(`add ${pid}`);

    let stopping = false;
    let alive = true;
    const ended = new Promise<Ending>((resolve) => {
      child.once('exit', (code, signal) => {
        alive = false;
        this.#send(`remove ${pid}`);
        const ending = { exitCode: code ?? 128 + (signalNumbers[signal ?? ''] ?? 0), signal };
        if (!stopping) this.#onCrash(name, ending);
        resolve(ending);
      });
    });
    await untilReady(name, child, log, ended, options);
    return {
      name,
      pid,
      running: () => alive,
      ended,
      stop: async (signal, graceMs) => {
        stopping = true;
        if (!alive) return ended;
        child.kill(signal);
        const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
        const ending = await ended;
        clearTimeout(timer);
        return ending;
      },
    };
  }

  /** A folder or a socket that the guardian removes if its owner cannot. */
  ownPath(path: string): void {
    this.#send(`folder ${path}`);
  }

  /** A folder of `<name>.pid` files: the guardian ends these processes too, which others may have started. */
  ownPlaces(folder: string): void {
    this.#send(`places ${folder}`);
  }

  /** Everything was stopped in order: the guardian exits without action. */
  async release(): Promise<void> {
    this.#send('released');
    this.#guardian.ref();
    this.#guardian.stdin?.end();
    if (this.#guardian.exitCode === null) await once(this.#guardian, 'exit');
  }

  #send(line: string): void {
    this.#guardian.stdin?.write(`${line}\n`);
  }
}

async function untilReady(
  name: string,
  child: ChildProcess,
  log: NodeJS.WritableStream,
  ended: Promise<Ending>,
  { readyLine, readyWithinMs }: StartOptions,
): Promise<void> {
  const lastLines: string[] = [];
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        log.write(`${line}\n`);
        lastLines.push(line);
        if (lastLines.length > 12) lastLines.shift();
        if (readyLine.test(line)) resolve();
      });
    }
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${name} was not ready within ${readyWithinMs} ms:\n${lastLines.join('\n')}`));
    }, readyWithinMs);
  });
  const died = ended.then(({ exitCode }): never => {
    throw new Error(`${name} ended with exit code ${exitCode} before it was ready:\n${lastLines.join('\n')}`);
  });
  died.catch(() => undefined);
  try {
    await Promise.race([ready, late, died]);
  } finally {
    clearTimeout(timer);
    late.catch(() => undefined);
  }
}
