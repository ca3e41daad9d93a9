import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from './support/command.ts';
import { deadAddress, startStubServer } from './support/stub-server.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

/** Whatever is at the address, the verb ends in its time, never with 0, and tells what it saw. */
let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

it('a port where nobody listens is No-Go, by the address alone', async () => {
  const url = await deadAddress();
  const outcome = await runCommand('verify', ['--url', url, '--json']);
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  const { result, report } = await workspace.resultOf(outcome);
  expect(result.verdict).toMatchObject({ word: 'NO-GO', decidedBy: ['health'] });
  expect(result.verdict.because).toContain(`connect ECONNREFUSED ${new URL(url).host}`);
  expect(report).toContain('ECONNREFUSED');
  expect(result.notChecked.filter(({ required }) => required).map(({ id }) => id)).toEqual(
    expect.arrayContaining(['readiness', 'smoke', 'load', 'aftermath']),
  );
});

it('nobody waits for logins that will never come', async () => {
  const target = await workspace.targetFile({
    environments: { green: { api: await deadAddress() } },
    smoke: { budget: '5m' },
  });
  const outcome = await runCommand('smoke', ['--target', target, '--json']);
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  const { result } = await workspace.resultOf(outcome);
  expect(result.durationMs, 'far below the 75 s for which the logins would be waited for').toBeLessThan(50_000);
});

const strangers: readonly { readonly who: string; readonly answer: RequestListener; readonly seen: RegExp }[] = [
  {
    who: 'a server that answers 200 and {} to everything',
    answer: (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
    seen: /answered 200 without a status/,
  },
  {
    who: 'a server that answers with a page to everything',
    answer: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome!</h1>'),
    seen: /answered 200 without a status/,
  },
  {
    who: 'a server that sends everybody elsewhere',
    answer: (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    seen: /answered 302/,
  },
  { who: 'a server that accepts and never answers', answer: () => undefined, seen: /no answer within 5000 ms/ },
];

// --keep-going, so that every check has to see through the stranger by itself.
it.each(strangers)('$who fails every check that can be asked', async ({ answer, seen }) => {
  await using stranger = await startStubServer(answer);
  const target = await workspace.targetFile({ environments: { green: { api: stranger.url } } });
  const began = Date.now();
  const outcome = await runCommand('verify', ['--target', target, '--keep-going', '--json']);
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  expect(Date.now() - began, 'ends soon after its budgets are spent').toBeLessThan(75_000);
  const { result, report } = await workspace.resultOf(outcome);
  expect(result.judgements.filter(({ status }) => status === 'pass')).toEqual([]);
  const failed = result.judgements.filter(({ status }) => status === 'fail').map(({ id }) => id);
  expect(failed).toEqual(expect.arrayContaining(['health', 'readiness']));
  expect(result.judgements.map(({ id }) => id)).toEqual(expect.arrayContaining(['smoke.newman', 'smoke.api']));
  expect(result.verdict.because).toMatch(seen);
  expect(report).toMatch(seen);
  const load = result.notChecked.find(({ id }) => id === 'load');
  expect(load).toMatchObject({ reason: 'skipped', required: true });
  expect(load?.because).toMatch(/could not log in/);
});
