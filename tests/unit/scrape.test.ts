import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseSlos } from '../../src/config/slo-file.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePrometheusText } from '../../src/sources/prometheus-text.ts';
import { compareScrapes, type Scrape, scrapeAll } from '../../src/sources/scrape.ts';

describe('the Prometheus text format', () => {
  it('is read with labels, escapes, timestamps and special values', () => {
    const text =
      '# HELP a b\n# TYPE a counter\na 1\nb{x="1",y="a\\"b\\\\c\\nd"} 2.5 1700000000\nc_bucket{le="+Inf"} 3\nd NaN\ne -Inf\n';
    expect(parsePrometheusText(text)).toEqual([
      { name: 'a', labels: {}, value: 1 },
      { name: 'b', labels: { x: '1', y: 'a"b\\c\nd' }, value: 2.5 },
      { name: 'c_bucket', labels: { le: '+Inf' }, value: 3 },
      { name: 'd', labels: {}, value: Number.NaN },
      { name: 'e', labels: {}, value: -Infinity },
    ]);
  });

  it.each(['<html>', 'a{x="1} 2', 'a one', '{"data":{}}'])('%s is no page of metrics', (text) => {
    expect(() => parsePrometheusText(text)).toThrow(/line 1/);
  });
});

describe('the increase between two scrapes', () => {
  const slos = parseSlos('slo.yaml', readFileSync(join(import.meta.dirname, '../../config/slo.yaml'), 'utf8'));
  const page = (
    ok: number,
    errors: number,
    under04: number,
    under1: number,
    paid: number,
    declined: number,
    start = 1,
  ) =>
    `process_start_time_seconds ${start}
http_requests_total{status="200"} ${ok}
http_requests_total{status="503"} ${errors}
http_request_duration_seconds_bucket{le="0.4"} ${under04}
http_request_duration_seconds_bucket{le="1"} ${under1}
http_request_duration_seconds_bucket{le="+Inf"} ${ok + errors}
http_request_duration_seconds_count ${ok + errors}
payment_attempts_total{outcome="success"} ${paid}
payment_attempts_total{outcome="failure"} ${declined}
`;
  const scrape = (text: string): Scrape => ({ url: 'http://t/metrics', at: '', samples: parsePrometheusText(text) });
  const before = scrape(page(100, 1, 90, 100, 10, 0));

  it('is counted by objective', () => {
    const [instance] = compareScrapes([before], [scrape(page(1100, 6, 1000, 1090, 110, 3))], slos).instances;
    expect(instance).toMatchObject({
      restarted: false,
      slo: {
        'server-errors': { events: 5, trials: 1005 },
        'latency-p95': { events: 15, trials: 1005 },
        'latency-p50': { events: 95, trials: 1005 },
        'payment-success': { events: 3, trials: 103 },
      },
    });
  });

  it('a lower counter, or a new start time, is a restart', () => {
    expect(compareScrapes([before], [scrape(page(5, 0, 5, 5, 0, 0))], slos).instances[0]?.restarted).toBe(true);
    expect(compareScrapes([before], [scrape(page(500, 1, 90, 100, 10, 0, 2))], slos).instances[0]?.restarted).toBe(
      true,
    );
  });

  it('where no bucket edge is the limit, the next lower one is used and named', () => {
    const coarse = (count: number) => scrape(page(count, 0, count, count, 0, 0).replaceAll('le="1"', 'le="0.8"'));
    const [instance] = compareScrapes([coarse(0)], [coarse(50)], slos).instances;
    expect(instance?.edges).toEqual({ 'latency-p95': 800 });
  });

  it.each([
    ['status', 'http_requests_total{status_code="500"} 7', 'status_code="500"'],
    ['status', 'http_requests_total{status="5xx"} 7', 'status="5xx"'],
    ['outcome', 'payment_attempts_total{outcome="succeeded"} 7', 'outcome="succeeded"'],
  ])('counters without the label %s of the contract are a problem: %s', async (label, line, shown) => {
    await using server = createServer((_, answer) =>
      answer.end(`http_request_duration_seconds_count 7\n${line}\n`),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    const [scraped] = await scrapeAll([url], new AbortController().signal);
    expect(scraped?.samples).toBeUndefined();
    expect(scraped?.problem).toContain(`no label ${label}`);
    expect(scraped?.problem).toContain(shown);
  });

  it('an instance that could not be read is a problem, not a zero', () => {
    const unread = { url: 'http://t/metrics', at: '', problem: 'http://t/metrics: refused' };
    expect(compareScrapes([before], [unread], slos)).toMatchObject({
      instances: [],
      problems: ['http://t/metrics: refused'],
    });
  });
});
