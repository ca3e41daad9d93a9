import { describe, expect, it } from 'vitest';
import { judgeStage } from '../../../src/core/judge/stage.ts';
import type { Observation, Served } from '../../../src/core/rollout/observation.ts';
import { observation, settings, slos, stage } from './samples.ts';
import { at, ended, firstObservation, open, releases, ship, shares, slow } from './simulation/faults.ts';

const none: Served = { requests: 0, failed: 0 };
const seen = (more: Partial<Observation>) => observation({ '5xx': [0, 1000] }, { ...more });
const judge = (observations: readonly Observation[], frontBefore?: Served) =>
  Object.fromEntries(
    judgeStage({ stage, observations, slos, settings, frontBefore }).judgements.map((each) => [
      each.id.replace('stage-10.', ''),
      each,
    ]),
  );
const counted = (canary: Served, front: Served = none, more: Partial<Observation> = {}) =>
  seen({ served: { canary, baseline: { requests: 9000, failed: 0 } }, front, ...more });

/** One observation more than a rollback by a proved breach needs at least. */
const four = (each: Observation) => [each, each, each, each];

describe('answers to users', () => {
  it('that failed at the router beyond the 5xx of the canary are a rollback criterion (4.1b)', () => {
    const { users, '5xx': own } = judge(four(counted({ requests: 1000, failed: 50 })));
    expect(users).toMatchObject({ status: 'fail', clauses: ['3.2d', '4.1b'] });
    expect(users?.because).toMatch(/breach proved: 5xx of the canary at the router 5 % \[.*\], n = 4 000, above 1 %/);
    expect(own?.status).toBe('pass');
  });

  it('that failed beyond the 5xx of the canary, and are no proof yet, hold with their numbers', () => {
    const { users } = judge([counted({ requests: 1000, failed: 20 })]);
    expect(users).toMatchObject({ status: 'inconclusive' });
    expect(users?.because).toContain('20 of 1 000 answers of the canary failed beyond its own 5xx');
  });

  it('that the canary counts itself are judged by its own counters, and pass here', () => {
    const own = observation(
      { '5xx': [20, 1000] },
      { served: { canary: { requests: 1000, failed: 20 }, baseline: none } },
    );
    expect(judge([own]).users).toMatchObject({ status: 'pass' });
  });

  const routerErrors = { requests: 10_000, failed: 300 };

  it('5xx of the router that came with the shift are a rollback criterion, and name the failed connections', () => {
    const errors = counted({ requests: 1000, failed: 0 }, routerErrors, { connectErrors: { 'green-1': 41 } });
    const { users } = judge(four(errors), { requests: 400, failed: 0 });
    expect(users).toMatchObject({ status: 'fail', clauses: ['3.2d', '4.1b'] });
    expect(users?.because).toMatch(
      /5xx that the router gave itself 3 % .*n = 40 000.*; failed connections: 164 to green-1/,
    );
  });

  it.each([
    ['already there', { requests: 400, failed: 12 }, '3 % already before the shift'],
    ['not counted', undefined, 'not counted before the shift'],
  ])('5xx of the router that were %s before the shift hold, however long', (_, before, because) => {
    const { users } = judge(
      Array.from({ length: 12 }, () => counted({ requests: 1000, failed: 0 }, routerErrors)),
      before,
    );
    expect(users).toMatchObject({ status: 'inconclusive', because: expect.stringContaining(because) as unknown });
  });

  it('are not judged where there are too few and none failed, nor where the router does not count', () => {
    expect(judge([counted({ requests: 5, failed: 0 })]).users).toBeUndefined();
    expect(Object.keys(judge([seen({})]))).toEqual(['p95', 'p50', '5xx', 'pay']);
  });
});

describe('the share served', () => {
  const served = (canary: number, baseline: number, share = 0.1) => [
    seen({}),
    seen({ share, served: { canary: { requests: canary, failed: 0 }, baseline: { requests: baseline, failed: 0 } } }),
  ];

  it('that agrees with the share set passes, within what the sample size allows', () => {
    expect(judge(served(100, 900)).share).toMatchObject({ status: 'pass' });
    expect(judge(served(7, 43)).share).toMatchObject({ status: 'pass' });
  });

  it.each([
    ['more', 250, 750, '10 % were set, 25 % arrived, n = 1 000; session persistence?'],
    ['fewer', 30, 970, '10 % were set, 3 % arrived, n = 1 000; session persistence?'],
    ['none', 0, 1000, 'the canary received none of the last 1 000 user requests while 10 % were set'],
  ])('that is %s than was set holds, with numbers', (_, canary, baseline, because) => {
    const observations = served(canary, baseline);
    expect(judge(observations).share).toMatchObject({ status: 'inconclusive' });
    expect(judge(observations).share?.because).toContain(because);
    expect(judgeStage({ stage, observations, slos, settings })).toMatchObject({ word: 'HOLD', line: 'hold' });
  });

  it('at 100 % leaves room for requests in flight, and not for more', () => {
    expect(judge(served(999, 1, 1)).share).toMatchObject({ status: 'pass' });
    expect(judge(served(950, 50, 1)).share).toMatchObject({ status: 'inconclusive' });
  });

  it('at 100 % passes with any number of requests, all of them served by the canary', () => {
    expect(judge(served(1_000_000, 0, 1)).share).toMatchObject({ status: 'pass' });
  });

  it('is not judged during the warm-up, in which a slow start ramps up', () => {
    const [, only] = served(0, 1000);
    expect(only && judge([only]).share).toBeUndefined();
  });
});

describe('in a rollout', () => {
  it('5xx of the router that come with the shift roll it back', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const listen = at(
      (event) => event.type === 'done' && event.step.do === 'shift',
      () => (target.frontErrors = 0.5),
    );
    const result = ended(await simulation.run(ship, { listen, settings: slow }));
    expect(result).toMatchObject({
      exitCode: 1,
      because: expect.stringContaining('the router gave itself') as unknown,
    });
    expect(releases(target)).toEqual(['old']);
  });

  it('a router that serves another share than it reads back is never GO, and no reason for a rollback', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const listen = at(firstObservation, () => (target.servedShare = 0.6));
    const result = ended(await simulation.run(ship, { listen, settings: slow }));
    expect(result).toMatchObject({ exitCode: 3, because: expect.stringContaining('Share served') as unknown });
    expect(shares(target)).toEqual({ blue: 90, green: 10 });
  });
});
