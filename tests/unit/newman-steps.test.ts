import { describe, expect, it } from 'vitest';
import type { ChildExecution, ChildReport } from '../../src/runners/newman-child/contract.ts';
import { describeFailure } from '../../src/core/judge/step-words.ts';
import type { Target } from '../../src/core/target.ts';
import { interpretReport } from '../../src/runners/newman.ts';
import { targetAt } from '../contract/support/target-at.ts';
import { problemsOf, stepsOf } from '../../src/runners/newman-steps.ts';

const passed = { name: 'fine', ok: true, skipped: false };
const failed = { name: 'wrong', ok: false, skipped: false, message: 'expected 1 to equal 2' };
const skipped = { name: 'later', ok: true, skipped: true };

const execution = (itemId: string, rest: Partial<ChildExecution> = {}): ChildExecution => ({
  itemId,
  startedAt: '2026-01-01T00:00:00.000Z',
  durationMs: 5,
  method: 'GET',
  url: `http://127.0.0.1/${itemId}`,
  status: 200,
  scriptErrors: [],
  assertions: [passed],
  tries: 1,
  origins: ['http://127.0.0.1'],
  unfilled: [],
  notes: [],
  ...rest,
});

const report = (executions: readonly ChildExecution[], rest: Partial<ChildReport> = {}): ChildReport => ({
  items: ['login', 'jobs', 'last'].map((id) => ({ id, name: `the ${id}`, folder: 'all' })),
  executions: [...executions],
  failures: [],
  problems: [],
  ...rest,
});

const context = { isLimited: (url: string) => url.endsWith('/login'), origins: ['http://127.0.0.1'] };
const statuses = (executions: readonly ChildExecution[]) =>
  stepsOf(report(executions), context).map(({ status }) => status);
const limited = (itemId: string, assertions = [passed]) => execution(itemId, { status: 429, assertions });

it('a log-in that is not there suggests the setting, in our collection only', () => {
  const executions = [execution('login', { status: 404, url: 'http://127.0.0.1/auth/login', assertions: [failed] })];
  const hintOf = (more: Partial<Target['smoke']>) => {
    const target = targetAt('http://127.0.0.1');
    const { steps } = interpretReport(report(executions), { ...target, smoke: { ...target.smoke, ...more } });
    return steps[0] && describeFailure(steps[0]);
  };
  expect(hintOf({})).toContain('Is the prefix right (--auth-path or paths.auth)');
  expect(hintOf({ postman: 'theirs.json' })).not.toContain('prefix');
});

describe('steps of a newman run', () => {
  it('pass only by assertions that were evaluated', () => {
    expect(statuses(['login', 'jobs', 'last'].map((id) => execution(id)))).toEqual(['pass', 'pass', 'pass']);
    const doubtful = [
      execution('login', { assertions: [] }),
      execution('jobs', { assertions: [skipped] }),
      execution('last', { assertions: [passed, skipped] }),
    ];
    expect(statuses(doubtful)).toEqual(['skipped', 'skipped', 'skipped']);
  });

  it('fail by an assertion, a script or a request, whatever else passed', () => {
    const red = [
      execution('login', { assertions: [passed, failed, skipped] }),
      execution('jobs', { scriptErrors: ['no such function'] }),
      execution('last', { requestError: 'connect ECONNREFUSED' }),
    ];
    expect(statuses(red)).toEqual(['fail', 'fail', 'fail']);
    expect(stepsOf(report(red), context).map(({ error }) => error)).toEqual([
      undefined,
      'no such function',
      'connect ECONNREFUSED',
    ]);
  });

  it('include every request that was never executed', () => {
    const steps = stepsOf(report([execution('login')]), context);
    expect(steps.map(({ name, group, status }) => [name, group, status])).toEqual([
      ['the login', 'all', 'pass'],
      ['the jobs', 'all', 'not-run'],
      ['the last', 'all', 'not-run'],
    ]);
  });

  it('omit a rate limit that ended, on the routes of the login alone', () => {
    expect(
      statuses([limited('login'), limited('login'), execution('login'), execution('jobs'), execution('last')]),
    ).toEqual(['pass', 'pass', 'pass']);
    expect(statuses([execution('login'), limited('jobs', [failed]), execution('jobs'), execution('last')])).toEqual([
      'pass',
      'fail',
      'pass',
      'pass',
    ]);
  });

  it('prove nothing about the release once a rate limit has lasted', () => {
    const steps = stepsOf(
      report([limited('login', [failed]), execution('jobs', { assertions: [failed] }), execution('last')]),
      context,
    );
    expect(steps.map(({ status }) => status)).toEqual(['rate-limited', 'not-run', 'pass']);
  });

  it('keep a failure before a rate limit', () => {
    expect(
      statuses([execution('jobs', { assertions: [failed] }), limited('login', [failed]), execution('last')]),
    ).toEqual(['fail', 'rate-limited', 'pass']);
  });
});

describe('problems of a newman run', () => {
  const problems = (found: ChildReport) => problemsOf(found, stepsOf(found, context));

  it('are empty where the steps show every failure', () => {
    expect(problems(report([execution('login')]))).toEqual([]);
    expect(
      problems(report([execution('login', { assertions: [failed] })], { failures: ['expected 1 to equal 2'] })),
    ).toEqual([]);
  });

  it('are the failures that newman counts and no step shows', () => {
    expect(problems(report([execution('login')], { failures: ['something else'] }))).toEqual([
      'newman: something else',
    ]);
  });

  it('are the requests without an assertion, by name', () => {
    expect(problems(report([execution('jobs', { assertions: [] })]))).toEqual(['"the jobs" asserts nothing']);
  });

  it('are a collection without requests, unless another problem explains it', () => {
    expect(problems(report([], { items: [] }))).toEqual(['the collection has no requests']);
    expect(problems(report([], { items: [], problems: ['there is no file'] }))).toEqual(['there is no file']);
  });
});
