import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeRate } from '../../src/core/judge/rate.ts';
import type { Slo } from '../../src/core/slo.ts';

const serverErrors: Slo = {
  id: 'server-errors',
  title: '5xx rate',
  clause: '3.2d',
  event: { kind: 'server-error' },
  limit: 0.005,
  limitIncluded: false,
  minSamples: 800,
  rollback: { clause: '4.1b', above: 0.01 },
};
const payments: Slo = {
  id: 'payment-success',
  title: 'Payment success',
  clause: '3.2c',
  event: { kind: 'failed-payment' },
  limit: 0.02,
  limitIncluded: true,
  minSamples: 200,
  rollback: { clause: '4.1b', above: 0.01 },
};
const latency: Slo = {
  id: 'latency-p95',
  title: 'Latency P95',
  clause: '3.2a',
  event: { kind: 'slow-response', percentile: 95, thresholdMs: 1000 },
  limit: 0.05,
  limitIncluded: false,
  minSamples: 200,
};
const judge = (slo: Slo, events: number, trials: number) =>
  judgeRate({ source: 'load', title: slo.title, slo, count: { events, trials }, evidence: [] });

describe('judgeRate', () => {
  it('passes an upper bound below the limit, and prints both', () => {
    expect(judge(serverErrors, 0, 1200)).toMatchObject({ status: 'pass', clauses: ['3.2d'], samples: 1200 });
    expect(judge(serverErrors, 31, 25_480).because).toBe('5xx 0.12 % (31 of 25 480), upper bound 0.2 % < 0.5 %.');
    expect(judge(latency, 0, 200).status).toBe('pass');
  });

  it('no samples are never a pass', () => {
    for (const slo of [serverErrors, payments, latency]) {
      expect(judge(slo, 0, 0)).toMatchObject({
        status: 'inconclusive',
        because: expect.stringContaining('never a pass'),
      });
    }
  });

  it('holds on too few samples, with the required number', () => {
    expect(judge(payments, 0, 40)).toMatchObject({ status: 'inconclusive', because: expect.stringContaining('200') });
  });

  it('fails a lower bound at the limit even with few samples', () => {
    expect(judge(serverErrors, 20, 40).status).toBe('fail');
  });

  it("fails the SOP's literal rule although the limit is between the bounds", () => {
    const judgement = judge(serverErrors, 5, 1000);
    expect(judgement.bounds?.lower).toBeLessThan(0.005);
    expect(judgement.status).toBe('fail');
  });

  it('holds where the upper bound is above the limit, with the number of samples needed', () => {
    expect(judge(serverErrors, 2, 1000)).toMatchObject({
      status: 'inconclusive',
      because: expect.stringMatching(/upper bound [\d.]+ % >= 0.5 %; about [\d ]+ more samples/),
    });
  });

  it('a payment rate that is Go and rollback at once is No-Go, a conflict, and names both clauses', () => {
    const judgement = judge(payments, 15, 1000);
    expect(judgement).toMatchObject({
      status: 'fail',
      clauses: ['3.2c', '4.1b'],
      because: expect.stringContaining('conflict'),
    });
  });

  it('exactly 98 % meets the payment objective, exactly 0.5 % does not meet the 5xx one', () => {
    const { rollback: _, ...plain } = payments;
    expect(judge(plain, 20, 1000).status).toBe('inconclusive');
    expect(judge({ ...serverErrors, minSamples: 1 }, 10, 2000).status).toBe('fail');
  });

  it('what is not a count is an error, never a pass', () => {
    for (const [events, trials] of [
      [Number.NaN, 5000],
      [0, Number.NaN],
      [0, Infinity],
      [-1, 5000],
      [0.5, 5000],
      [11, 10],
    ] as const) {
      expect(judge(serverErrors, events, trials)).toMatchObject({ status: 'error', actual: 'not a count' });
    }
  });

  it('passes only below the limit, fails only with an event, whatever the counts', () => {
    const counts = fc.nat(20_000).chain((trials) => fc.record({ trials: fc.constant(trials), events: fc.nat(trials) }));
    fc.assert(
      fc.property(counts, fc.constantFrom(serverErrors, payments, latency), ({ events, trials }, slo) => {
        const { status } = judge(slo, events, trials);
        if (status === 'pass') expect(events / trials).toBeLessThan(slo.limit);
        if (status === 'fail') expect(events).toBeGreaterThan(0);
        if (trials < slo.minSamples) expect(status).not.toBe('pass');
      }),
    );
  });
});
