import type { Slo } from '../../../src/core/slo.ts';

export const slos: readonly Slo[] = [
  {
    id: 'latency-p95',
    title: 'Latency P95',
    clause: '3.2a',
    event: { kind: 'slow-response', percentile: 95, thresholdMs: 1000 },
    limit: 0.05,
    limitIncluded: false,
    minSamples: 200,
  },
  {
    id: 'latency-p50',
    title: 'Latency P50',
    clause: '3.2a',
    event: { kind: 'slow-response', percentile: 50, thresholdMs: 400 },
    limit: 0.5,
    limitIncluded: false,
    minSamples: 200,
  },
  {
    id: 'payment-success',
    title: 'Payment success',
    clause: '3.2c',
    event: { kind: 'failed-payment' },
    limit: 0.02,
    limitIncluded: true,
    minSamples: 200,
    rollback: { clause: '4.1b', above: 0.01 },
  },
  {
    id: 'server-errors',
    title: '5xx rate',
    clause: '3.2d',
    event: { kind: 'server-error' },
    limit: 0.005,
    limitIncluded: false,
    minSamples: 800,
    rollback: { clause: '4.1b', above: 0.01 },
  },
];
