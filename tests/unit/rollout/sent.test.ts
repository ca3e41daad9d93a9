import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countAnswered, countSent, nothingSent, type Remainder, usersIn } from '../../../src/core/rollout/sent.ts';
import { openLiveCounts } from '../../../src/runners/k6-live.ts';
import { slos } from './samples.ts';

describe('what k6 counted, by objective', () => {
  const sent = {
    requests: 100,
    failed: 7,
    unanswered: 5,
    payments: 20,
    failedPayments: 1,
    slow: { p95: 6, p50: 30 },
  };

  it('has requests without an answer among the failed and the slow ones', () => {
    expect(countSent(sent, slos)).toEqual({
      '5xx': { events: 7, trials: 100 },
      p95: { events: 6, trials: 100 },
      p50: { events: 30, trials: 100 },
      pay: { events: 1, trials: 20 },
    });
  });

  it('and without them is what the release can have counted', () => {
    expect(countAnswered(sent, slos)).toMatchObject({
      '5xx': { events: 2, trials: 95 },
      p95: { events: 1, trials: 95 },
      pay: { events: 1, trials: 20 },
    });
  });
});

describe('the part of users', () => {
  const intervals = fc.array(
    fc.record({
      users: fc.nat(200),
      failed: fc.nat(200),
      sent: fc.nat(200),
      sentFailed: fc.nat(200),
      // So many of the requests of an interval are on the page of the next one only.
      late: fc.nat(200),
    }),
    { minLength: 2, maxLength: 12 },
  );

  it('is a count in every interval, whatever was read when', () => {
    fc.assert(
      fc.property(intervals, (all) => {
        let remainder: Remainder = {};
        for (const { users, failed, sent, sentFailed } of all) {
          const pages = { '5xx': { events: Math.min(failed, users), trials: users } };
          const own = { '5xx': { events: Math.min(sentFailed, sent), trials: sent } };
          const part = usersIn(pages, own, remainder);
          remainder = part.remainder;
          const { events = -1, trials = -1 } = part.users['5xx'] ?? {};
          expect(events).toBeGreaterThanOrEqual(0);
          expect(events).toBeLessThanOrEqual(trials);
          expect(trials).toBeLessThanOrEqual(users);
        }
      }),
    );
  });

  it('is theirs again in the next interval where k6 was read before the pages', () => {
    const own = (trials: number) => ({ '5xx': { events: 0, trials } });
    const first = usersIn({ '5xx': { events: 0, trials: 15 } }, own(20));
    const second = usersIn({ '5xx': { events: 3, trials: 35 } }, own(20), first.remainder);
    expect([first.users['5xx']?.trials, second.users['5xx']]).toEqual([0, { events: 3, trials: 10 }]);
  });

  it('loses no failure to requests that were sent long ago, or that the release never saw', () => {
    const gone = usersIn({ '5xx': { events: 0, trials: 0 } }, { '5xx': { events: 50, trials: 50 } });
    const next = usersIn({ '5xx': { events: 5, trials: 100 } }, { '5xx': { events: 0, trials: 0 } }, gone.remainder);
    const later = usersIn({ '5xx': { events: 5, trials: 100 } }, {}, next.remainder);
    expect(later.users['5xx']).toEqual({ events: 5, trials: 100 });
    const unanswered = { ...nothingSent, requests: 50, failed: 50, unanswered: 50 };
    const users = usersIn({ '5xx': { events: 5, trials: 100 } }, countAnswered(unanswered, slos)).users;
    expect(users['5xx']).toEqual({ events: 5, trials: 100 });
  });
});

it('a record is read as it grows, whole lines only', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'k6-live-'));
  const file = join(folder, 'record.ndjson');
  const write = (...lines: readonly object[]) =>
    appendFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  try {
    const read = openLiveCounts(file, slos);
    expect(await read()).toEqual(nothingSent);
    await write(
      { event: 'param', data: { aggregates: { counter: ['count', 'rate'], gauge: ['value'], rate: ['rate'] } } },
      {
        event: 'metric',
        data: {
          http_req_failed: { type: 'rate' },
          http_reqs: { type: 'counter' },
          payments: { type: 'counter' },
          slow_p95: { type: 'counter' },
          time: { type: 'gauge' },
        },
      },
      { event: 'start', data: [null, null, null, null, [1000]] },
      { event: 'cumulative', data: [[0.1], [20, 20], [4, 4], [1, 1], [2000]] },
      { event: 'snapshot', data: [[0.1], [20, 20], [4, 4], [1, 1], [2000]] },
    );
    expect(await read()).toMatchObject({ requests: 20, failed: 2, payments: 4, failedPayments: 0, slow: { p95: 1 } });
    // Metrics that have their first sample later change the order of all of them.
    await write(
      { event: 'metric', data: { payment_failures: { type: 'counter' }, unanswered: { type: 'counter' } } },
      { event: 'snapshot', data: [[0.5], [10, 10], [1, 1], [2, 2], null, [3000], [1, 1]] },
    );
    await appendFile(file, '{"event":"snapshot","data":[[0.5],[10,');
    const { slow, ...counts } = await read();
    expect(counts).toEqual({ requests: 30, failed: 7, unanswered: 1, payments: 6, failedPayments: 1 });
    expect(slow).toEqual({ p95: 1, p50: 0 });
    await appendFile(file, '10],[1,1],[2,2],null,[4000],[1,1]]}\n');
    expect((await read()).requests).toBe(40);
  } finally {
    await rm(folder, { recursive: true });
  }
});
