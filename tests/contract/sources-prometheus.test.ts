import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseSlos } from '../../src/config/slo-file.ts';
import { metricPresets } from '../../src/core/metric-names.ts';
import { createSource, type Reading, type Source } from '../../src/sources/index.ts';
import { compareScrapes, scrapeAll } from '../../src/sources/scrape.ts';
import { systemClock } from '../../src/system/clock.ts';
import { type OwnPrometheus, startOwnPrometheus } from './support/own-prometheus.ts';
import { type Instance, pageOf } from './support/source-doubles.ts';

const slos = parseSlos('slo.yaml', readFileSync(join(import.meta.dirname, '../../config/slo.yaml'), 'utf8'));
const counted = { slos, names: metricPresets['prom-client'] };
const signal = new AbortController().signal;

/** The pages of two instances of green; undefined: it answers 503. */
let pages: [Instance | undefined, Instance | undefined];
let servers: Server[] = [];
let prometheus: OwnPrometheus;
let source: Source;
const hosts = () => servers.map((server) => `127.0.0.1:${(server.address() as AddressInfo).port}`);
const side = () => ({
  colour: 'green' as const,
  isWhole: true,
  instances: hosts().map((host, index) => ({ name: `green-${index + 1}`, host })),
  metrics: [],
});

const first: Instance = { startedAt: 1_700_000_000, ok: 1000, failed: 10 };
const second: Instance = { startedAt: 1_700_000_000, ok: 500, failed: 0 };

beforeAll(async () => {
  pages = [first, second];
  servers = [0, 1].map((index) =>
    createServer((_, answer) => {
      const page = pages[index];
      if (page) answer.end(pageOf(page));
      else answer.writeHead(503).end();
    }).listen(0, '127.0.0.1'),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
  prometheus = await startOwnPrometheus({ green: hosts() }, '250ms');
  const settings = { url: prometheus.url, labels: { color: '{colour}' }, scrapeIntervalMs: 250, timeoutMs: 2000 };
  const context = {
    counted,
    clock: systemClock,
    scrapeAll,
    readPool: () => Promise.reject(new Error()),
    variables: {},
  };
  source = createSource({ driver: 'prometheus', ...settings }, context);
});
afterAll(async () => {
  await prometheus[Symbol.asyncDispose]();
  for (const server of servers) server.close();
});

/** Reads until Prometheus has scraped both instances as they are now. */
async function readNow(): Promise<Reading> {
  for (;;) {
    const reading = await source.read(side(), { signal });
    if (reading.length === 2 && reading.every(({ problem }) => problem === undefined)) return reading;
  }
}

/** What is measured between the instances as they were, and the second scrape after they changed to `now`. */
async function measure(now: typeof pages) {
  pages = [first, second];
  const before = await readNow();
  pages = now;
  // The first scrape after the reading may be of before the change.
  const between = await source.read(side(), { after: before, signal });
  return compareScrapes(before, await source.read(side(), { after: between, signal }), counted);
}

it('counts the difference of two scrapes of each instance', async () => {
  const { instances, problems } = await measure([
    { ...first, ok: 1400, failed: 13 },
    { ...second, ok: 700 },
  ]);
  expect(problems).toEqual([]);
  const counts = new Map(instances.map(({ url, slo }) => [url.split(' ')[0], slo]));
  const [one = '', other = ''] = hosts();
  expect(counts.get(one)).toEqual({
    'latency-p95': { events: 3, trials: 403 },
    'latency-p50': { events: 3, trials: 403 },
    'payment-success': { events: 0, trials: 400 },
    'server-errors': { events: 3, trials: 403 },
  });
  expect(counts.get(other)?.['server-errors']).toEqual({ events: 0, trials: 200 });
});

it('an instance that started again is restarted, although its counters are higher', async () => {
  const startedAt = Math.round(Date.now() / 1000) + 3600;
  const { instances } = await measure([{ startedAt, ok: 9000, failed: 10 }, second]);
  expect(instances.filter(({ restarted }) => restarted)).toHaveLength(1);
  expect(instances).toHaveLength(2);
  expect(instances.find(({ restarted }) => restarted)?.slo['server-errors']).toEqual({ events: 0, trials: 0 });
});

it('a series that the last scrape has not is missing, and its last value is not used', async () => {
  const { instances, problems } = await measure([{ ...first, ok: 1400, failedText: '' }, second]);
  expect(instances).toHaveLength(1);
  expect(problems.join('\n')).toMatch(/status="503"\} is missing/);
});

it('a value that is no count is a problem', async () => {
  const { problems } = await measure([{ ...first, ok: 1400, failedText: 'NaN' }, second]);
  expect(problems.join('\n')).toMatch(/status="503"\} is NaN, which is not a count/);
});

it('an instance whose scrapes fail is stale, and not zero', async () => {
  const { instances, problems } = await measure([undefined, second]);
  expect(instances).toHaveLength(1);
  expect(problems.join('\n')).toMatch(/no new scrape since|1 of 2 instances/);
});

it('another colour has no instances: that is no zero either', async () => {
  const [reading] = await source.read({ ...side(), colour: 'blue' }, { signal });
  expect(reading?.problem).toMatch(/has 0 of 2 instances of .*color=~"blue".*: none/);
});
