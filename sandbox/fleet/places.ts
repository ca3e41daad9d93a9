import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from './children.ts';
import type { Colour } from './haproxy.ts';

/** Where an instance can run. */
export interface Place {
  readonly name: string;
  readonly colour: Colour;
  readonly zone: string;
  /** A spare place, empty until a rolling update needs it. */
  readonly surge: boolean;
  readonly port: number;
}

/**
 * What runs where, as files: `<place>.json` names the release, `<place>.pid` the process, `<place>.exit` its exit code once
 * it has ended. The program that starts an instance writes them.
 */
export interface Places {
  readonly folder: string;
  readonly record: (place: string, release: string, child: Child) => Promise<void>;
  readonly releaseIn: (place: string) => Promise<string | undefined>;
  readonly isRunning: (place: string) => Promise<boolean>;
  /** SIGTERM, then SIGKILL after `graceMs`; the exit code, undefined where nothing ran. */
  readonly stop: (place: string, graceMs: number) => Promise<number | undefined>;
  /** Everything that runs in any place. */
  readonly stopAll: (graceMs: number) => Promise<void>;
}

const pollMs = 20;

export async function openPlaces(folder: string): Promise<Places> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const path = (place: string, ending: string) => join(folder, `${place}.${ending}`);
  const read = (place: string, ending: string) => readFile(path(place, ending), 'utf8').catch(() => undefined);
  const write = async (place: string, ending: string, text: string) => {
    await writeFile(`${path(place, ending)}.part`, text);
    await rename(`${path(place, ending)}.part`, path(place, ending));
  };
  const pidOf = async (place: string) => {
    const pid = Number(await read(place, 'pid'));
    return pid > 0 && (await read(place, 'exit')) === undefined && signal(pid, 0) ? pid : undefined;
  };
  const stop = async (place: string, graceMs: number) => {
    const pid = await pidOf(place);
    if (pid === undefined) return undefined;
    signal(pid, 'SIGTERM');
    const deadline = performance.now() + graceMs;
    while ((await pidOf(place)) !== undefined) {
      if (performance.now() > deadline) signal(pid, 'SIGKILL');
      await sleep(pollMs);
    }
    // The program that started it writes its exit code a moment later.
    for (let waited = 0; waited < 500; waited += pollMs) {
      const code = await read(place, 'exit');
      if (code !== undefined) return Number(code);
      await sleep(pollMs);
    }
    return 1;
  };
  return {
    folder,
    record: async (place, release, child) => {
      await rm(path(place, 'exit'), { force: true });
      await write(place, 'json', JSON.stringify({ place, release }));
      await write(place, 'pid', String(child.pid));
      void child.ended.then(({ exitCode }) => write(place, 'exit', String(exitCode)).catch(() => undefined));
    },
    releaseIn: async (place) => {
      const text = await read(place, 'json');
      return text === undefined ? undefined : (JSON.parse(text) as { release: string }).release;
    },
    isRunning: async (place) => (await pidOf(place)) !== undefined,
    stop,
    stopAll: async (graceMs) => {
      const files = await readdir(folder);
      const names = files.flatMap((file) => /^(.+)\.pid$/.exec(file)?.[1] ?? []);
      await Promise.all(names.map((name) => stop(name, graceMs)));
    },
  };
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
