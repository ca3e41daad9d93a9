import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const projectRoot = resolve(import.meta.dirname, '../../..');

export interface SandboxEnvironment {
  readonly api: string;
  readonly web: string;
  readonly metrics: readonly string[];
}

export interface RunningSandbox extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly state: string;
  /** A target file like the sandbox's own, with a readiness window that suits a test. */
  readonly targetFile: string;
  readonly environments: Readonly<Record<'blue' | 'green' | 'public', SandboxEnvironment>>;
  /** Stops what runs on the colour and starts this release in its place. */
  readonly replaceRelease: (colour: 'blue' | 'green', release: string) => Promise<void>;
  /** What one of the doubled services was sent so far. */
  readonly recorded: (service: string) => Promise<unknown>;
}

interface WrittenTarget {
  readonly readiness: Readonly<Record<string, string>>;
  readonly environments: RunningSandbox['environments'];
}

interface SandboxFacts {
  readonly doubles: string;
  readonly control: { readonly address: string; readonly token: string };
}

const startMs = 60_000;

/** A sandbox of the test's own, started by its own command; stopped with everything that it started when the scope ends. */
export async function startSandbox(
  blue: string,
  green: string,
  readiness = { stableFor: '4s', interval: '100ms', budget: '20s' },
  more: readonly string[] = [],
): Promise<RunningSandbox> {
  const state = await mkdtemp(join(tmpdir(), 'sandbox-'));
  const releases = ['--blue', blue, '--green', green];
  const owner = ['--state', state, '--with-process', String(process.pid)];
  const child = spawn(process.execPath, ['scripts/run.mjs', 'sandbox', ...releases, ...owner, ...more], {
    cwd: projectRoot,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const target = await waitForTarget(child, join(state, 'target.json'));
  const targetFile = join(state, 'short.json');
  await writeFile(targetFile, JSON.stringify({ ...target, readiness }));
  const facts = JSON.parse(await readFile(join(state, 'sandbox.json'), 'utf8')) as SandboxFacts;
  return {
    process: child,
    state,
    targetFile,
    environments: target.environments,
    replaceRelease: (colour, release) => replaceRelease(facts, colour, release),
    recorded: async (service) => (await fetch(`${facts.doubles}/_recorded?service=${service}`)).json(),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      await rm(state, { recursive: true, force: true });
    },
  };
}

async function waitForTarget(child: ChildProcess, file: string): Promise<WrittenTarget> {
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  const deadline = Date.now() + startMs;
  for (;;) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the sandbox did not start:\n${stderr}`);
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text !== undefined) return JSON.parse(text) as WrittenTarget;
    await sleep(50);
  }
}

async function replaceRelease({ control }: SandboxFacts, colour: string, release: string): Promise<void> {
  const answer = await fetch(`${control.address}/${colour}/start?release=${encodeURIComponent(release)}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${control.token}` },
  });
  if (!answer.ok) throw new Error(`${release} was not started on ${colour}: ${await answer.text()}`);
}
