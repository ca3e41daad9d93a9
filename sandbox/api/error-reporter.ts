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
    // Dedupe: the same fault in a row is one event each time, because a spike is a count, and each has a request of its own.
    // Fastify: from Node 22 on it reports every fault by itself, without its request id and before this one does.
    integrations: (usual) => usual.filter(({ name }) => name !== 'Dedupe' && name !== 'Fastify'),
    // Traces are not sent, so the loader hooks that they ask for are not needed.
    enableRuntimeChannelInjection: false,
  });
  return sentry;
}
