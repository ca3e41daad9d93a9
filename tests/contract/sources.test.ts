import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSlos } from '../../src/config/slo-file.ts';
import type { Counted } from '../../src/core/counted.ts';
import { UserError } from '../../src/core/errors.ts';
import { judgeMetrics } from '../../src/core/judge/metrics.ts';
import { metricPresets } from '../../src/core/metric-names.ts';
import { createSource } from '../../src/sources/index.ts';
import { compareScrapes, scrapeAll } from '../../src/sources/scrape.ts';
import { systemClock } from '../../src/system/clock.ts';
import {
  type Failure,
  type Instance,
  prometheusDouble,
  routerDouble,
  scrapeDouble,
  type SourceDouble,
} from './support/source-doubles.ts';

const slos = parseSlos('slo.yaml', readFileSync(join(import.meta.dirname, '../../config/slo.yaml'), 'utf8'));
const counted: Counted = { slos, names: metricPresets['prom-client'] };

const doubles: readonly (readonly [string, (counted: Counted) => Promise<SourceDouble>])[] = [
  ['scrape', scrapeDouble],
  ['prometheus', prometheusDouble],
  ['router', routerDouble],
];

const signal = new AbortController().signal;
const first: Instance = { startedAt: 1_700_000_000, ok: 1000, failed: 10 };
const second: Instance = { startedAt: 1_700_000_000, ok: 500, failed: 0 };
const whole = { 'green-1': first, 'green-2': second };

/** What the source measures between two states of the instances. */
async function measure(
  double: SourceDouble,
  before: Readonly<Record<string, Instance>>,
  now: Readonly<Record<string, Instance>>,
  failure?: Failure,
) {
  const side = {
    colour: 'green',
    isWhole: true,
    instances: ['green-1', 'green-2'].map((name) => ({ name, host: `${name}:80` })),
    metrics: double.pages,
  } as const;
  double.set(before);
  const earlier = await double.source.read(side, { signal });
  double.set(now);
  if (failure !== undefined) double.fail(failure);
  const later = await double.source.read(side, { after: earlier, signal });
  return compareScrapes(earlier, later, counted);
}

/** Whether nothing passes and nothing fails by what was measured. */
const decidesNothing = (evidence: Awaited<ReturnType<typeof measure>>) =>
  judgeMetrics(evidence, slos).every(({ status }) => status === 'error' || status === 'inconclusive');

describe.each(doubles)('%s', (name, open) => {
  it('counts what every instance answered in between, and no more', async () => {
    await using double = await open(counted);
    const now = { 'green-1': { ...first, ok: 1400, failed: 13 }, 'green-2': { ...second, ok: 700 } };
    const { instances, problems } = await measure(double, whole, now);
    expect(problems).toEqual([]);
    expect(instances.map(({ slo, restarted }) => [slo['server-errors'], restarted])).toEqual([
      [{ events: 3, trials: 403 }, false],
      [{ events: 0, trials: 200 }, false],
    ]);
  });

  it('knows durations and payments, or names why it does not', async () => {
    await using double = await open(counted);
    const now = { 'green-1': { ...first, ok: 1400, failed: 13 }, 'green-2': second };
    const evidence = await measure(double, whole, now);
    const [instance] = evidence.instances;
    if (name === 'router') {
      expect(instance?.unknown?.['latency-p95']).toMatch(/no durations/);
      expect(instance?.unknown?.['payment-success']).toMatch(/no payments/);
      expect(instance?.slo).not.toHaveProperty('latency-p95');
      const statuses = judgeMetrics(evidence, slos).map(({ id, status }) => [id, status]);
      expect(statuses).toContainEqual(['metrics.latency-p95', 'inconclusive']);
      expect(statuses).toContainEqual(['metrics.payment-success', 'inconclusive']);
    } else {
      expect(instance?.slo).toMatchObject({
        'latency-p95': { events: 3, trials: 403 },
        'payment-success': { events: 0, trials: 400 },
      });
    }
  });

  it('counts nothing where nothing was answered', async () => {
    await using double = await open(counted);
    const { instances, problems } = await measure(double, whole, whole);
    expect(problems).toEqual([]);
    expect(instances.map(({ slo }) => slo['server-errors'])).toEqual([
      { events: 0, trials: 0 },
      { events: 0, trials: 0 },
    ]);
  });

  const restarted = Math.round(Date.now() / 1000) + 3600;
  it.each<[string, Readonly<Record<string, Instance>>]>([
    ['that started again', { 'green-1': { startedAt: restarted, ok: 5000, failed: 0 }, 'green-2': second }],
    ['whose counter fell', { 'green-1': { ...first, failed: 4 }, 'green-2': second }],
    ['that is not there any more', { 'green-2': second }],
    ['in whose place there is another', { 'green-2': second, 'green-3': first }],
    ['without the series of its failures', { 'green-1': { ...first, failedText: '' }, 'green-2': second }],
    ['whose failures are NaN', { 'green-1': { ...first, ok: 9000, failedText: 'NaN' }, 'green-2': second }],
    ['whose failures are infinite', { 'green-1': { ...first, ok: 9000, failedText: '+Inf' }, 'green-2': second }],
  ])('counts nothing of an instance %s, and says so', async (_, now) => {
    await using double = await open(counted);
    const evidence = await measure(double, whole, now);
    const says = [...evidence.problems, ...evidence.instances.filter((each) => each.restarted).map(({ url }) => url)];
    expect(says).not.toEqual([]);
    for (const { url, restarted: isRestarted, slo } of evidence.instances)
      if (isRestarted || url.includes('green-1')) expect(slo['server-errors']).toEqual({ events: 0, trials: 0 });
    expect(decidesNothing(evidence)).toBe(true);
  });

  it.each<Failure>(['silent', 429, 503, 'cut off'])('is blind, and not zero, where it is %s', async (failure) => {
    await using double = await open(counted);
    const evidence = await measure(double, whole, { 'green-1': { ...first, ok: 9000 }, 'green-2': second }, failure);
    expect(evidence.instances).toEqual([]);
    expect(evidence.problems).not.toEqual([]);
    expect(judgeMetrics(evidence, slos).map(({ status }) => status)).toEqual(slos.map(() => 'error'));
  });
});

describe('prometheus', () => {
  it('reports an instance that was not scraped again as stale', async () => {
    await using double = await prometheusDouble(counted);
    const side = {
      colour: 'green',
      isWhole: true,
      instances: ['green-1', 'green-2'].map((name) => ({ name, host: `${name}:80` })),
      metrics: [],
    } as const;
    double.set(whole);
    const earlier = await double.source.read(side, { signal });
    double.freeze();
    const later = await double.source.read(side, { after: earlier, signal });
    const { instances, problems } = compareScrapes(earlier, later, counted);
    expect(instances).toEqual([]);
    expect(problems.join('\n')).toMatch(/green-1 \(job freetask\): no new scrape since 20/);
  });

  it('asks for the colour, the release or the instances that the labels name, with every sign quoted', async () => {
    await using double = await prometheusDouble(counted);
    const labels = { color: '{colour}', version: '{release}', instance: '{host}', env: 'a"b' };
    const url = 'http://127.0.0.1:1';
    const settings = { driver: 'prometheus', url, labels, scrapeIntervalMs: 15_000, timeoutMs: 100 } as const;
    const context = {
      clock: systemClock,
      scrapeAll,
      readPool: () => Promise.reject(new Error()),
      variables: {},
      counted,
    };
    const instances = [
      { name: 'green-1', host: '10.0.0.1:80' },
      { name: 'green-2', host: '10.0.0.2:80' },
    ];
    const side = { colour: 'green', isWhole: false, instances, metrics: [] } as const;
    const source = createSource(settings, context);
    const [unknownRelease] = await source.read(side, { signal });
    expect(unknownRelease?.problem).toContain('the release of this side is not known');
    const byColour = createSource({ ...settings, labels: { color: '{colour}' } }, context);
    expect((await byColour.read(side, { signal }))[0]?.problem).toContain(
      'do not distinguish the instances of a colour',
    );
    const here = createSource({ ...settings, url: double.url }, context);
    await here.read({ ...side, release: 'freetask@1.5.0' }, { signal });
    expect(double.queries.at(-1)).toBe(
      String.raw`{__name__=~"process_start_time_seconds|http_requests_total|http_request_duration_seconds_bucket|http_request_duration_seconds_count|payment_attempts_total",color=~"green",version=~"freetask@1\\.5\\.0",instance=~"10\\.0\\.0\\.1:80|10\\.0\\.0\\.2:80",env=~"a\"b"}[30100ms]`,
    );
  });

  it('needs the variable that its token is named by', () => {
    const settings = { url: 'http://p', token: 'PROM_TOKEN', labels: {}, scrapeIntervalMs: 1000, timeoutMs: 100 };
    const context = { clock: systemClock, scrapeAll, readPool: () => Promise.reject(new Error()), counted };
    const open = (variables: Record<string, string>) =>
      createSource({ driver: 'prometheus', ...settings }, { ...context, variables });
    expect(() => open({})).toThrow(UserError);
    expect(() => open({})).toThrow('PROM_TOKEN is not set');
    expect(open({ PROM_TOKEN: 'secret' }).name).toBe('prometheus');
  });
});
