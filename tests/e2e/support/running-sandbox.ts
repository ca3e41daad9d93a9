import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const projectRoot = resolve(import.meta.dirname, '../../..');

export interface RunningSandbox extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly state: string;
  /** A target file like the sandbox's own, with a readiness window that suits a test. */
  readonly targetFile: string;
  /** What one of the doubled services was sent so far. */
  readonly recorded: (service: string) => Promise<unknown>;
}

interface WrittenTarget {
  readiness: Record<string, string>;
  environments: Record<string, { api: string }>;
}

const startMs = 60_000;

/** A sandbox of its own, as a person starts it; gone with all that it started when the scope ends. */
export async function startSandbox(
  blue: string,
  green: string,
  readiness = { stableFor: '4s', interval: '100ms', budget: '20s' },
  more: readonly string[] = [],
): Promise<RunningSandbox> {
  const state = await mkdtemp(join(tmpdir(), 'sandbox-'));
  const args = [
    '--import',
    'tsx',
    'sandbox/main.ts',
    '--state',
    state,
    '--blue',
    blue,
    '--green',
    green,
    '--with-process',
    String(process.pid),
    ...more,
  ];
  const child = spawn(process.execPath, args, { cwd: projectRoot, stdio: ['ignore', 'ignore', 'pipe'] });
  let talk = '';
  child.stderr?.on('data', (chunk) => (talk += String(chunk)));
  const written = join(state, 'target.json');
  const deadline = Date.now() + startMs;
  let text: string | undefined;
  while (text === undefined) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the sandbox did not start:\n${talk}`);
    text = await readFile(written, 'utf8').catch(() => undefined);
    if (text === undefined) await sleep(50);
  }
  const targetFile = join(state, 'short.json');
  const target = JSON.parse(text) as WrittenTarget;
  await writeFile(targetFile, JSON.stringify({ ...target, readiness }));
  return {
    process: child,
    state,
    targetFile,
    recorded: async (service) => {
      const { doubles } = JSON.parse(await readFile(join(state, 'sandbox.json'), 'utf8')) as { doubles: string };
      return (await fetch(`${doubles}/_recorded?service=${service}`)).json();
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await rm(state, { recursive: true, force: true });
    },
  };
}
