import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';
import type { Settings } from './settings.ts';

export type PaymentKind = 'escrow' | 'release';
export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics({ release, color }: Settings) {
  const registry = new Registry();
  registry.setDefaultLabels({ release: release.name, color });
  collectDefaultMetrics({ register: registry });

  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Answers of the API by method, route and status',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its answer',
    labelNames: ['method', 'route'],
    // 0.4 and 1 are the limits of the objectives, so both must be bucket edges.
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.7, 1, 2, 5],
    registers: [registry],
  });
  const payments = new Counter({
    name: 'payment_attempts_total',
    help: 'Payments that were put to the provider, by outcome',
    labelNames: ['outcome', 'kind'],
    registers: [registry],
  });
  // A counter that is absent until its first event cannot be distinguished from one that does not exist.
  for (const kind of ['escrow', 'release'] as const) {
    for (const outcome of ['success', 'failure'] as const) payments.inc({ outcome, kind }, 0);
  }

  return {
    registry,
    countPayment: (kind: PaymentKind, outcome: 'success' | 'failure') => payments.inc({ outcome, kind }),
    /**
     * Counts the routes of `app` alone. Health, readiness, metrics and the web client's files are left out:
     * probes come several times a second and never fail, and would dilute the rates that users experience.
     */
    countRequests(app: FastifyInstance) {
      app.addHook('onResponse', async (request, reply) => {
        const route = { method: request.method, route: request.routeOptions.url ?? 'unmatched' };
        requests.inc({ ...route, status: reply.statusCode });
        duration.observe(route, reply.elapsedTime / 1000);
      });
    },
  };
}
