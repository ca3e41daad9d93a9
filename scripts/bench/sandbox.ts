import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const projectRoot = resolve(import.meta.dirname, '../..');

export interface BenchSandbox extends AsyncDisposable {
  /** Everything of this benchmark, gone at its end. */
  readonly folder: string;
  readonly reports: string;
  /** A target file like the sandbox's own, with other settings. */
  readonly targetFile: (settings: Readonly<Record<string, unknown>>) => Promise<string>;
  readonly publicAddress: string;
  readonly door: (verb: string, args: readonly string[]) => ChildProcess;
}

/** A sandbox of the benchmark's own, on free ports. */
export async function startBenchSandbox(args: readonly string[]): Promise<BenchSandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  const reports = join(folder, 'reports');
  const state = join(folder, 'sandbox');
  const main = ['scripts/run.mjs', 'sandbox/main.ts', '--state', state, '--with-process', String(process.pid), ...args];
  const sandbox = spawn(process.execPath, main, { cwd: projectRoot, stdio: ['ignore', 'ignore', 'inherit'] });
  let text: string | undefined;
  while (text === undefined) {
    if (sandbox.exitCode !== null) throw new Error('the sandbox did not start');
    text = await readFile(join(state, 'target.json'), 'utf8').catch(() => undefined);
    await sleep(50);
  }
  const target = JSON.parse(text) as { environments: { public: { api: string } }; rollout: object };
  let files = 0;
  return {
    folder,
    reports,
    publicAddress: target.environments.public.api,
    targetFile: async (settings) => {
      const file = join(folder, `target-${files++}.json`);
      await writeFile(
        file,
        JSON.stringify({ ...target, ...settings, rollout: { ...target.rollout, ...(settings['rollout'] as object) } }),
      );
      return file;
    },
    door: (verb, more) =>
      spawn(process.execPath, ['scripts/run.mjs', verb, ...more], {
        cwd: projectRoot,
        env: { ...process.env, SHIPROOM_REPORTS: reports },
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    [Symbol.asyncDispose]: async () => {
      if (sandbox.exitCode === null) {
        sandbox.kill('SIGTERM');
        await once(sandbox, 'exit');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What a door said on stdout as JSON, and its exit code. */
export async function resultOf<T>(door: ChildProcess): Promise<{ exitCode: number | null; result: T }> {
  let text = '';
  door.stdout?.on('data', (chunk) => (text += String(chunk)));
  const [exitCode] = (await once(door, 'close')) as [number | null];
  if (text === '') throw new Error(`no result, exit code ${exitCode}`);
  return { exitCode, result: JSON.parse(text) as T };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
