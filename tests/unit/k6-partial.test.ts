import { expect, it } from 'vitest';
import { judgeLoad } from '../../src/core/judge/load.ts';
import type { LoadEvidence } from '../../src/core/evidence.ts';
import type { Slo } from '../../src/core/slo.ts';
import { partialSummary } from '../../src/runners/k6-partial.ts';
import { optionsFor } from '../../load/options.ts';
import { readSummary } from '../../src/runners/k6-summary.ts';

/** Lines as k6 2.2 records them; the order of the values is that of the metrics' sorted names. */
const line = (event: string, data: unknown) => JSON.stringify({ event, data });
const aggregates = {
  counter: ['count', 'rate'],
  gauge: ['value'],
  rate: ['rate'],
  trend: ['avg', 'max', 'med', 'min', 'p(90)', 'p(95)', 'p(99)'],
};
const types = {
  failed_payments: { type: 'rate' },
  http_req_duration: { type: 'trend' },
  http_req_failed: { type: 'rate' },
  http_reqs: { type: 'counter' },
  iterations: { type: 'counter' },
  payments: { type: 'counter' },
  time: { type: 'gauge' },
};
const second = (at: number, requests: number, iterations: number) => {
  const values = [[0.25], [5, 9, 4, 1, 8, 8.5, 9], [0.1], [requests, 1], [iterations, 1], [requests / 10, 1], [at]];
  return [line('cumulative', values), line('snapshot', values)];
};
const record = [
  line('param', { aggregates }),
  line('metric', { time: types.time }),
  line('start', [[0]]),
  line('metric', types),
  ...second(1000, 200, 104),
  ...second(2000, 400, 208),
].join('\n');

const slo = (id: string, kind: 'server-error' | 'failed-payment'): Slo => ({
  id,
  title: id,
  clause: '3.2d',
  event: { kind },
  limit: 0.01,
  limitIncluded: true,
  minSamples: 10,
});
const slos = [slo('server-errors', 'server-error'), slo('payment-success', 'failed-payment')];

it('what k6 measured until it was stopped is read from its record, also where the last line was cut off', () => {
  const numbers = readSummary(partialSummary(`${record}\n{"event":"cumul`), slos, { partial: true });
  expect(numbers).toMatchObject({
    requests: 400,
    iterations: 200,
    slo: { 'server-errors': { events: 40, trials: 400 }, 'payment-success': { events: 10, trials: 40 } },
    percentiles: { p50Ms: 4, p95Ms: 8.5, p99Ms: 9 },
    problems: ['k6 wrote no summary: the counts are those until it was stopped'],
  });
});

it('a record without a second has nothing', () => {
  expect(partialSummary(undefined)).toBeUndefined();
  expect(partialSummary(line('param', { aggregates }))).toBeUndefined();
});

const judged = (rest: Partial<LoadEvidence>) => {
  const outcome = { exitCode: null, signal: 'SIGKILL', timedOut: true, interrupted: false, durationMs: 1 };
  const { heartbeats: _heartbeats, ...numbers } = readSummary(partialSummary(record), slos, { partial: true });
  const evidence = { kind: 'load', outcome, profile: 'stage', series: [], files: [], ...numbers, ...rest };
  return Object.fromEntries(judgeLoad(evidence as unknown as LoadEvidence, slos).map((each) => [each.id, each]));
};

it('an incomplete load can show a breach and no pass, and says nothing of its planned arrivals', () => {
  const incomplete = judged({});
  expect(incomplete['load.server-errors']).toMatchObject({ status: 'fail' });
  expect(incomplete['load.run']).toMatchObject({
    status: 'error',
    actual: expect.stringContaining('400 requests') as string,
  });
  expect(incomplete['load.pace']).toMatchObject({
    status: 'error',
    because: expect.stringMatching(/^Not every planned/) as string,
  });
  const silent = judged({ iterations: 0, requests: 0 });
  expect(silent['load.pace']).toMatchObject({ status: 'error', because: 'No arrival was started.' });
});

it('a redirect is not followed, so that no other address answers', () => {
  const plan = {
    profile: 'stage',
    title: '',
    logIns: [],
    durationMs: 1000,
    peakRequestsPerSecond: 1,
    expectedRequests: 1,
    expectedPayments: 0,
    stopOnBreach: false,
    scenarios: [],
  };
  expect(optionsFor(plan, slos).maxRedirects).toBe(0);
});
