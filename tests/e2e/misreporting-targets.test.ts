import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand, startCommand } from './support/command.ts';
import { type Answer, type Distort, startProxy } from './support/proxy.ts';
import { type RunningSandbox, startSandbox } from './support/running-sandbox.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

/** A healthy FreeTask behind a proxy that says something else than is true: the right shape is not enough. */
let workspace: Workspace;
let sandbox: RunningSandbox;
let api: string;
beforeAll(async () => {
  workspace = await openWorkspace();
  sandbox = await startSandbox('freetask@1.4.0', 'freetask@1.4.0');
  const written = JSON.parse(await readFile(sandbox.targetFile, 'utf8')) as {
    environments: { green: { api: string } };
  };
  api = written.environments.green.api;
});
afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await workspace[Symbol.asyncDispose]();
});

const targetBehind = (url: string) =>
  workspace.targetFile({
    environments: { green: { api: url, release: 'freetask@1.4.0' } },
    smoke: { budget: '60s' },
    load: { rate: 20, duration: '10s' },
  });

it('is Go for the journey while the proxy tells the truth', async () => {
  await using proxy = await startProxy(api);
  const outcome = await runCommand('smoke', ['--target', await targetBehind(proxy.url), '--json']);
  const { result } = await workspace.resultOf(outcome);
  expect(result.verdict).toEqual({ word: 'GO', because: expect.any(String) as string, decidedBy: [] });
  expect(outcome.exitCode).toBe(0);
});

const rewrite = (wanted: RegExp, from: string | RegExp, to: string): Distort => {
  return ({ method, path }, answer): Answer =>
    wanted.test(`${method} ${path}`) ? { ...answer, text: answer.text.replaceAll(from, to) } : answer;
};

const lies: readonly { readonly lie: string; readonly distort: Distort; readonly seen: RegExp }[] = [
  {
    lie: 'a release that says RELEASED, and a job that is still in escrow when it is read back',
    distort: rewrite(/^GET \/jobs$/, /"RELEASED"|"COMPLETED"/g, '"ESCROWED"'),
    seen: /completed/i,
  },
  {
    lie: 'a payment that moved no money',
    distort: rewrite(/^GET \/wallet\/transactions$/, /"items":\[.*\]/g, '"items":[]'),
    seen: /paid once/,
  },
  {
    lie: 'a refusal in the words of a success',
    distort: ({ method, path }, answer) =>
      method === 'POST' && path === '/bids' && answer.status === 403 ? { ...answer, status: 201 } : answer,
    seen: /a client may not bid/,
  },
  {
    lie: 'a chat message that is not kept',
    distort: rewrite(/^GET \/chat\/.*messages$/, /"items":\[.*\]/g, '"items":[]'),
    seen: /both messages are read/,
  },
];

it.each(lies)('sees through $lie', async ({ distort, seen }) => {
  await using proxy = await startProxy(api, distort);
  const outcome = await runCommand('smoke', ['--target', await targetBehind(proxy.url), '--json']);
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  const { result, report } = await workspace.resultOf(outcome);
  const newman = result.judgements.find(({ id }) => id === 'smoke.newman');
  expect(newman).toMatchObject({ status: 'fail' });
  expect(newman?.clauses).toContain('3.1');
  expect(newman?.because).toMatch(seen);
  expect(newman?.requestIds.length, 'the answer that lied can be found again').toBeGreaterThan(0);
  expect(report).toMatch(seen);
});

it('another release than the expected one is No-Go, however well it answers', async () => {
  await using proxy = await startProxy(api);
  const target = await targetBehind(proxy.url);
  const outcome = await runCommand('smoke', ['--target', target, '--release', 'freetask@9.9.9', '--json']);
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  const { result } = await workspace.resultOf(outcome);
  const release = result.judgements.find(({ id }) => id === 'release');
  expect(release).toMatchObject({ status: 'fail', actual: 'freetask@1.4.0' });
});

it('a target that vanishes in the middle of the load is No-Go', async () => {
  await using proxy = await startProxy(api);
  const door = startCommand('verify', ['--target', await targetBehind(proxy.url), '--json']);
  await door.says(/› Load, profile/);
  const before = proxy.requests();
  await expect.poll(() => proxy.requests() - before, { timeout: 20_000, interval: 20 }).toBeGreaterThan(40);
  proxy.vanish();
  const outcome = await door.ended;
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  const { result, report } = await workspace.resultOf(outcome);
  const status = (id: string) => result.judgements.find((judgement) => judgement.id === id)?.status;
  expect(['health', 'readiness', 'smoke.newman', 'smoke.api'].map(status)).toEqual(['pass', 'pass', 'pass', 'pass']);
  expect(status('aftermath')).toBe('fail');
  expect(status('load.server-errors'), 'no answer at all counts as a server error').toBe('fail');
  expect(report).toContain('ECONNREFUSED');
});
