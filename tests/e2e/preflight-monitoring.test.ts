import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createRepository } from '../../sandbox/app/repository.ts';
import { firstAlerts } from '../../sandbox/doubles/sentry-alerts.ts';
import { type Recorder, startRecorder } from '../../sandbox/doubles/recorder.ts';
import { changeSentry, detectors } from '../contract/support/sentry-alerts.ts';
import { runCommand } from './support/command.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

/** Clauses 1.4a and 1.4b by the command, which needs Sentry and the repository alone: nothing is deployed. */
const off = { off: 'nothing is built' };
let workspace: Workspace;
let recorder: Recorder;
let target: string;
beforeAll(async () => {
  [workspace, recorder] = await Promise.all([openWorkspace(), startRecorder()]);
  const folder = await createRepository(workspace.path);
  target = await workspace.targetFile({
    environments: { public: { api: 'http://127.0.0.1:1' } },
    login: 'none',
    store: { driver: 'folder', folder: join(workspace.path, 'store') },
    preflight: {
      gates: { analyze: off, test: off, 'api-lint': off, 'api-test': off },
      database: off,
      artifacts: { bundle: off, image: off },
    },
    sentry: {
      url: recorder.address,
      org: 'freetask',
      project: 'api',
      token: 'SENTRY_AUTH_TOKEN',
      repository: 'freetask/app',
      commits: { folder },
    },
  });
});
afterAll(async () => {
  await recorder.stop();
  await workspace[Symbol.asyncDispose]();
});
afterEach(() => changeSentry(recorder, firstAlerts()));

const token = 'a-very-secret-token';
async function preflight(release = 'freetask@1.5.0') {
  const args = ['--target', target, '--release', release, '--json'];
  const ended = await runCommand('preflight', args, { SENTRY_AUTH_TOKEN: token });
  const run = await workspace.resultOf(ended);
  expect(run.report + ended.stderr).not.toContain(token);
  const statuses = Object.fromEntries(run.result.judgements.map(({ id, status }) => [id, status]));
  return { ...run, exitCode: ended.exitCode, statuses };
}
const passed = {
  'sentry.release': 'pass',
  'alert.crash-free': 'pass',
  'alert.payment-success': 'pass',
  'alert.server-errors': 'pass',
  'alerts.firing': 'pass',
};
/** The detectors, the one with this id changed; undefined: without it. */
const withDetector = (id: string, more: object | undefined): object => ({
  detectors: detectors().flatMap((each) => (each['id'] !== id ? [each] : more ? [{ ...each, ...more }] : [])),
});

it('the release is in Sentry with its commits and the rules are active: GO, and nothing is repeated by a second run', async () => {
  const { exitCode, statuses, report } = await preflight();
  expect({ exitCode, statuses }).toEqual({ exitCode: 0, statuses: passed });
  expect(report).toContain('Server errors above 0.5 %');
  const posted = () => recorder.received().filter(({ method }) => method === 'POST');
  expect(posted().filter(({ status }) => status === 201)).toHaveLength(1);
  const before = posted().length;
  expect((await preflight()).exitCode).toBe(0);
  expect(posted()).toHaveLength(before);
});

it('without a tag of the release: HOLD', async () => {
  const { exitCode, result } = await preflight('freetask@9.9.9');
  expect(exitCode).toBe(3);
  expect(result.verdict.because).toContain("has no tag freetask@9.9.9: git tag 'freetask@9.9.9'");
});

it.each<[string, object, number, object]>([
  ['missing', withDetector('1', undefined), 1, { 'alert.crash-free': 'fail' }],
  ['disabled', withDetector('2', { enabled: false }), 1, { 'alert.payment-success': 'fail' }],
  ['without a recipient', withDetector('3', { workflowIds: [] }), 1, { 'alert.server-errors': 'fail' }],
  [
    'too late',
    withDetector('3', {
      conditionGroup: { logicType: 'any', conditions: [{ type: 'gt', comparison: 0.01, conditionResult: 75 }] },
    }),
    1,
    { 'alert.server-errors': 'fail' },
  ],
  ['firing', withDetector('3', { openIssues: 2 }), 3, { 'alerts.firing': 'inconclusive' }],
])('a rule that is %s', async (_, state, code, expected) => {
  await changeSentry(recorder, state);
  const { exitCode, statuses } = await preflight();
  expect({ exitCode, statuses }).toEqual({ exitCode: code, statuses: { ...passed, ...expected } });
});

it('the old interface is read where there are no detectors; where both are gone: HOLD', async () => {
  await changeSentry(recorder, { detectorsStatus: 410 });
  expect((await preflight()).exitCode).toBe(0);
  await changeSentry(recorder, { alertRulesStatus: 410 });
  const { exitCode, statuses } = await preflight();
  expect(exitCode).toBe(3);
  expect(statuses['alert.crash-free']).toBe('error');
});
