import { describe, expect, it } from 'vitest';
import { type Pool, type PoolMember, poolIncrease, servedByColour } from '../../src/core/pool.ts';

const member = (name: string, requests: number, failed: number, connectErrors = 0): PoolMember => ({
  name,
  colour: name.startsWith('blue') ? 'blue' : 'green',
  weight: 100,
  state: 'ready',
  up: true,
  inFlight: 0,
  served: { requests, failed },
  connectErrors,
});

function pool(
  members: readonly PoolMember[],
  front: { requests: number; failed: number },
  more: Partial<Pool> = {},
): Pool {
  const served = servedByColour(members);
  return {
    shares: { blue: 90, green: 10 },
    members,
    ...(served ? { served } : {}),
    front,
    countersSince: 'process 7',
    problems: [],
    ...more,
  };
}

const before = pool([member('blue-1', 900, 1), member('green-1', 100, 0)], { requests: 1001, failed: 1 });
const after = [member('blue-1', 990, 1), member('green-1', 110, 2, 6)];

describe('what users got between two readings', () => {
  it('is counted by member, by colour, and for the router itself', () => {
    expect(poolIncrease(before, pool(after, { requests: 1105, failed: 5 }))).toEqual({
      members: {
        'blue-1': { requests: 90, failed: 0, connectErrors: 0 },
        'green-1': { requests: 10, failed: 2, connectErrors: 6 },
      },
      colours: { blue: { requests: 90, failed: 0 }, green: { requests: 10, failed: 2 } },
      front: { requests: 104, failed: 4 },
    });
  });

  it.each<[string, Partial<Pool>, RegExp]>([
    ['the router was started again', { countersSince: 'process 8' }, /started again/],
    [
      'a counter of the router fell',
      { front: { requests: 1000, failed: 1 } },
      /the router: requests fell from 1001 to 1000/,
    ],
    [
      'one member alone counts from 0 again',
      { members: [member('blue-1', 2000, 1), member('green-1', 3, 0)] },
      /green-1: requests fell/,
    ],
    ['a value was no count', { problems: ['freetask/green-1: hrsp_2xx is "NaN", and not a count'] }, /"NaN"/],
  ])('is unknown where %s', (_, more, problem) => {
    const now = pool(after, { requests: 1105, failed: 5 }, more);
    expect(poolIncrease(before, now)).toEqual({ problem: expect.stringMatching(problem) as unknown });
  });

  it('is unknown for a member that was not counted before', () => {
    const increase = poolIncrease(pool([], { requests: 0, failed: 0 }), pool(after, { requests: 9, failed: 0 }));
    expect(increase).toMatchObject({ members: {} });
  });
});

it('a colour is not counted where one of the members is not', () => {
  const { served: _, ...uncounted } = member('green-1', 0, 0);
  expect(servedByColour([member('blue-1', 1, 0), uncounted])).toBeUndefined();
});
