import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSlos } from '../../src/config/slo-file.ts';
import { type MetricPreset, metricPresets } from '../../src/core/metric-names.ts';
import { inspectMetrics } from '../../src/sources/inspect-metrics.ts';

const slos = parseSlos('slo.yaml', readFileSync(join(import.meta.dirname, '../../config/slo.yaml'), 'utf8'));
const recorded = (name: string) =>
  readFileSync(join(import.meta.dirname, `../recorded/metrics/${name}.after.prom`), 'utf8');

async function inspect(text: string, preset: MetricPreset = 'prom-client', status = 200) {
  await using server = createServer((_, answer) => answer.writeHead(status).end(text)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
  const page = await inspectMetrics(url, { slos, names: metricPresets[preset] });
  return { ...page, missing: page.missing.map((each) => each.replace(url, 'URL')) };
}

describe('a metrics page', () => {
  it('has what every objective needs', async () => {
    expect(await inspect(recorded('prom-client'))).toEqual({
      counted: ['latency-p95', 'latency-p50', 'payment-success', 'server-errors'],
      missing: [],
    });
  });

  it('names a bucket that stands for a limit, and a counter that is not there', async () => {
    expect(await inspect(recorded('opentelemetry'), 'opentelemetry')).toEqual({
      counted: ['latency-p95', 'latency-p50 (at the bucket of 250 ms)', 'server-errors'],
      missing: ['payment-success: no payment_attempts_total'],
    });
  });

  it('names what is missing, and similar names on the page', async () => {
    const page = recorded('prom-client').replaceAll('payment_attempts_total', 'payment_attempts_count_total');
    expect((await inspect(page)).missing).toEqual([
      'payment-success: no payment_attempts_total; similar names on the page: payment_attempts_count_total',
    ]);
    const summary = recorded('prom-client').replaceAll(/^http_request_duration_seconds_bucket.*\n/gm, '');
    expect((await inspect(summary)).missing).toEqual([
      expect.stringMatching(/^latency-p95: no http_request_duration_seconds_bucket/),
      expect.stringMatching(/^latency-p50: no http_request_duration_seconds_bucket/),
    ]);
  });

  it('that answers 200 with something else has nothing', async () => {
    expect((await inspect('<html></html>\n')).missing).toEqual(['URL: line 1 is not supported: <html></html>']);
    expect((await inspect('up 1\n')).missing).toEqual(['URL: no http_request_duration_seconds']);
    expect((await inspect('', 'prom-client', 503)).missing).toEqual(['URL answered 503']);
  });

  it('that declares its metrics and has counted nothing yet has what they need', async () => {
    const declared = recorded('prom-client').replaceAll(/^(?:http|payment)_.*\n/gm, '');
    expect((await inspect(declared)).missing).toEqual([]);
  });
});
