import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from './support/command.ts';
import { deadAddress, startStubServer } from './support/stub-server.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

/** Whatever answers at the address, the command ends within its budgets, never with 0, and reports what was observed. */
let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

it('a port where nothing listens is No-Go, by the address alone', async () => {
  const url = await deadAddress();
  const outcome = await runCommand('verify', ['--url', url, '--json']);
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  const { result, report } = await workspace.resultOf(outcome);
  expect(result.verdict).toMatchObject({ word: 'NO-GO', decidedBy: ['health'] });
  expect(result.verdict.because).toContain(`connection refused by ${new URL(url).host}`);
  expect(report).toContain('connection refused');
  expect(result.notChecked.filter(({ required }) => required).map(({ id }) => id)).toEqual(
    expect.arrayContaining(['readiness', 'smoke', 'load', 'aftermath']),
  );
});

it('the Playwright journey does not wait for logins of a collection that has ended', async () => {
  const target = await workspace.targetFile({
    environments: { green: { api: await deadAddress() } },
    smoke: { budget: '5m' },
  });
  const outcome = await runCommand('smoke', ['--target', target, '--json']);
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  const { result } = await workspace.resultOf(outcome);
  expect(result.durationMs, 'far below the 75 s for which the logins would be waited for').toBeLessThan(50_000);
});

/** No step of a target that does not answer as FreeTask takes longer than this. */
const budgets = {
  readiness: { stableFor: '300ms', interval: '100ms', budget: '1s' },
  smoke: { budget: '15s' },
};

const foreign: readonly {
  readonly what: string;
  readonly answer: RequestListener;
  readonly reason: RegExp;
  readonly smoke?: { readonly budget: string };
}[] = [
  {
    what: 'a server that answers 200 and {} to everything',
    answer: (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
    reason: /answered 200 \{\}, expected 200/,
  },
  {
    what: 'a server that answers a page to everything',
    answer: (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome!</h1>'),
    reason: /answered 200 .*Welcome!.*, expected 200/,
  },
  {
    what: 'a server that redirects everything',
    answer: (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    reason: /answered 302 with a redirect to \S+, another origin, expected 200/,
  },
  {
    what: 'a server that accepts and never answers',
    answer: () => undefined,
    reason: /no answer within 5000 ms/,
    smoke: { budget: '3s' },
  },
];

// --keep-going, so that every check is executed against it.
it.each(foreign)('$what fails every check', async ({ answer, reason, smoke = budgets.smoke }) => {
  await using server = await startStubServer(answer);
  const target = await workspace.targetFile({ environments: { green: { api: server.url } }, ...budgets, smoke });
  const outcome = await runCommand('verify', ['--target', target, '--keep-going', '--json']);
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  const { result, report } = await workspace.resultOf(outcome);
  expect(result.judgements.filter(({ status }) => status === 'pass')).toEqual([]);
  const failed = result.judgements.filter(({ status }) => status === 'fail').map(({ id }) => id);
  expect(failed).toEqual(expect.arrayContaining(['health', 'readiness']));
  expect(result.judgements.map(({ id }) => id)).toEqual(expect.arrayContaining(['smoke.newman', 'smoke.api']));
  // The headline is the finding that costs most: a journey whose users cannot log in.
  expect(result.verdict.decidedBy).toContain('health');
  expect(result.judgements.find(({ id }) => id === 'health')?.because).toMatch(reason);
  expect(report).toMatch(reason);
  const load = result.notChecked.find(({ id }) => id === 'load');
  expect(load).toMatchObject({ reason: 'skipped', required: true });
  expect(load?.because).toMatch(/could not log in/);
  // Every request to a server that never answers ends within 5 s, every tool within the budget of the journey.
  expect(result.durationMs).toBeLessThan(75_000);
});
