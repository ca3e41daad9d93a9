import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SmokeEvidence } from '../../src/core/evidence.ts';
import type { OtpDelivery } from '../../src/core/service.ts';
import {
  fine,
  good,
  type Item,
  judge,
  type NewmanDouble,
  requestItem,
  startNewmanDouble,
  statuses,
} from '../e2e/support/newman-double.ts';
import { collectionRuns } from './support/newman-collection.ts';

/** What newman's library makes of a collection, and which of its green runs are no pass. Its process: tests/e2e/newman-process. */
const projectRoot = resolve(import.meta.dirname, '../..');
let double: NewmanDouble;
beforeAll(async () => {
  double = await startNewmanDouble();
});
afterAll(() => double[Symbol.asyncDispose]());
beforeEach(() => {
  double.refusals = 0;
  double.received = '';
});

const { run, runItems } = collectionRuns(() => double);

describe('a collection', () => {
  it('passes when every request and every assertion does', async () => {
    const { evidence } = await runItems([fine]);
    expect(judge(evidence)).toMatchObject({ status: 'pass' });
    expect(evidence.steps[0]).toMatchObject({
      httpStatus: 200,
      requestIds: ['r-1'],
      assertions: [{ name: 'fine', ok: true }],
    });
  });

  it.each([
    [
      'with a request that asserts nothing, even when it answers 500',
      [fine, { name: 'silent', path: '/broken' }],
      '"silent" asserts nothing',
    ],
    ['without requests', [], 'no requests'],
    [
      'with a skipped test beside others',
      [{ name: 'skipping', tests: `${good} pm.test.skip('later', () => {});` }],
      'skipping',
    ],
    [
      'whose script ends it early',
      [
        { name: 'first', tests: `${good} pm.execution.setNextRequest(null);` },
        { ...fine, name: 'hidden' },
      ],
      'hidden',
    ],
    [
      'whose script skips a request',
      [fine, { ...fine, name: 'left out', before: 'pm.execution.skipRequest();' }],
      'left out',
    ],
  ] as [string, Item[], string][])('%s is green for newman and no pass', async (_, items, because) => {
    const { evidence, report } = await runItems(items);
    expect(report.failures, 'newman counts no failure').toEqual([]);
    expect(judge(evidence)).toMatchObject({ status: 'error', because: expect.stringContaining(because) as string });
  });

  it('fails on an assertion, with the request id and the clauses of the answer', async () => {
    const { evidence } = await runItems([{ name: 'wrong', path: '/broken', tests: good }]);
    expect(judge(evidence)).toMatchObject({ status: 'fail', requestIds: ['r-1'], clauses: ['3.1', '3.2d'] });
    expect(evidence.outcome.exitCode).toBe(1);
  });

  it.each([
    ['an exception in a script', 'throw new Error("no");'],
    ['an assertion before the request', "pm.test('before', () => pm.expect(1).to.eql(2));"],
  ])('fails on %s under the name of its request, and runs on', async (_, before) => {
    const { evidence } = await runItems([fine, { ...fine, name: 'wrong', before }, { ...fine, name: 'last' }]);
    expect(statuses(evidence)).toEqual([
      ['fine', 'pass'],
      ['wrong', 'fail'],
      ['last', 'pass'],
    ]);
  });

  it('fails on a refused connection under the name of its request', async () => {
    const { evidence } = await run([{ ...requestItem(fine), name: 'unreachable', request: 'http://127.0.0.1:1/' }]);
    expect(statuses(evidence)).toEqual([['unreachable', 'fail']]);
    expect(evidence.steps[0]?.error).toContain('ECONNREFUSED');
  });
});

describe('the rate limit of the login', () => {
  const unlessLimited = `if (pm.response.code !== 429) { ${good} }`;
  const login: Item = { name: 'login', path: '/auth/login', tests: unlessLimited };
  const ownRules = async () => {
    const file = join(projectRoot, 'postman/freetask-e2e.postman_collection.json');
    return (JSON.parse(await readFile(file, 'utf8')) as { event: unknown }).event;
  };

  it('is waited for and then is not a step of its own', async () => {
    double.refusals = 1;
    const { evidence } = await runItems([login, fine], { event: await ownRules() });
    expect(judge(evidence).status).toBe('pass');
    expect(statuses(evidence)).toEqual([
      ['login', 'pass'],
      ['fine', 'pass'],
    ]);
  });

  it('proves nothing about the release when it lasts, in any collection', async () => {
    double.refusals = 99;
    const { evidence: ours } = await runItems([login, { ...fine, path: '/broken' }], { event: await ownRules() });
    const { evidence: others } = await runItems([
      { ...login, tests: good },
      { ...fine, path: '/broken' },
    ]);
    expect(judge(ours)).toMatchObject({
      status: 'inconclusive',
      because: expect.stringContaining('rate limit') as string,
    });
    expect(statuses(ours).at(-1)).toEqual(['fine', 'not-run']);
    expect(judge(others)).toMatchObject({
      status: 'inconclusive',
      because: expect.stringContaining('rate limit') as string,
    });
  });

  it('is no evidence on any other route either, where the answer says when it ends', async () => {
    const { evidence } = await runItems([{ name: 'jobs', path: '/other-limit', tests: good }]);
    expect(judge(evidence).status).toBe('inconclusive');
  });
});

describe('one-time passwords', () => {
  const command = (output: string): OtpDelivery => ({
    from: 'command',
    command: [process.execPath, '-e', `console.log(${JSON.stringify(output)})`, '{email}'],
  });

  /** Our own request for a code, and then one that sends what it got. */
  async function requestCode(otp: OtpDelivery): Promise<SmokeEvidence> {
    const file = join(projectRoot, 'postman/freetask-e2e.postman_collection.json');
    const { item, event } = JSON.parse(await readFile(file, 'utf8')) as {
      item: { item: { name: string; event: unknown }[] }[];
      event: unknown;
    };
    const own = item.flatMap((each) => each.item).find(({ name }) => name === 'Log in: client asks for a code');
    const requests = { ...requestItem({ name: 'requests', path: '/auth/login' }), event: own?.event };
    const sends = requestItem({ ...fine, name: 'sends', body: { otp: '{{client_otp}}' } });
    return (await run([requests, sends], { otp, event })).evidence;
  }

  it.each([
    ['the answer', { from: 'response' }, '135791'],
    ['the target file', { from: 'fixed', code: '112233' }, '112233'],
    ['a command', command('your code: 246810'), '246810'],
  ] as const)('our collection reads its code from %s', async (_, otp, code) => {
    const evidence = await requestCode(otp);
    expect(judge(evidence).status).toBe('pass');
    expect(double.received).toBe(JSON.stringify({ otp: code }));
  });

  it('an empty mailbox is not a failure of the release', async () => {
    const evidence = await requestCode(command('no mail'));
    expect(statuses(evidence)).toEqual([
      ['requests', 'pass'],
      ['sends', 'not-run'],
    ]);
    expect(judge(evidence)).toMatchObject({
      status: 'error',
      because: expect.stringMatching(/the OTP command .* printed no six digits/) as string,
    });
  });
});

it('a file of this machine is not sent with a request', async () => {
  const src = join(projectRoot, 'package.json');
  const upload = { method: 'POST', url: `${double.address}/`, body: { mode: 'file', file: { src } } };
  const { evidence } = await run([{ ...requestItem({ ...fine, name: 'upload' }), request: upload }]);
  expect(evidence.steps[0]).toMatchObject({ httpStatus: 200 });
  expect(double.received).toBe('');
});
