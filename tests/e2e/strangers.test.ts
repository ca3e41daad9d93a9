import { afterAll, beforeAll, expect, it } from 'vitest';
import { foreign } from '../strangers/habits.ts';
import { password, release, startFreeTask, type Stranger, users } from '../strangers/server.ts';
import { runCommand } from './support/command.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

/** Whole commands on services that differ from the sandbox in everything, by nothing but their target files. */
let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** What an operator writes about `foreign`. */
const describeForeign = ({ url }: Stranger) => ({
  environments: { green: { api: url, release, metrics: [`${url}/metrics`] } },
  paths: { auth: foreign.auth, api: foreign.api, health: foreign.health, ready: 'none' },
  identity: { from: 'header', name: foreign.releaseHeader },
  login: { with: 'password', path: `${foreign.auth}/login`, refresh: `${foreign.auth}/refresh`, password },
  users: Object.fromEntries(users.map(({ name, email }) => [name, email])),
  answers: {
    envelope: 'bare',
    requestIdHeader: foreign.requestIdHeader,
    error: { message: 'title', details: 'errors', requestId: 'none' },
  },
  absent: foreign.absent,
  metrics: { preset: 'opentelemetry' },
  smoke: { budget: '120s' },
});

it('verify is GO on a healthy FreeTask with other habits', async () => {
  // No Close frame is answered either, which no file can say.
  await using stranger = await startFreeTask({ ...foreign, answersClose: false });
  const target = await workspace.targetFile({ ...describeForeign(stranger), load: { rate: 120, duration: '10s' } });
  const outcome = await runCommand('verify', ['--target', target, '--json']);
  expect(outcome.exitCode, outcome.stderr).toBe(0);
  const { result } = await workspace.resultOf(outcome);
  expect(result.seenReleases).toEqual([release]);
  const left = result.notChecked.filter(({ id }) => id.startsWith('smoke.')).map(({ because }) => because);
  expect(left).toEqual(
    expect.arrayContaining(['the target has no POST /reviews', 'the target has no GET /notifications']),
  );
});

it('smoke is NO-GO by exactly what another client was let do, also where no Close frame is answered', async () => {
  await using stranger = await startFreeTask({ ...foreign, answersClose: false }, { ownershipUnchecked: true });
  const target = await workspace.targetFile(describeForeign(stranger));
  const outcome = await runCommand('smoke', ['--target', target, '--json']);
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  const { evidence } = await workspace.resultOf(outcome);
  const failed = evidence.smoke.flatMap(({ steps }) => steps.filter(({ status }) => status === 'fail'));
  const accepted = failed.map(({ name, requestIds }) => [name, requestIds.map((id) => stranger.answers.get(id))]);
  expect(Object.fromEntries(accepted)).toEqual({
    'Job: another user may not cancel it': ['PATCH /jobs/:id/status 200'],
    'another client may not pay into escrow': ['POST /payments/escrow 201'],
    'another client may not release the payment': ['POST /payments/release 200'],
    'another client may not cancel the job': ['PATCH /jobs/:id/status 200'],
  });
  const open = evidence.smoke.flatMap(({ steps }) => steps.filter(({ status }) => status === 'not-run'));
  expect(open).toEqual([]);
});
