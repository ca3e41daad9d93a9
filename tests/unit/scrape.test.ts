import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { parseSlos } from '../../src/config/slo-file.ts';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePrometheusText } from '../../src/sources/prometheus-text.ts';
import { metricPresets } from '../../src/core/metric-names.ts';
import { compareScrapes, readPage, type Scrape, scrapeAll } from '../../src/sources/scrape.ts';

describe('a metrics page', () => {
  it('is parsed with labels, escapes, timestamps and special values', () => {
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

  it.each([
    ['spaces and a comma after the last label', 'a { x = "1" , y = "2" , } 3', { x: '1', y: '2' }],
    ['an exemplar', 'a{x="1",y="2"} 3 # {trace_id="0af7"} 0.67 1764000123.456', { x: '1', y: '2' }],
    ['an exemplar without labels', 'a{x="1"} 3 1764000123.5 # {} 0.67', { x: '1' }],
    ['braces, quotes and signs in a label', String.raw`a{x="} \"#\" \\ {,="} 3`, { x: String.raw`} "#" \ {,=` }],
    ['no space after the braces', 'a{x="1"}3', { x: '1' }],
    ['a name in quotes', '{"a",x="1"} 3', { x: '1' }],
    ['a label in quotes', 'a{"http.route"="/jobs"} 3', { 'http.route': '/jobs' }],
    ['an exponent', 'a 3e+00', {}],
    ['the end of a line of Windows', 'a 3\r', {}],
  ])('is parsed with %s', (_, line, labels) => {
    expect(parsePrometheusText(`${line}\n`)).toEqual([{ name: 'a', labels, value: 3 }]);
  });

  it('may have nan and inf, in any case, for other metrics', () => {
    expect(parsePrometheusText('a nan\nb +inf\nc -Infinity\n').map(({ value }) => value)).toEqual([
      Number.NaN,
      Infinity,
      -Infinity,
    ]);
  });

  it.each([
    '<html>',
    'a{x="1} 2',
    'a one',
    'a1',
    'a 0x10',
    'a{x="1" y="2"} 3',
    'a{x="1",x="2"} 3',
    'a{"b"} 3',
    'a 1 2 3',
    '{x="1"} 3',
    'a {count:1,sum:2}',
    '{"data":{}}',
  ])('%s is a problem with line and text', (text) => {
    expect(() => parsePrometheusText(`# TYPE a counter\n${text}\nb 1\n`)).toThrow(`line 2 is not supported: ${text}`);
  });

  it('that is cut off is a problem', () => {
    expect(() => parsePrometheusText('a 1\nb 2', 'text')).toThrow('the page ends within line 2');
    expect(() => parsePrometheusText('a 1\n', 'openmetrics')).toThrow('the page ends before # EOF');
    expect(parsePrometheusText('a 1\n# EOF', 'openmetrics')).toHaveLength(1);
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
  const counted = { slos, names: metricPresets['prom-client'] };
  const scrape = (text: string): Scrape => readPage({ url: 'http://t/metrics', at: '' }, text, counted);
  const before = scrape(page(100, 1, 90, 100, 10, 0));

  it('is counted by objective', () => {
    const [instance] = compareScrapes([before], [scrape(page(1100, 6, 1000, 1090, 110, 3))], counted).instances;
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

  /** The same page with some of its text replaced. */
  const changed = (...replacements: readonly [string, string][]) =>
    scrape(replacements.reduce((text, [from, to]) => text.replace(from, to), page(1100, 6, 1000, 1090, 110, 3)));
  const problemsOf = (first: Scrape, last: Scrape) => {
    const { instances, problems } = compareScrapes([first], [last], counted);
    return instances.length === 0 ? problems : instances;
  };

  it.each([
    ['NaN', '{status="503"} 6', '{status="503"} NaN', 'http_requests_total{status="503"} is NaN, which is not a count'],
    ['+Inf', '{status="200"} 1100', '{status="200"} +Inf', 'http_requests_total{status="200"} is Infinity, which'],
    ['negative', '{status="503"} 6', '{status="503"} -1', 'http_requests_total{status="503"} is -1, which'],
    ['a fraction', '{status="503"} 6', '{status="503"} 2.5', 'http_requests_total{status="503"} is 2.5, which'],
    ['falling', '{status="503"} 6', '{status="503"} 0', 'http_requests_total{status="503"} fell from 1 to 0'],
    ['missing', 'http_requests_total{status="503"} 6\n', '', 'http_requests_total{status="503"} is missing'],
    ['on the page twice', 'payment', 'http_requests_total{status="503"} 9\npayment', 'is on the page twice'],
    ['below the bucket before it', '{le="1"} 1090', '{le="1"} 410', 'bucket le=1 (410) is below le=0.4 (1 000)'],
    ['other than its count', '{le="+Inf"} 1106', '{le="+Inf"} 1105', 'bucket le=+Inf (1 105) differs from the count'],
    ['of an unknown edge', '{le="1"}', '{le="one"}', 'a bucket has the edge le="one"'],
  ])('a series that is %s is a problem with series and value, and nothing is counted', (_, from, to, problem) => {
    expect(problemsOf(before, changed([from, to]))).toEqual([expect.stringContaining(problem)]);
  });

  it('a metric without an objective may have any value', () => {
    const text = page(1100, 6, 1000, 1090, 110, 3);
    const [instance] = compareScrapes(
      [before],
      [scrape(`${text}cache_ratio +inf\nlag{quantile="0.99"} nan\n`)],
      counted,
    ).instances;
    expect(instance?.slo['server-errors']).toEqual({ events: 5, trials: 1005 });
  });

  it('a fall in one series is found although the sum grows', () => {
    const first = scrape(page(100, 50, 150, 150, 10, 0));
    expect(problemsOf(first, changed(['{status="503"} 6', '{status="503"} 40']))).toEqual([
      expect.stringContaining('http_requests_total{status="503"} fell from 50 to 40'),
    ]);
  });

  it('a new start time is a restart; without start times a lower counter is', () => {
    const restartedAt = Date.parse('2026-03-03T10:00:05Z') / 1000;
    const first = { ...before, at: '2026-03-03T10:00:00Z' };
    const started = scrape(page(500, 1, 90, 100, 10, 0, restartedAt));
    expect(compareScrapes([first], [started], counted).instances[0]).toMatchObject({ restarted: true });
    const without = (text: string) => scrape(text.replace(/^process_start.*\n/, ''));
    const [instance] = compareScrapes(
      [without(page(100, 1, 90, 100, 10, 0))],
      [without(page(5, 0, 5, 5, 0, 0))],
      counted,
    ).instances;
    expect(instance).toMatchObject({ restarted: true, slo: { 'server-errors': { events: 0, trials: 0 } } });
  });

  it('a process that was running before the earlier page is another instance, and the address is named', () => {
    const first = { ...before, at: '2026-03-03T10:00:00Z' };
    expect(problemsOf(first, scrape(page(5000, 6, 4000, 5000, 110, 3, 2)))).toEqual([
      'http://t/metrics: the address leads to different instances: started at 1970-01-01T00:00:01.000Z, then started at 1970-01-01T00:00:02.000Z',
    ]);
  });

  it('a page without # EOF, at an address whose page had it, is cut off', () => {
    expect(problemsOf({ ...before, complete: true }, { ...changed(), complete: false })).toEqual([
      'http://t/metrics: the page ends before # EOF',
    ]);
  });

  it('requests on probe routes are not counted', () => {
    const routed = (jobs: number, probes: number) =>
      scrape(
        `http_requests_total{route="/jobs",status="200"} ${jobs}\nhttp_requests_total{route="/healthz",status="200"} ${probes}\nhttp_requests_total{route="/api/readyz",status="503"} ${probes}\nhttp_request_duration_seconds_bucket{route="/jobs",le="+Inf"} ${jobs}\nhttp_request_duration_seconds_count{route="/jobs"} ${jobs}\n`,
      );
    const [instance] = compareScrapes([routed(10, 500)], [routed(12, 900)], counted).instances;
    expect(instance).toMatchObject({ routed: true, slo: { 'server-errors': { events: 0, trials: 2 } } });
    expect(compareScrapes([before], [changed()], counted).instances[0]).toMatchObject({ routed: false });
  });

  it('where no bucket edge is the limit, the next lower one is used and named', () => {
    const coarse = (count: number) => scrape(page(count, 0, count, count, 0, 0).replaceAll('le="1"', 'le="0.8"'));
    const [instance] = compareScrapes([coarse(0)], [coarse(50)], counted).instances;
    expect(instance?.edges).toEqual({ 'latency-p95': 800 });
  });

  it.each([
    ['the text format', 'text/plain; version=0.0.4', (text: string) => text],
    [
      'spaces',
      'text/plain',
      (text: string) => text.replaceAll('{', ' { ').replaceAll('=', ' = ').replaceAll('}', ' , } '),
    ],
    [
      'OpenMetrics',
      'application/openmetrics-text; version=1.0.0',
      (text: string) =>
        `${text.replaceAll('le="1"} 3990', 'le="1"} 3990 # {trace_id="4bf9"} 0.8 1764000123.4')}# EOF\n`,
    ],
    ['UTF-8 names', 'text/plain; version=1.0.0; escaping=allow-utf-8', (text: string) => `${text}{"http.active"} 3\n`],
  ])('has the same numbers in %s', async (_, type, dress) => {
    const pages = [page(0, 0, 0, 0, 0, 0), page(4000, 1, 3500, 3990, 796, 4)].map(dress);
    await using server = createServer((_request, answer) =>
      answer.setHeader('content-type', type).end(pages.shift()),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    const first = await scrapeAll([url], counted, new AbortController().signal);
    const last = await scrapeAll([url], counted, new AbortController().signal);
    const { instances, problems } = compareScrapes(first, last, counted);
    expect(problems).toEqual([]);
    expect(instances[0]?.slo).toMatchObject({
      'server-errors': { events: 1, trials: 4001 },
      'latency-p95': { events: 11, trials: 4001 },
      'payment-success': { events: 4, trials: 800 },
    });
  });

  it.each([
    ['status', 'http_requests_total{status_code="500"} 7', 'status_code="500"'],
    ['status', 'http_requests_total{status="broken"} 7', 'status="broken"'],
    ['outcome', 'payment_attempts_total{outcome="succeeded"} 7', 'outcome="succeeded"'],
  ])('counters without the label %s of the contract are a problem: %s', async (label, line, shown) => {
    await using server = createServer((_, answer) =>
      answer.end(`http_request_duration_seconds_count 7\n${line}\n`),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
    const [scraped] = await scrapeAll([url], counted, new AbortController().signal);
    expect(scraped?.counters).toBeUndefined();
    expect(scraped?.problem).toContain(`no label ${label}`);
    expect(scraped?.problem).toContain(shown);
  });

  it('an instance that could not be read is a problem, not a zero', () => {
    const unread = { url: 'http://t/metrics', at: '', problem: 'http://t/metrics: refused' };
    expect(compareScrapes([before], [unread], counted)).toMatchObject({
      instances: [],
      problems: ['http://t/metrics: refused'],
    });
  });
});
