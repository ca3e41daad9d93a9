import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SmokeEvidence } from '../../src/core/evidence.ts';
import type { Sessions } from '../../src/core/target.ts';
import { signIn } from '../../src/runners/log-in.ts';
import { childInputOf, interpretReport } from '../../src/runners/newman.ts';
import { runCollection } from '../../src/runners/newman-child/requests.ts';
import { systemClock } from '../../src/system/clock.ts';
import { runnerContext } from '../e2e/support/runner-context.ts';
import { contractual, type Defects, foreign, type Habits } from '../strangers/habits.ts';
import { startFreeTask, type Stranger } from '../strangers/server.ts';
import { targetOf } from '../strangers/target.ts';
import { type Description, describedTarget, descriptions } from '../strangers/descriptions.ts';
import { judgeReadiness } from '../../src/core/judge/probe.ts';
import { probeReadiness } from '../../src/sources/probe.ts';

/** FreeTask's collection on servers of the same contract that differ in everything that a target file can say. */
const collection = resolve(import.meta.dirname, '../../postman/freetask-e2e.postman_collection.json');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strangers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type Ran = Pick<SmokeEvidence, 'steps' | 'problems'> & { readonly answers: Stranger['answers'] };

/** The collection as the child of a run executes it, in this process. */
async function run(habits: Habits, defects: Defects = {}, described = targetOf): Promise<Ran> {
  await using stranger = await startFreeTask(habits, defects);
  const target = described(stranger.url, habits);
  const sessionsFile = join(await mkdtemp(join(folder, 'run-')), 'sessions.json');
  const users = Object.keys(target.service.users);
  const signedIn =
    target.service.login.with === 'otp'
      ? undefined
      : await signIn(target, { users, sessionsFile }, systemClock, runnerContext(folder));
  const sessions: Sessions = signedIn?.ok ? signedIn.sessions : {};
  const options = { target, collection, sessionsFile, sessions, budgetMs: 60_000, expectedRelease: 'freetask@7.0.0' };
  const input = childInputOf(options, '', { PATH: process.env['PATH'] ?? '' });
  const report = await runCollection(input, { print: () => undefined, learn: () => undefined }).finished;
  return { ...interpretReport(report, target), answers: stranger.answers };
}

const having = ({ steps }: Ran, status: SmokeEvidence['steps'][number]['status']) =>
  steps.filter((step) => step.status === status);

describe.each([
  ['the contract', contractual],
  ['habits that differ from it in everything', foreign],
] as const)('a healthy server of %s', (_, habits) => {
  it('passes, and what it does not have is named', async () => {
    const ran = await run(habits);
    expect(ran.problems).toEqual([]);
    const bad = ran.steps.filter(({ status }) => status !== 'pass' && status !== 'not-applicable');
    expect(bad.map(({ name, status, assertions }) => [name, status, assertions.filter(({ ok }) => !ok)])).toEqual([]);
    const reasons = [...new Set(having(ran, 'not-applicable').map(({ error = '' }) => error))];
    const absent = ['the target has no GET /notifications', 'the target has no POST /reviews'];
    expect(reasons.toSorted((a, b) => a.localeCompare(b))).toEqual(
      habits === foreign ? [...absent, 'the target has no readiness route'] : [],
    );
    const named = having(ran, 'pass').every(
      ({ requestIds, release }) => requestIds.length === 1 && release !== undefined,
    );
    expect(named, 'each step has its request id and its release, by the headers of the target file').toBe(true);
  });
});

/** What each defect makes fail: the step, and the call that was accepted wrongly. */
const defects: readonly (readonly [keyof Defects, readonly (readonly [step: string, call: string])[]])[] = [
  [
    'chatOpen',
    [
      ['Chat: a user without a bid may not write', 'POST /chat/:id/messages 201'],
      ['Chat: a user without a bid may not read', 'GET /chat/:id/messages 200'],
      ['Ownership: another client may not read the chat', 'GET /chat/:id/messages 200'],
      ['Ownership: another freelancer may not read the chat', 'GET /chat/:id/messages 200'],
      ['Ownership: another freelancer may not write', 'POST /chat/:id/messages 201'],
    ],
  ],
  [
    'ownershipUnchecked',
    [
      ['Job: another user may not cancel it', 'PATCH /jobs/:id/status 200'],
      ['Ownership: another client may not pay', 'POST /payments/escrow 201'],
      ['Ownership: another client may not release', 'POST /payments/release 200'],
      ['Ownership: another client may not cancel', 'PATCH /jobs/:id/status 200'],
    ],
  ],
  ['doubleRelease', [['Release: a new key moves nothing', 'POST /payments/release 200']]],
  [
    'negativeAmounts',
    [
      ['Job: a negative budget is refused', 'POST /jobs 201'],
      ['Bid: a negative amount is refused', 'POST /bids 201'],
      ['Escrow: a negative amount is refused', 'POST /payments/escrow 201'],
    ],
  ],
];

describe('a server with other habits', () => {
  it.each(defects)('and the defect %s fails by exactly what it accepts wrongly', async (defect, expected) => {
    const ran = await run(foreign, { [defect]: true });
    const failed = having(ran, 'fail').map(({ name, requestIds }) => [name, ran.answers.get(requestIds[0] ?? '')]);
    expect(failed).toEqual(expected);
    const consequences = defect === 'doubleRelease' ? ['Effects of a refusal: the freelancer was paid once'] : [];
    expect(having(ran, 'not-run').map(({ name }) => name)).toEqual(consequences);
  });
});

const runDescribed = (description: Description) =>
  run(description.habits, {}, (url) => describedTarget(url, description));
const badOf = (ran: Ran) =>
  ran.steps.filter(({ status }) => status !== 'pass' && status !== 'not-applicable').map(({ name }) => name);

describe('a service that differs in one thing, by what its target file says of it', () => {
  it('without a readiness route its health has to be stable instead', async () => {
    const probesOf = async (unstable: boolean) => {
      await using stranger = await startFreeTask(descriptions.noReadinessRoute.habits, { unstable });
      const target = describedTarget(stranger.url, descriptions.noReadinessRoute);
      const signal = new AbortController().signal;
      return judgeReadiness(await probeReadiness(target, { clock: systemClock, signal, emit: () => undefined }));
    };
    expect(await probesOf(false)).toMatchObject({ status: 'pass' });
    expect(await probesOf(true)).toMatchObject({ status: 'fail' });
    const ran = await runDescribed(descriptions.noReadinessRoute);
    expect([ran.problems, badOf(ran)]).toEqual([[], []]);
    expect(having(ran, 'not-applicable').map(({ error }) => error)).toEqual(['the target has no readiness route']);
  });

  it('bare answers and a log-in with password', async () => {
    const ran = await runDescribed(descriptions.bareAndPassword);
    expect([ran.problems, badOf(ran)]).toEqual([[], []]);
  });

  it('under a limit of thirty requests it is asked slowly enough', async () => {
    const ran = await runDescribed(descriptions.limited);
    expect([ran.problems, badOf(ran)]).toEqual([[], []]);
  });
});

it('a limit of thirty requests is waited for on every route, and is nobody’s failure', async () => {
  const ran = await run({ ...contractual, limit: { requests: 30, perMs: 1000 } });
  expect(having(ran, 'rate-limited')).toEqual([]);
  expect(having(ran, 'fail')).toEqual([]);
  expect(having(ran, 'not-run')).toEqual([]);
  expect(
    [...ran.answers.values()].some((answer) => answer.endsWith('429')),
    'the limit was met',
  ).toBe(true);
});
