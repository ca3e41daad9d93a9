import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { processesWithTmpdir } from './support/descendants.ts';
import { type RunningCommand, startCommand } from './support/command.ts';
import { startProxy } from './support/proxy.ts';
import { type RunningSandbox, startSandbox } from './support/running-sandbox.ts';
import { startStubServer } from './support/stub-server.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

/** Ctrl-C at any moment: exit code 130, no process and no token left behind, and a report of what was observed until then. */
let sandbox: RunningSandbox;
let environment: { api: string; web?: string };
beforeAll(async () => {
  sandbox = await startSandbox('freetask@1.4.0', 'freetask@1.4.0');
  environment = sandbox.environments.green;
});
afterAll(() => sandbox[Symbol.asyncDispose]());

async function interrupt(
  command: RunningCommand,
  workspace: Workspace,
  signal: NodeJS.Signals,
  programs: readonly RegExp[],
) {
  for (const program of programs) {
    const running = async () =>
      (await processesWithTmpdir(workspace.path)).map((started) => started.command).join('\n');
    await expect.poll(running, { timeout: 30_000, interval: 50 }).toMatch(program);
  }
  const began = Date.now();
  command.process.kill(signal);
  const outcome = await command.ended;
  expect(outcome.exitCode, outcome.stderr).toBe(130);
  expect(Date.now() - began).toBeLessThan(5000);
  expect(outcome.stderr).toContain(`${signal}: stopping every process that this run started`);
  expect(await processesWithTmpdir(workspace.path)).toEqual([]);
  expect((await readdir(workspace.path)).filter((name) => name.startsWith('shiproom'))).toEqual([]);
  const { result, report, journal } = await workspace.resultOf(outcome);
  expect(result).toMatchObject({ interrupted: true, exitCode: 130, verdict: { word: 'HOLD' } });
  expect(result.verdict.because).toContain('interrupted');
  expect(report).toMatch(/interrupted/i);
  expect(journal).toContain(`{"type":"interrupted","signal":"${signal}"}`.slice(1));
  return result;
}

it('in readiness', async () => {
  await using workspace = await openWorkspace();
  await using starting = await startStubServer(({ url }, response) => {
    response.writeHead(url === '/healthz' ? 200 : 503, { 'content-type': 'application/json' }).end('{"status":"ok"}');
  });
  const target = await workspace.targetFile({
    environments: { green: { api: starting.url } },
    readiness: { stableFor: '30s', interval: '500ms', budget: '60s' },
  });
  const command = startCommand('verify', ['--target', target, '--json'], { TMPDIR: workspace.path });
  await command.printed(/› Readiness/);
  const result = await interrupt(command, workspace, 'SIGINT', []);
  const readiness = result.judgements.find(({ id }) => id === 'readiness');
  expect(readiness).toMatchObject({ status: 'error', because: expect.stringContaining('interrupted') as string });
  expect(result.notChecked.find(({ id }) => id === 'smoke')?.because).toContain('interrupted');
});

it('in the smoke journey, while Newman, Playwright and a browser are running', async () => {
  await using workspace = await openWorkspace();
  await using proxy = await startProxy(environment.api);
  const target = await workspace.targetFile({
    environments: { green: { api: proxy.url, web: proxy.url } },
    smoke: { budget: '60s' },
  });
  const command = startCommand('smoke', ['--target', target, '--json'], { TMPDIR: workspace.path });
  await command.printed(/› Smoke journey/);
  const result = await interrupt(command, workspace, 'SIGINT', [/newman-child/, /playwright/, /chrom/]);
  expect(result.judgements.filter(({ id, status }) => id.startsWith('smoke') && status === 'pass')).toEqual([]);
});

it('in the load, by SIGTERM as a pipeline would', async () => {
  await using workspace = await openWorkspace();
  await using proxy = await startProxy(environment.api);
  const target = await workspace.targetFile({
    environments: { green: { api: proxy.url } },
    load: { rate: 10, duration: '60s' },
  });
  const command = startCommand('load', ['--target', target, '--json'], { TMPDIR: workspace.path });
  await command.printed(/› Load, profile/);
  const before = proxy.requests();
  await expect.poll(() => proxy.requests() - before, { timeout: 20_000, interval: 20 }).toBeGreaterThan(10);
  const result = await interrupt(command, workspace, 'SIGTERM', [/k6.* run /]);
  expect(result.judgements.find(({ id }) => id === 'load.run')).toMatchObject({ status: 'error' });
  expect(result.judgements.filter(({ id, status }) => id.startsWith('load.') && status === 'fail')).toEqual([]);
});
