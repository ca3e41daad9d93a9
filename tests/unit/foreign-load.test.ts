import { describe, expect, it } from 'vitest';
import { describePlan, planLoad, profilesFor, splitPlan } from '../../src/core/load-plan.ts';
import type { Slo } from '../../src/core/slo.ts';
import { UserError } from '../../src/core/errors.ts';
import type { ForeignScript, Target } from '../../src/core/target.ts';
import { requireLoadScript } from '../../src/flows/load-script.ts';
import { neededPercentiles, ownPrefix } from '../../src/core/foreign-load.ts';
import { partialSummary } from '../../src/runners/k6-partial.ts';
import { readSeries } from '../../src/runners/k6-series.ts';
import { readForeignSummary } from '../../src/runners/k6-foreign-summary.ts';
import { readInspected, wrapperOf } from '../../src/runners/k6-foreign-wrapper.ts';
import { targetAt } from '../contract/support/target-at.ts';
import { slo as errors } from './judge-samples.ts';

const slow: Slo = {
  ...errors,
  id: 'latency-p95',
  clause: '3.2a',
  event: { kind: 'slow-response', percentile: 95, thresholdMs: 1000 },
};
const payments: Slo = { ...errors, id: 'payment-success', clause: '3.2c', event: { kind: 'failed-payment' } };
const slos = [slow, errors, payments];

const profiles = {
  users: ['client'],
  patienceMs: 2000,
  mix: { own: { share: 1, requests: 4, payments: 1 } },
  profiles: { steady: { title: '', rate: 90, start: 1, stages: [{ to: 1, overMs: 60_000 }], stopOnBreach: false } },
};

const script = (metrics: ForeignScript['metrics'] = {}, more: Partial<ForeignScript> = {}): ForeignScript => ({
  path: '/srv/shop/script.js',
  options: 'replaced',
  metrics,
  variables: {},
  iteration: { requests: 1 },
  ...more,
});

const trend = (count: number, percentiles: Readonly<Record<string, number>> = {}) => ({
  count,
  avg: 3,
  med: 2,
  ...percentiles,
});
const guard = (count: number) => ({ count, thresholds: { 'count>=0': false } });
const counted = {
  http_reqs: { count: 1000 },
  iterations: { count: 520 },
  http_req_duration: trend(1000),
  http_req_failed: { passes: 40, fails: 960 },
  shiproom_generator_lateness: { ...trend(20), 'p(95)': 3 },
  shiproom_server_errors: guard(12),
  shiproom_slow_latency_p95: guard(7),
  shiproom_elsewhere: guard(100),
  orders: { count: 5 },
  paid: { passes: 90, fails: 10 },
  answer_time: { ...trend(500), 'p(94.9)': 980, 'p(95)': 990, 'p(95.1)': 1003, 'p(100)': 2000 },
};

const read = (metrics: object, own = script(), checks: object = {}, log = '') =>
  readForeignSummary(JSON.stringify({ metrics, root_group: { checks } }), {
    script: own,
    slos,
    target: targetAt('http://shop.example'),
    log,
    partial: false,
  });

describe('what is counted of a script of the target', () => {
  it('latency and 5xx of every request by default; payments only by a metric of it', () => {
    const { slo, script: own, iterations, problems, wrongRelease } = read(counted);
    expect(slo).toEqual({
      'latency-p95': { events: 7, trials: 900 },
      'server-errors': { events: 12, trials: 900 },
    });
    expect(own.uncounted['payment-success']).toMatch(/load\.metrics\.payment-success/);
    expect([iterations, problems, wrongRelease]).toEqual([500, [], { events: 0, trials: 900 }]);
  });

  it.each([
    ['payment-success', 'paid', { events: 10, trials: 100 }],
    ['payment-success', '!paid', { events: 90, trials: 100 }],
    ['server-errors', 'paid', { events: 90, trials: 100 }],
    ['server-errors', 'orders', { events: 5, trials: 900 }],
    ['server-errors', 'http_req_failed', { events: 12, trials: 900 }],
    ['latency-p95', 'http_req_waiting', { events: 7, trials: 900 }],
    // 4.9 % or 5 % of 500 may reach the limit: the greater.
    ['latency-p95', 'answer_time', { events: 25, trials: 500 }],
  ])('%s by %s', (id, metric, count) => {
    expect(read(counted, script({ [id]: metric })).slo[id]).toEqual(count);
  });

  it.each([
    ['payment-success', 'orders', 'The metric orders of the script is no rate.'],
    ['latency-p95', 'paid', 'The metric paid of the script is no trend.'],
    ['server-errors', 'answer_time', 'The metric answer_time of the script is no rate and no counter.'],
    ['payment-success', 'nope', 'The script has no metric nope, or it has no sample.'],
  ])('%s by %s is not counted', (id, metric, because) => {
    const { slo, script: own } = read(counted, script({ [id]: metric }));
    expect(slo[id]).toBeUndefined();
    expect(own.uncounted[id]).toBe(because);
  });

  it('checks of groups are found; without any check, statuses that k6 did not expect are wrong answers', () => {
    const groups = { pay: { checks: { a: { name: 'paid', passes: 3, fails: 1 } } } };
    const text = JSON.stringify({ metrics: counted, root_group: { checks: {}, groups } });
    const asked = { script: script(), slos, target: targetAt('http://shop.example'), log: '', partial: false };
    expect(readForeignSummary(text, asked).checks).toEqual([{ name: 'pay › paid', passes: 3, fails: 1 }]);
    expect(read(counted).checks).toEqual([{ name: 'status as k6 expects it', passes: 960, fails: 28 }]);
  });

  it('the percentiles of a trend are fine around those of its objectives', () => {
    const percentiles = neededPercentiles(slos, script({ 'latency-p95': 'answer_time' }));
    expect(percentiles).toEqual(expect.arrayContaining([0, 50, 93, 94.9, 95, 95.1, 97, 100]));
    expect(percentiles).not.toContain(50.1);
    expect(neededPercentiles(slos, script({ 'latency-p95': 'http_req_waiting' }))).toEqual([]);
  });

  it('a script that sends nothing has no count of anything, and no checks', () => {
    const { http_reqs: _, http_req_duration: _d, http_req_failed: _f, ...silent } = counted;
    const { requests, checks, slo } = read({
      ...silent,
      shiproom_elsewhere: guard(0),
      shiproom_server_errors: guard(0),
    });
    expect({ requests, checks, trials: slo['server-errors']?.trials }).toEqual({ requests: 0, checks: [], trials: 0 });
  });

  it('what was not counted is a problem: no wrapper, requests past k6/http', () => {
    const { shiproom_server_errors: _, ...unwrapped } = counted;
    expect(read(unwrapped).problems).toEqual([expect.stringContaining('did not run it in its wrapper')]);
    expect(read({ ...counted, grpc_req_duration: trend(3) }).problems).toEqual([expect.stringContaining('by gRPC')]);
  });

  it('of a script that had to be stopped the counts until then are kept', () => {
    const line = (event: string, data: unknown) => JSON.stringify({ event, data });
    const names = ['http_req_failed', 'http_reqs', 'shiproom_server_errors', 'time', 'ws_sessions'];
    const types = ['rate', 'counter', 'counter', 'gauge', 'counter'];
    const second = [[0.5], [100, 50], [3, 1], [1000], [4, 2]];
    const record = [
      line('param', { aggregates: { rate: ['rate'], counter: ['count', 'rate'], gauge: ['value'] } }),
      line('metric', Object.fromEntries(names.map((name, index) => [name, { type: types[index] }]))),
      line('start', [null, null, null, [0], null]),
      line('cumulative', second),
      line('snapshot', second),
    ].join('\n');
    const asked = { script: script(), slos, target: targetAt('http://shop.example'), log: '', partial: true };
    const { requests, slo, problems } = readForeignSummary(partialSummary(record, ownPrefix), asked);
    expect({ requests, errors: slo['server-errors'] }).toEqual({ requests: 100, errors: { events: 3, trials: 100 } });
    expect(problems).toEqual([
      'k6 wrote no summary: the counts are those until it was stopped',
      expect.stringMatching(/k6\/websockets .*k6\/ws drops/),
    ]);
    expect(readSeries(record, ownPrefix)).toMatchObject([{ requests: 100, serverErrors: 3, payments: 0 }]);
  });

  it('its own thresholds are judged only where its options are kept; a rate without samples met nothing', () => {
    const metrics = {
      ...counted,
      paid: { ...counted.paid, thresholds: { 'rate>0.95': true } },
      'checks{name:x}': { passes: 0, fails: 0, thresholds: { 'rate>0.9': false } },
    };
    expect(read(metrics).script.thresholds).toEqual([]);
    expect(read(metrics, script({}, { options: 'kept' })).script.thresholds).toEqual([
      { metric: 'paid', expression: 'rate>0.95', ok: false, samples: true },
      { metric: 'checks{name:x}', expression: 'rate>0.9', ok: true, samples: false },
    ]);
  });
});

describe('what cannot be run is refused by its key', () => {
  const refusal = (own: ForeignScript, more: Partial<Target> = {}) =>
    requireLoadScript(
      { ...targetAt('http://shop.example'), ...more, load: { profile: 'stage', script: own } },
      slos,
    ).then(
      () => 'accepted',
      (error: unknown) => (error instanceof UserError ? error.message : String(error)),
    );
  const path = import.meta.filename;

  it('a file that does not exist, an objective that does not, and a rate that cannot be limited', async () => {
    expect(await refusal(script())).toBe('load.script: /srv/shop/script.js does not exist');
    expect(await refusal(script({ 'latency-99': 'x' }, { path }))).toMatch(
      /^load\.metrics\.latency-99: there is no such objective; there are latency-p95/,
    );
    const limited = { rateLimit: { requests: 30, perMs: 60_000 } };
    expect(await refusal(script({}, { path, options: 'kept' }), limited)).toMatch(/^load\.options: the rate/);
    expect(await refusal(script({}, { path }), limited)).toBe('accepted');
    const kept = {
      ...targetAt('http://shop.example'),
      load: { profile: 'stage', script: script({}, { path, options: 'kept' }) },
    };
    await expect(requireLoadScript(kept, slos, { rate: 5 })).rejects.toThrow(
      '--rate: the script keeps its own options',
    );
  });
});

describe('how it is run', () => {
  it('the rate of the profile counts requests; every scenario has an equal part of its iterations', () => {
    const own = script({}, { iteration: { requests: 3, timeMs: 5000 }, variables: { T: '{token.admin}' } });
    const plan = planLoad(profilesFor(profiles, { script: own }), { profile: 'steady' });
    expect(plan).toMatchObject({ logIns: ['admin'], expectedRequests: 5400, scenarios: [{ users: 151 }] });
    const { scenarios } = splitPlan(plan, ['browse', 'pay']);
    expect(scenarios).toEqual(
      ['browse', 'pay'].map((name) => ({
        name,
        users: 76,
        startPerMinute: 900,
        stages: [{ perMinute: 900, durationMs: 60_000 }],
      })),
    );
  });

  it('payments are named only where an objective counts them and the plan knows them', () => {
    const plan = planLoad(profiles, { profile: 'steady' });
    expect(describePlan(plan, slos)[0]).toContain('5 400 in total, of which 1 350 payments');
    expect(describePlan(plan, [slow, errors])[0]).toContain('5 400 in total, for');
    const own = script({ 'payment-success': 'paid' });
    expect(
      describePlan(planLoad(profilesFor(profiles, { script: own }), { profile: 'steady' }), slos, own),
    ).toHaveLength(1);
  });

  it('the wrapper imports the counting before the script, and exports the functions of its scenarios', () => {
    const text = wrapperOf('/tmp/counting.js', '/srv/a "shop"/script.ts', ['default', 'pay', 'default']);
    expect(text.indexOf('/tmp/counting.js')).toBeLessThan(text.indexOf('script.ts'));
    expect(text).toContain('import * as theirs from "/srv/a \\"shop\\"/script.ts";');
    expect(text.match(/^export (default|const pay) /gm)).toHaveLength(2);
    expect(text).not.toContain('handleSummary');
  });

  it('the options are those that k6 prints', () => {
    const printed = {
      scenarios: { a: { exec: null }, b: { exec: 'pay' } },
      hosts: null,
      totalDuration: '1h2m3.5s',
      maxVUs: 4,
    };
    expect(readInspected(JSON.stringify(printed))).toEqual({
      scenarios: { a: 'default', b: 'pay' },
      redirects: false,
      totalMs: 3_723_500,
      users: 4,
    });
    expect(readInspected('')).toBe('k6 did not print the options of the script');
  });
});
