import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSlos } from '../../src/config/slo-file.ts';
import { chooseEnvironment } from '../../src/config/target-file.ts';
import { countedOf } from '../../src/core/counted.ts';
import type { MetricPreset } from '../../src/core/metric-names.ts';
import { compareScrapes, readPage } from '../../src/sources/scrape.ts';
import { parseDeployment } from '../contract/support/service-defaults.ts';

const slos = parseSlos('slo.yaml', readFileSync(join(import.meta.dirname, '../../config/slo.yaml'), 'utf8'));
const pageOf = (name: string) => readFileSync(join(import.meta.dirname, 'metrics', `${name}.prom`), 'utf8');

/** What a target file with these metrics counts between two pages. */
function count(metrics: object, [before, after]: readonly [string, string]) {
  const file = JSON.stringify({
    name: 'orders',
    kind: 'staging',
    environments: { green: { api: 'http://t' } },
    metrics,
  });
  const target = chooseEnvironment('t.yaml', parseDeployment('t.yaml', file), 'green');
  const counted = countedOf(target, slos);
  const read = (text: string, at: string) => readPage({ url: 'http://t/metrics', at }, text, counted);
  return compareScrapes([read(before, '2026-03-03T10:00:00Z')], [read(after, '2026-03-03T10:01:00Z')], counted);
}
const recorded = (preset: MetricPreset): readonly [string, string] => [
  pageOf(`${preset}.before`),
  pageOf(`${preset}.after`),
];

describe('the pages of each client library, under its preset', () => {
  it.each<[MetricPreset, object]>([
    [
      'prom-client',
      {
        routed: true,
        slo: {
          'server-errors': { events: 5, trials: 2005 },
          'latency-p95': { events: 15, trials: 2005 },
          'latency-p50': { events: 155, trials: 2005 },
          'payment-success': { events: 3, trials: 403 },
        },
        edges: {},
      },
    ],
    [
      'prometheus-go',
      {
        routed: true,
        slo: {
          'server-errors': { events: 6, trials: 1006 },
          'latency-p95': { events: 10, trials: 1006 },
          'latency-p50': { events: 100, trials: 1006 },
          'payment-success': { events: 0, trials: 0 },
        },
        edges: { 'latency-p50': 250 },
        above: { 'latency-p50': { edgeMs: 500, count: { events: 40, trials: 1006 } } },
      },
    ],
    [
      // Micrometer: no counter of requests, statuses in the histogram, UNKNOWN where the client got no answer.
      'prometheus-java',
      {
        routed: true,
        slo: {
          'server-errors': { events: 6, trials: 2006 },
          'latency-p95': { events: 7, trials: 2006 },
          'latency-p50': { events: 82, trials: 2006 },
          'payment-success': { events: 0, trials: 0 },
        },
        edges: { 'latency-p50': 357.913941 },
        above: { 'latency-p50': { edgeMs: 984.263336, count: { events: 7, trials: 2006 } } },
      },
    ],
    [
      // No status where no answer was sent, no route where none matched; /health is a probe.
      'opentelemetry',
      {
        routed: true,
        slo: {
          'server-errors': { events: 4, trials: 1009 },
          'latency-p95': { events: 6, trials: 1009 },
          'latency-p50': { events: 91, trials: 1009 },
          'payment-success': { events: 0, trials: 0 },
        },
        edges: { 'latency-p50': 250 },
        above: { 'latency-p50': { edgeMs: 500, count: { events: 91, trials: 1009 } } },
      },
    ],
  ])('%s', (preset, expected) => {
    const { instances, problems } = count({ preset }, recorded(preset));
    expect(problems).toEqual([]);
    expect(instances).toEqual([{ url: 'http://t/metrics', restarted: false, unknown: {}, ...expected }]);
  });

  it.each<[MetricPreset, MetricPreset, string]>([
    [
      'prometheus-java',
      'prom-client',
      'no http_request_duration_seconds; the page has http_server_requests_seconds: metrics: { preset: prometheus-java }',
    ],
    ['opentelemetry', 'prometheus-java', 'metrics: { preset: opentelemetry }'],
    ['prometheus-go', 'prom-client', 'http_requests_total has no label status with an HTTP status, but code="200"'],
  ])('%s under the preset %s is a problem that names the right one', (page, preset, problem) => {
    const { instances, problems } = count({ preset }, recorded(page));
    expect(instances).toEqual([]);
    expect(problems.join('\n')).toContain(problem);
  });
});

describe('names of a target’s own', () => {
  const own = (ok: number, failed: number, slow: number): string =>
    `svc_answers{code="2xx"} ${ok}\nsvc_answers{code="5xx"} ${failed}\n` +
    `svc_latency_ms_bucket{le="400"} ${ok}\nsvc_latency_ms_bucket{le="1000"} ${ok + failed - slow}\n` +
    `svc_latency_ms_bucket{le="+Inf"} ${ok + failed}\nsvc_latency_ms_count ${ok + failed}\n` +
    `svc_charges{result="ok"} ${ok}\nsvc_charges{result="declined"} ${failed}\nsvc_charges{result="timeout"} ${slow}\n`;
  const metrics = {
    requests: 'svc_answers',
    status: 'code',
    durations: 'svc_latency_ms',
    unit: 'milliseconds',
    payments: { name: 'svc_charges', label: 'result', success: ['ok'], failure: ['declined', 'timeout'] },
  };

  it('are counted, with classes of statuses and buckets in milliseconds', () => {
    const { instances } = count(metrics, [own(0, 0, 0), own(100, 4, 2)]);
    expect(instances).toMatchObject([
      {
        edges: {},
        slo: {
          'server-errors': { events: 4, trials: 104 },
          'latency-p95': { events: 2, trials: 104 },
          'latency-p50': { events: 4, trials: 104 },
          'payment-success': { events: 6, trials: 106 },
        },
      },
    ]);
  });

  it('an outcome that is neither success nor failure is a problem, not a success', () => {
    const after = `${own(100, 4, 2)}svc_charges{result="refunded"} 1\n`;
    expect(count(metrics, [own(0, 0, 0), after]).problems.join()).toContain(
      'svc_charges has no label result with ok or declined or timeout, but result="refunded"',
    );
  });

  it.each([
    ['no buckets', /svc_latency_ms_bucket.*\n/g, '', { 'latency-p95': 'no svc_latency_ms_bucket' }],
    [
      'a summary instead of a histogram',
      /svc_latency_ms_bucket.*\n/g,
      'svc_latency_ms{quantile="0.95"} 412\n',
      { 'latency-p50': 'svc_latency_ms is a summary, and an objective needs the buckets of a histogram' },
    ],
    [
      'buckets above the limit only',
      /svc_latency_ms_bucket\{le="400"\}.*\n/g,
      '',
      { 'latency-p50': 'no bucket of svc_latency_ms at or below 400 ms' },
    ],
    [
      'no counter of requests, and no status in the histogram',
      /svc_answers.*\n/g,
      '',
      { 'server-errors': 'no svc_answers, and no label code of svc_latency_ms_count' },
    ],
  ])('a page with %s leaves the objective unknown, and not zero', (_, lines, instead, unknown) => {
    const change = (text: string) =>
      text.replace(lines, (_line, index) => (index === text.search(lines) ? instead : ''));
    const [instance] = count(metrics, [change(own(0, 0, 0)), change(own(100, 4, 2))]).instances;
    expect(instance?.unknown).toMatchObject(unknown);
    for (const id of Object.keys(unknown)) expect(instance?.slo).not.toHaveProperty(id);
  });

  it('a histogram none of whose series has the status does not make every request a failure', () => {
    const old = (page: string) => page.replaceAll('http_response_status_code', 'http_status_code');
    const [before, after] = recorded('opentelemetry');
    const [instance] = count({ preset: 'opentelemetry' }, [old(before), old(after)]).instances;
    expect(instance?.unknown).toEqual({
      'server-errors': 'no label http_response_status_code of http_server_request_duration_seconds_count',
    });
  });
});
