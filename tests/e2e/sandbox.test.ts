import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseEnvironment } from '../../src/config/target-file.ts';
import { projectRoot, type RunningSandbox, startSandbox } from './support/running-sandbox.ts';
import { parseDeployment } from '../contract/support/service-defaults.ts';

const sandbox = (...args: string[]) =>
  spawnSync(process.execPath, ['scripts/run.mjs', 'sandbox', ...args], { cwd: projectRoot, encoding: 'utf8' });
const release = async (url: string) => (await fetch(`${url}/healthz`)).headers.get('x-app-release');

interface OwnFacts {
  readonly instances: { readonly port: number }[];
  readonly databaseUrl: string;
}
const stepInfo = ({ state }: RunningSandbox) =>
  JSON.parse(readFileSync(join(state, 'sandbox.json'), 'utf8')) as OwnFacts;
const isReached = (port: number) =>
  fetch(`http://127.0.0.1:${port}/healthz`).then(
    () => true,
    () => false,
  );

describe('two sandboxes side by side', () => {
  let first: RunningSandbox;
  let second: RunningSandbox;
  beforeAll(async () => {
    first = await startSandbox('freetask@1.4.0', 'freetask@1.5.0');
    second = await startSandbox('freetask@1.4.0', 'freetask@1.5.0-shutdown-drops');
  });
  afterAll(async () => {
    await first[Symbol.asyncDispose]();
    await second[Symbol.asyncDispose]();
  });

  const environmentOf = (running: RunningSandbox, name: string) => {
    const file = join(running.state, 'target.json');
    return chooseEnvironment(file, parseDeployment(file, readFileSync(file, 'utf8')), name).environment;
  };

  it('each writes its own addresses to a target file; users are on blue', async () => {
    for (const running of [first, second])
      expect(await release(environmentOf(running, 'public').api)).toBe('freetask@1.4.0');
    expect(await release(environmentOf(first, 'green').api)).toBe('freetask@1.5.0');
    expect(await release(environmentOf(second, 'green').api)).toBe('freetask@1.5.0-shutdown-drops');
  });

  it('the same state folder twice is refused, and the first is named', () => {
    const { status, stderr } = sandbox('--state', first.state);
    expect(status).toBe(2);
    expect(stderr).toContain(`process ${first.process.pid}`);
  });

  it('a colour is stopped and started by the commands in the target file', async () => {
    const { shutdown, api } = environmentOf(first, 'green');
    if (!shutdown) throw new Error('the target file has no shutdown');
    const run = ([program, ...args]: readonly [string, ...string[]]) =>
      spawnSync(program, args, { cwd: projectRoot }).status;
    expect(run(shutdown.stop)).toBe(0);
    await expect(release(api)).rejects.toThrow('fetch failed');
    expect(run(shutdown.start)).toBe(0);
    expect(await release(api)).toBe('freetask@1.5.0');
  });

  it('a colour is given another release while it runs, a known one', async () => {
    const control = join(projectRoot, 'sandbox/control.mjs');
    // Not spawnSync: fetch has to notice meanwhile that its kept connection was closed.
    const start = (name: string) =>
      promisify(execFile)(process.execPath, [control, 'start', 'green', '--release', name, '--state', second.state]);
    await start('freetask@1.6.0');
    expect(await release(environmentOf(second, 'green').api)).toBe('freetask@1.6.0');
    await expect(start('freetask@0.0.1')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('there is no release "freetask@0.0.1"; known: freetask@1.4.0') as string,
    });
    expect(await release(environmentOf(second, 'green').api)).toBe('freetask@1.6.0');
  });

  it('killed with SIGKILL it leaves nothing behind: no instance, no database, no folder', async () => {
    const { instances, databaseUrl } = stepInfo(second);
    const ports = [...instances.map(({ port }) => port), Number(new URL(databaseUrl).port)];
    second.process.kill('SIGKILL');
    await once(second.process, 'exit');
    await expect
      .poll(async () => (await Promise.all(ports.map(isReached))).some(Boolean), { timeout: 15_000 })
      .toBe(false);
    expect(await isReached(stepInfo(first).instances[0]?.port ?? 0)).toBe(true);
  });

  it('stopped by SIGTERM it ends with 0 and removes its target file', async () => {
    first.process.kill('SIGTERM');
    const [code] = (await once(first.process, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(existsSync(join(first.state, 'target.json'))).toBe(false);
    await expect
      .poll(() => readdirSync(tmpdir()).filter((name) => name.includes(`freetask-${first.process.pid}`)), {
        timeout: 5000,
      })
      .toEqual([]);
  });
});

it('--list names every release, what is wrong with it, and the clauses that must catch it', () => {
  const listed = JSON.parse(sandbox('--list', '--json').stdout) as {
    name: string;
    clauses: string[];
    description: string;
  }[];
  expect(listed.length).toBeGreaterThanOrEqual(14);
  const { stdout } = sandbox('--list');
  for (const { name, clauses, description } of listed) {
    expect(stdout).toContain(`${name} `);
    expect(stdout).toContain(description);
    expect(stdout).toContain(clauses.join(' '));
  }
});

it.each([
  [['--green', 'freetask@0.0.1'], 'freetask@1.5.0'],
  [['--gren', 'x'], '--green'],
  [['--instances', '0'], '1 to 8'],
])('%j is refused', (args, message) => {
  const { status, stderr } = sandbox(...args);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});
