import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** How a child ended: its exit code, or 128 + the number of the signal, as a shell says it. */
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

/** Starts processes that never outlive this one: the guardian ends them should this process be killed. */
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
    this.#tell(`add ${pid}`);

    let stopping = false;
    let alive = true;
    const ended = new Promise<Ending>((resolve) => {
      child.once('exit', (code, signal) => {
        alive = false;
        this.#tell(`remove ${pid}`);
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

  /** A folder or a socket that must not stay behind either; in the usual case its owner removes it. */
  ownPath(path: string): void {
    this.#tell(`folder ${path}`);
  }

  /** A folder of `<name>.pid` files: processes that others started in it must not stay behind either. */
  ownPlaces(folder: string): void {
    this.#tell(`places ${folder}`);
  }

  /** Everything was stopped in order: the guardian may go without a deed. */
  async release(): Promise<void> {
    this.#tell('released');
    this.#guardian.ref();
    this.#guardian.stdin?.end();
    if (this.#guardian.exitCode === null) await once(this.#guardian, 'exit');
  }

  #tell(line: string): void {
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
  const seen = new Promise<void>((resolve) => {
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
    await Promise.race([seen, late, died]);
  } finally {
    clearTimeout(timer);
    late.catch(() => undefined);
  }
}
