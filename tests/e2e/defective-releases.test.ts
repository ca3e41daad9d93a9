import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chooseEnvironment } from '../../src/config/target-file.ts';
import type { ShutdownEvidence } from '../../src/core/shutdown-evidence.ts';
import { judgeShutdown } from '../../src/core/judge/shutdown.ts';
import type { Verb } from '../../src/core/run-result.ts';
import type { Judgement } from '../../src/core/verdict.ts';
import { signIn } from '../../src/runners/log-in.ts';
import { tryShutdown } from '../../src/runners/shutdown.ts';
import { systemClock } from '../../src/system/clock.ts';
import { releases } from '../../sandbox/releases.ts';
import { runCommand } from './support/command.ts';
import { startProxy } from './support/proxy.ts';
import { runnerContext } from './support/runner-context.ts';
import { type RunningSandbox, startSandbox } from './support/running-sandbox.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';
import { parseDeployment } from '../contract/support/service-defaults.ts';

/** Every defective release of the sandbox is No-Go, by the check and the clause that its catalogue entry names. */
interface Expectation {
  /** The command whose check finds the defect; `verify` ends at the first check that fails. */
  readonly verb: Verb;
  readonly judgement: string;
  /** Where the check is a journey: the step that fails. */
  readonly step?: string;
  /** Settings of the target file. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

const collection = { smoke: { budget: '60s', playwright: false } };
/** The whole journey with a browser, which a busy machine slows down. */
const journey = { smoke: { budget: '120s' } };
const load = (rate: number, duration: string) => ({ load: { rate, duration } });

const expectations: Readonly<Record<string, Expectation>> = {
  slow: { verb: 'load', judgement: 'load.latency-p95', settings: load(120, '3s') },
  errors: { verb: 'load', judgement: 'load.server-errors', settings: load(150, '4s') },
  payments: { verb: 'load', judgement: 'load.payment-success', settings: load(150, '4s') },
  'chat-open': {
    verb: 'smoke',
    judgement: 'smoke.newman',
    step: 'Chat: a user without a bid may not write',
    settings: collection,
  },
  'otp-reuse': { verb: 'smoke', judgement: 'smoke.newman', step: 'Log in: a code works once', settings: collection },
  'double-release': {
    verb: 'smoke',
    judgement: 'smoke.newman',
    step: 'Release: a new key moves nothing',
    settings: collection,
  },
  'bid-unchecked': {
    verb: 'smoke',
    judgement: 'smoke.newman',
    step: 'Bid: without amount it is refused',
    settings: collection,
  },
  'web-button': { verb: 'smoke', judgement: 'smoke.browser', step: 'client releases the payment', settings: journey },
  'readiness-flaps': {
    verb: 'verify',
    judgement: 'readiness',
    settings: { readiness: { stableFor: '4s', interval: '100ms', budget: '6s' } },
  },
  'health-lies': { verb: 'verify', judgement: 'readiness.dependencies' },
  // A whole verification that is No-Go: everything before the load passes, the load kills the instance.
  'memory-leak': { verb: 'verify', judgement: 'load.server-errors', settings: { ...journey, ...load(250, '10s') } },
};

const defective = releases
  .filter(({ clauses }) => clauses.length > 0)
  .map(({ name, clauses }) => ({ name, clauses, defect: name.replace(/^[^-]*-/, '') }));
const byCommand = defective.filter(({ defect }) => defect in expectations);

it('every defective release has a check that is to find it', () => {
  expect(defective.map(({ defect }) => defect).toSorted()).toEqual(
    [...Object.keys(expectations), 'shutdown-drops', 'contract-migration'].toSorted(),
  );
});

let workspace: Workspace;
let sandbox: RunningSandbox;
beforeAll(async () => {
  workspace = await openWorkspace();
  sandbox = await startSandbox('freetask@1.4.0', 'freetask@1.5.0');
});
afterAll(async () => {
  await sandbox[Symbol.asyncDispose]();
  await workspace[Symbol.asyncDispose]();
});

it.each(byCommand)('$name is No-Go by $clauses', async ({ name, clauses, defect }) => {
  const { verb, judgement, step, settings } = expectations[defect] as Expectation;
  await sandbox.replaceRelease('green', name);
  const { green } = sandbox.environments;
  // The proxy has a client address of its own, so that no release meets the login limit of the one before it.
  await using proxy = await startProxy(green.api);
  const environment = { api: proxy.url, web: proxy.url, metrics: green.metrics, release: name };
  const target = await workspace.targetFile({ environments: { green: environment }, ...settings });
  const outcome = await runCommand(verb, ['--target', target, '--json']);
  expect(outcome.exitCode, outcome.stderr).toBe(1);
  const { result, evidence } = await workspace.resultOf(outcome);
  expect(result.verdict.word).toBe('NO-GO');
  expect(result.seenReleases).toEqual([name]);
  const decided = result.judgements.find(({ id }) => id === judgement);
  expect(decided, JSON.stringify(result.judgements, null, 1)).toMatchObject({ status: 'fail' });
  expect(decided?.clauses).toEqual(expect.arrayContaining([...clauses]));
  const failedSteps = evidence.smoke.flatMap(({ steps }) => steps.filter(({ status }) => status === 'fail'));
  if (step !== undefined) expect(failedSteps.map((failed) => failed.name)).toContain(step);
});

it('freetask@1.5.0-shutdown-drops is No-Go by 2.R4, and the healthy release is not', async () => {
  const decided: Judgement[] = [];
  for (const release of ['freetask@1.5.0', 'freetask@1.5.0-shutdown-drops']) {
    await sandbox.replaceRelease('green', release);
    decided.push(judgeShutdown(await stopUnderRequests()));
  }
  expect(decided).toMatchObject([
    { status: 'pass' },
    { status: 'fail', clauses: ['2.R4'], because: expect.stringContaining('dropped') as string },
  ]);
});

it('freetask@1.5.0-contract-migration is No-Go by 1.2b before it is shipped, and the healthy release is not', async () => {
  const written = JSON.parse(await readFile(sandbox.targetFile, 'utf8')) as {
    readonly preflight: { readonly database: object };
  };
  const off = { off: 'another test has it' };
  const gates = { analyze: off, test: off, 'api-lint': off, 'api-test': off };
  const preflight = { gates, database: written.preflight.database };
  const target = await workspace.targetFile({ ...written, preflight });
  const judged = async (release: string) => {
    const outcome = await runCommand('preflight', ['--target', target, '--release', release, '--json']);
    const { result } = await workspace.resultOf(outcome);
    return result.judgements.filter(({ id }) => id.startsWith('database.'));
  };
  expect(await judged('freetask@1.6.0')).toMatchObject([{ status: 'pass' }, { status: 'pass' }, { status: 'pass' }]);
  expect(await judged('freetask@1.5.0-contract-migration')).toMatchObject([
    { status: 'pass', clauses: ['1.2a'], actual: '1 pending: 003-bid-cover-letter' },
    {
      status: 'fail',
      clauses: ['1.2b'],
      because: expect.stringContaining('SELECT message FROM bids fails: column "message" does not exist') as string,
    },
    { status: 'pass' },
  ]);
});

/** The step `shutdown` of a verification, alone. */
async function stopUnderRequests(): Promise<ShutdownEvidence> {
  const { targetFile } = sandbox;
  const deployment = parseDeployment(targetFile, await readFile(targetFile, 'utf8'));
  const target = chooseEnvironment(targetFile, deployment, 'green');
  const context = runnerContext(workspace.path);
  const signedIn = await signIn(
    target,
    { users: ['client'], sessionsFile: join(workspace.path, 'sessions.json') },
    systemClock,
    context,
  );
  if (!signedIn.ok) throw new Error(signedIn.problem);
  const { shutdown } = target.environment;
  const { client } = signedIn.sessions;
  if (!shutdown || !client) throw new Error('the target file has no shutdown, or no client');
  return tryShutdown(target, shutdown, client, systemClock, context);
}
