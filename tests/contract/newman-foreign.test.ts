import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** Collections of others, which newman calls green although they asserted nothing, or asked somewhere else. */
let double: NewmanDouble;
beforeAll(async () => {
  double = await startNewmanDouble();
});
afterAll(() => double[Symbol.asyncDispose]());

const { run, runItems } = collectionRuns(() => double);

describe('an assertion that asserts nothing', () => {
  it.each([
    ["pm.test('200', false);", '"wrong": the test "200" has false in the place of a function'],
    ["pm.test('200', () => pm.response.code === 500);", '"wrong": the test "200" returns false and asserts nothing'],
  ])('%s is green for newman and no pass', async (tests, because) => {
    const { evidence, report } = await runItems([{ name: 'wrong', tests }]);
    expect(report.failures, 'newman counts no failure').toEqual([]);
    expect(judge(evidence)).toMatchObject({ status: 'error', because });
  });

  it.each([
    ['a timer', "pm.test('late', () => { setTimeout(() => pm.expect(1).to.eql(2), 5); });"],
    [
      'a callback',
      "pm.test('late', () => { pm.sendRequest(pm.variables.get('base_url'), (_, answer) => pm.expect(answer.code).to.eql(500)); });",
    ],
  ])('of which one in %s fails, fails the step', async (_, tests) => {
    const { evidence, report } = await runItems([{ name: 'wrong', tests }, fine]);
    expect(report.failures, 'newman counts no failure').toEqual([]);
    expect(statuses(evidence)).toEqual([
      ['wrong', 'fail'],
      ['fine', 'pass'],
    ]);
  });

  it('is none of those that assert, whatever they return', async () => {
    const tests = `${good} pm.test('returns', () => { pm.expect(1).to.eql(1); return true; }); pm.test.skip; pm.test('done', (done) => done());`;
    expect(judge((await runItems([{ name: 'right', tests }])).evidence).status).toBe('pass');
  });
});

describe('a variable without a value', () => {
  it('is no pass, whatever the answer was', async () => {
    const { evidence } = await runItems([{ ...fine, path: '/{{missing}}' }]);
    expect(judge(evidence)).toMatchObject({ status: 'error', because: '"fine" sent {{missing}}, which has no value' });
  });

  it('is not tried after the step that failed to set it', async () => {
    const { evidence } = await runItems([
      { name: 'creates', path: '/broken', tests: good },
      { name: 'uses', path: '/broken', body: { id: '{{job_id}}' }, tests: good },
    ]);
    expect(statuses(evidence)).toEqual([
      ['creates', 'fail'],
      ['uses', 'not-run'],
    ]);
    expect(evidence.steps[1]?.error).toBe('{{job_id}} has no value, because an earlier step failed');
    expect(judge(evidence).because).toMatch(
      /^"creates" \(GET \/broken, answered 500, request r-1\): fine: expected .*\.$/,
    );
  });
});

describe('a request that asks another origin', () => {
  const elsewhere = async (item: Item, rest: readonly Item[] = []) => {
    await using other = await startNewmanDouble();
    const request = { ...requestItem(item), request: { method: 'GET', url: `${other.address}${item.path ?? '/'}` } };
    const { evidence } = await run([request, ...rest.map(requestItem)]);
    return { judgement: judge(evidence), origin: other.address };
  };

  it('is no pass, and both origins are named', async () => {
    const { judgement, origin } = await elsewhere(fine, [fine]);
    expect(judgement.status).toBe('error');
    expect(judgement.because).toContain(`1 of 2 steps asked ${origin}, which is not this target (${double.address})`);
  });

  it('is not the release that failed', async () => {
    const { judgement } = await elsewhere({ name: 'broken elsewhere', path: '/broken', tests: good });
    expect(judgement.status).toBe('error');
  });

  it('is found behind a redirect and in a script', async () => {
    await using other = await startNewmanDouble();
    const asks = `${good} pm.sendRequest(${JSON.stringify(other.address)}, () => {});`;
    const redirected = `${double.address}/redirect?to=${encodeURIComponent(other.address)}`;
    const { evidence } = await run([
      { ...requestItem({ name: 'redirected', tests: good }), request: redirected },
      requestItem({ name: 'asks', tests: asks }),
    ]);
    expect(evidence.steps.map((step) => step.elsewhere)).toEqual([[other.address], [other.address]]);
  });
});

it('a request that polls itself is one step with its tries', async () => {
  const again = `const n = Number(pm.variables.get('n') ?? 0) + 1; pm.variables.set('n', n); if (n < 20) pm.execution.setNextRequest('polls');`;
  const { evidence } = await runItems([{ name: 'polls', tests: `${good} ${again}` }, fine]);
  expect(evidence.steps.map(({ name, status, tries }) => [name, status, tries])).toEqual([
    ['polls', 'pass', 20],
    ['fine', 'pass', undefined],
  ]);
  expect(judge(evidence).status).toBe('pass');
});

it('a refused connection is called that', async () => {
  const unreachable = { ...requestItem(fine), request: 'http://127.0.0.1:1/' };
  const { evidence } = await run([unreachable]);
  const own = { ...evidence, steps: evidence.steps.map((step) => ({ ...step, elsewhere: [] })) };
  expect(judge(own).because).toBe('"fine" (GET /): connection refused by 127.0.0.1:1.');
});

it('an abbreviated value is written out', async () => {
  const tests = "pm.test('keys', () => pm.expect(pm.response.json()).to.have.all.keys('a', 'b'));";
  const { evidence } = await runItems([{ name: 'shape', tests }]);
  expect(judge(evidence).because).not.toContain('…(');
});
