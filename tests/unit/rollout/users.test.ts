import { describe, expect, it } from 'vitest';
import { judgeUsers } from '../../../src/core/judge/stage-users.ts';
import type { Observation, Served } from '../../../src/core/rollout/observation.ts';
import { observation, settings, slos, stage } from './samples.ts';
import { at, ended, firstObservation, open, releases, ship, shares, slow } from './simulation/faults.ts';

const none: Served = { requests: 0, failed: 0 };
const seen = (more: Partial<Observation>) => observation({ '5xx': [0, 1000] }, { ...more });
const judge = (observations: readonly Observation[], frontBefore?: Served) =>
  Object.fromEntries(
    judgeUsers({ stage, observations, slos, settings, frontBefore }).map((each) => [
      each.id.replace('stage-10.', ''),
      each,
    ]),
  );
const counted = (canary: Served, front: Served = none, more: Partial<Observation> = {}) =>
  seen({ served: { canary, baseline: { requests: 9000, failed: 0 } }, front, ...more });

describe('answers to users', () => {
  it('that failed beyond the 5xx of the canary are a rollback criterion (4.1b)', () => {
    const { users } = judge([counted({ requests: 1000, failed: 20 })]);
    expect(users).toMatchObject({ status: 'fail', clauses: ['3.2d', '4.1b'] });
    expect(users?.because).toContain('20 of 1 000 answers of the canary failed beyond its own 5xx');
  });

  it('that the canary counts itself are judged by its own counters, and pass here', () => {
    const own = observation(
      { '5xx': [20, 1000] },
      { served: { canary: { requests: 1000, failed: 20 }, baseline: none } },
    );
    expect(judge([own]).users).toMatchObject({ status: 'pass' });
  });

  it('5xx of the router that came with the shift are a rollback criterion, and name the failed connections', () => {
    const { users } = judge(
      [counted({ requests: 1000, failed: 0 }, { requests: 10_000, failed: 300 }, { connectErrors: { 'green-1': 41 } })],
      { requests: 400, failed: 0 },
    );
    expect(users).toMatchObject({ status: 'fail' });
    expect(users?.because).toMatch(
      /300 of 10 000 answers were 5xx that the router gave itself, 3 %; failed connections: 41 to green-1/,
    );
  });

  it.each([
    ['already there', { requests: 400, failed: 12 }, '3 % already before the shift'],
    ['not counted', undefined, 'not counted before the shift'],
  ])('5xx of the router that were %s before the shift hold', (_, before, because) => {
    const { users } = judge([counted({ requests: 1000, failed: 0 }, { requests: 10_000, failed: 300 })], before);
    expect(users).toMatchObject({ status: 'inconclusive', because: expect.stringContaining(because) as unknown });
  });

  it('are not judged where there are too few and none failed, nor where the router does not count', () => {
    expect(judge([counted({ requests: 5, failed: 0 })]).users).toBeUndefined();
    expect(judge([seen({})])).toEqual({});
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
    ['more', 250, 750],
    ['fewer', 30, 970],
    ['none', 0, 1000],
  ])('that is %s than was set holds, with numbers', (_, canary, baseline) => {
    const { share } = judge(served(canary, baseline));
    expect(share).toMatchObject({ status: 'inconclusive' });
    expect(share?.because).toContain(`${canary} of 1 000 user requests`);
    expect(share?.because).toContain('10 % was set');
  });

  it('at 100 % leaves room for requests in flight, and not for more', () => {
    expect(judge(served(999, 1, 1)).share).toMatchObject({ status: 'pass' });
    expect(judge(served(950, 50, 1)).share).toMatchObject({ status: 'inconclusive' });
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

  it('a router that serves another share than it reads back is never GO', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const listen = at(firstObservation, () => (target.servedShare = 0.6));
    const result = ended(await simulation.run(ship, { listen, settings: slow }));
    expect(result).toMatchObject({ exitCode: 1, because: expect.stringContaining('Share served') as unknown });
    expect(shares(target)).toEqual({ blue: 100, green: 0 });
  });
});
