import type { FastifyRequest } from 'fastify';
import type { Settings } from './settings.ts';

export type ErrorReporter = {
  report(fault: Error, request: FastifyRequest): void;
  /** Sends what is still queued, for two seconds at most. */
  close(): Promise<void>;
};

export function createErrorReporter(settings: Settings): ErrorReporter {
  let loading: ReturnType<typeof loadSentry> | undefined;
  return {
    report(fault, request) {
      if (settings.sentryDsn === undefined) return;
      loading ??= loadSentry(settings, settings.sentryDsn);
      const route = `${request.method} ${request.routeOptions.url ?? 'unmatched'}`;
      const tags = { request_id: request.id, route };
      void loading.then((sentry) => sentry.captureException(fault, { tags }));
    },
    async close() {
      const sentry = await loading;
      await sentry?.close(20_000);
    },
  };
}

/** The SDK takes longer to load than everything else together, so an instance without an error never loads it. */
async function loadSentry(settings: Settings, dsn: string) {
  const sentry = await import('@sentry/node');
  sentry.init({
    dsn,
    release: settings.release.name,
    environment: settings.color,
    serverName: `${settings.color}-${settings.instance}`,
    // Repeated errors are not deduplicated: a spike is a count, and each event has its own request id.
    integrations: (usual) => usual.filter(({ name }) => name !== 'Dedupe'),
    // Traces are not sent, and on Node 20 the loader hooks that they need can deadlock with those of tsx.
    enableRuntimeChannelInjection: false,
  });
  return sentry;
}
