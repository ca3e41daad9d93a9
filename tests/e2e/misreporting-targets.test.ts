import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand, startCommand } from './support/command.ts';
import { type Answer, type Distort, startProxy } from './support/proxy.ts';
import { type RunningSandbox, startSandbox } from './support/running-sandbox.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

/** A healthy FreeTask behind a proxy that changes its answers: answers of the right shape are not enough. */
let workspace: Workspace;
let sandbox: RunningSandbox;
let api: string;
beforeAll(async () => {
  workspace = await openWorkspace();
  sandbox = await startSandbox('freetask@1.4.0', 'freetask@1.4.0');
  api = sandbox.environments.green.api;
});
afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await workspace[Symbol.asyncDispose]();
});

const targetBehind = (url: string, smoke: Readonly<Record<string, unknown>> = {}) =>
  workspace.targetFile({
    environments: { green: { api: url, release: 'freetask@1.4.0' } },
    smoke: { budget: '60s', ...smoke },
    load: { rate: 20, duration: '10s' },
  });
const collectionAlone = { playwright: false };

it('the journey is Go while the proxy changes nothing', async () => {
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

const changes: readonly { readonly what: string; readonly distort: Distort; readonly reason: RegExp }[] = [
  {
    what: 'a release of the payment that is answered RELEASED and read back as ESCROWED',
    distort: rewrite(/^GET \/jobs$/, /"RELEASED"|"COMPLETED"/g, '"ESCROWED"'),
    reason: /completed/i,
  },
  {
    what: 'a payment that moved no money',
    distort: rewrite(/^GET \/wallet\/transactions$/, /"items":\[.*\]/g, '"items":[]'),
    reason: /paid once/,
  },
  {
    what: 'a refusal with the status of a success',
    distort: ({ method, path }, answer) =>
      method === 'POST' && path === '/bids' && answer.status === 403 ? { ...answer, status: 201 } : answer,
    reason: /a client may not bid/,
  },
  {
    what: 'a chat message that is not stored',
    distort: rewrite(/^GET \/chat\/.*messages$/, /"items":\[.*\]/g, '"items":[]'),
    reason: /both messages are read/,
  },
];

it.each(changes)('the collection fails on $what', async ({ distort, reason }) => {
  await using proxy = await startProxy(api, distort);
  const target = await targetBehind(proxy.url, collectionAlone);
  const outcome = await runCommand('smoke', ['--target', target, '--json']);
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  const { result, report } = await workspace.resultOf(outcome);
  const newman = result.judgements.find(({ id }) => id === 'smoke.newman');
  expect(newman).toMatchObject({ status: 'fail' });
  expect(newman?.clauses).toContain('3.1');
  expect(newman?.because).toMatch(reason);
  expect(newman?.requestIds.length, 'the changed answer can be found by its request id').toBeGreaterThan(0);
  expect(report).toMatch(reason);
});

it('another release than the expected one is No-Go by 2.B1, although every answer is correct', async () => {
  await using proxy = await startProxy(api);
  const target = await targetBehind(proxy.url, collectionAlone);
  const outcome = await runCommand('smoke', ['--target', target, '--release', 'freetask@9.9.9', '--json']);
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  const { result } = await workspace.resultOf(outcome);
  const release = result.judgements.find(({ id }) => id === 'release');
  expect(release).toMatchObject({ status: 'fail', clauses: ['2.B1'], actual: 'freetask@1.4.0' });
});

it('a target that vanishes in the middle of the load is No-Go', async () => {
  await using proxy = await startProxy(api);
  const command = startCommand('load', ['--target', await targetBehind(proxy.url), '--json']);
  await command.printed(/› Load, profile/);
  const before = proxy.requests();
  await expect.poll(() => proxy.requests() - before, { timeout: 20_000, interval: 20 }).toBeGreaterThan(40);
  proxy.vanish();
  const outcome = await command.ended;
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  const { result, report } = await workspace.resultOf(outcome);
  const status = (id: string) => result.judgements.find((judgement) => judgement.id === id)?.status;
  expect(status('aftermath')).toBe('fail');
  expect(status('load.server-errors'), 'no answer at all counts as a server error').toBe('fail');
  expect(report).toContain('connection refused');
});
