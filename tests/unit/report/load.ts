import type { Count, LoadPoint } from '../../../src/core/evidence.ts';
import type { RunEvidence } from '../../../src/core/run-result.ts';
import { slos } from './slos.ts';
import { at, outcome, requestId } from './tools.ts';

/** The load in one second; `n` counts from 0. */
type Second = (n: number) => Omit<LoadPoint, 'second'>;

export const healthySecond: Second = (n) => ({
  requests: 118 + ((n * 7) % 9),
  serverErrors: 0,
  payments: 16 + (n % 3),
  failedPayments: 0,
  p50Ms: 14 + ((n * 5) % 7),
  p95Ms: 41 + ((n * 11) % 23),
});

type Load = NonNullable<RunEvidence['load']>;

export function load(second: Second, length = 30, slowShare = { p95: 0.001, p50: 0.002 }): Load {
  const series = Array.from({ length }, (_, n): LoadPoint => ({ second: n, ...second(n) }));
  const sum = (key: 'requests' | 'serverErrors' | 'payments' | 'failedPayments') =>
    series.reduce((total, point) => total + point[key], 0);
  const requests = sum('requests');
  const middle = series[Math.floor(length / 2)];
  return {
    kind: 'load',
    outcome: outcome('k6', '2.2.0', 10_400, length * 1000 + 900),
    profile: 'stage',
    requests,
    iterations: Math.round(requests / 6),
    droppedIterations: 0,
    exceptions: 0,
    unanswered: 0,
    wrongRelease: { events: 0, trials: requests },
    slo: {
      'latency-p95': { events: Math.round(requests * slowShare.p95), trials: requests },
      'latency-p50': { events: Math.round(requests * slowShare.p50), trials: requests },
      'payment-success': { events: sum('failedPayments'), trials: sum('payments') },
      'server-errors': { events: sum('serverErrors'), trials: requests },
    },
    percentiles: { p50Ms: middle?.p50Ms ?? 0, p95Ms: middle?.p95Ms ?? 0, p99Ms: (middle?.p95Ms ?? 0) * 1.6 },
    thresholds: slos.map(({ id }) => ({ metric: id, expression: 'rate<0.05', ok: true })),
    checks: [
      { name: 'jobs: 200 and a page', passes: Math.round(requests * 0.6), fails: 0 },
      { name: 'escrow: 201 and ESCROWED', passes: sum('payments') - sum('failedPayments'), fails: 0 },
    ],
    series,
    files: ['k6/summary.json', 'k6/dashboard.html'],
    problems: [],
  };
}

const half = ({ events, trials }: Count): Count => ({
  events: Math.floor(events / 2),
  trials: Math.floor(trials / 2),
});

export function metricsOf(loaded: Load): NonNullable<RunEvidence['metrics']> {
  const slo = Object.fromEntries(Object.entries(loaded.slo).map(([id, count]) => [id, half(count)]));
  return {
    kind: 'metrics',
    from: at(10_000),
    to: at(42_000),
    instances: [4102, 4103].map((port) => ({
      url: `http://127.0.0.1:${port}/metrics`,
      slo,
      edges: { 'latency-p50': 500 },
      restarted: false,
    })),
    files: ['metrics/before.txt', 'metrics/after.txt'],
    problems: [],
  };
}

export const shutdown: NonNullable<RunEvidence['shutdown']> = {
  kind: 'shutdown',
  inFlight: [1, 2, 3, 4].map((n) => ({ status: 201, durationMs: 1100 + n, requestId: requestId(9900 + n) })),
  stopExitCode: 0,
  stopDurationMs: 1640,
  startedAgain: true,
  files: [],
  problems: [],
};
