import staticFiles from '@fastify/static';
import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance } from 'fastify';
import { createChatRooms } from './chat-rooms.ts';
import { createDatabase } from './database.ts';
import { addEnvelope, newRequestId, releaseHeaders } from './envelope.ts';
import { createErrorReporter } from './error-reporter.ts';
import { trackLifecycle, type Lifecycle } from './lifecycle.ts';
import { createMetrics } from './metrics.ts';
import { createPaymentProvider } from './payments.ts';
import { addRateLimits } from './rate-limit.ts';
import { addAccountRoutes } from './routes/account.ts';
import { addAuthRoutes } from './routes/auth.ts';
import { addBidRoutes } from './routes/bids.ts';
import { addChatRoutes } from './routes/chat.ts';
import { addJobRoutes } from './routes/jobs.ts';
import { addOperationRoutes } from './routes/operations.ts';
import { addPaymentRoutes } from './routes/payments.ts';
import { addReviewRoutes } from './routes/reviews.ts';
import { addWebhookRoutes } from './routes/webhooks.ts';
import type { Services } from './services.ts';
import type { Settings } from './settings.ts';
import { createTokens } from './tokens.ts';
import { addTrafficDefects } from './traffic-defects.ts';
import { unreadableRequests } from './unreadable-requests.ts';

/** One instance of FreeTask, not yet listening. Closing it closes everything that it opened. */
export async function buildApp(settings: Settings): Promise<{ app: FastifyInstance; lifecycle: Lifecycle }> {
  const database = createDatabase(settings);
  const reporter = createErrorReporter(settings);
  const services: Services = {
    settings,
    database,
    tokens: createTokens(settings),
    metrics: createMetrics(settings),
    provider: createPaymentProvider(settings.defects.paymentDeclineRate),
    rooms: createChatRooms(settings, database),
  };

  const app = fastify({
    genReqId: newRequestId,
    requestIdHeader: false,
    // Limits count by client address, which the load balancer passes in X-Forwarded-For.
    trustProxy: 'loopback',
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    ...unreadableRequests(settings),
  });
  const lifecycle = trackLifecycle(app);
  addEnvelope(app, settings, reporter);
  await app.register(websocket, { options: { maxPayload: 64 * 1024 } });
  app.websocketServer.on('headers', (headers) => {
    headers.push(...Object.entries(releaseHeaders(settings)).map(([name, value]) => `${name}: ${value}`));
  });
  app.addHook('onListen', () => services.rooms.listen());
  app.addHook('onClose', async () => {
    services.rooms.close();
    await Promise.all([database.end(), reporter.close()]);
  });

  addOperationRoutes(app, services, lifecycle);
  await app.register(async (api) => addApi(api, services));
  if (settings.webRoot !== undefined) await app.register(staticFiles, { root: settings.webRoot });
  return { app, lifecycle };
}

async function addApi(api: FastifyInstance, services: Services): Promise<void> {
  const { settings, database, metrics } = services;
  metrics.countRequests(api);
  addTrafficDefects(api, settings.defects);
  await addRateLimits(api, database, settings);
  await api.register(async (auth) => addAuthRoutes(auth, services), { prefix: settings.authPrefix });
  await api.register(
    async (rest) => {
      addJobRoutes(rest, services);
      addBidRoutes(rest, services);
      addChatRoutes(rest, services);
      addPaymentRoutes(rest, services);
      addAccountRoutes(rest, services);
      addReviewRoutes(rest, services);
      addWebhookRoutes(rest, services);
    },
    { prefix: settings.apiPrefix },
  );
}
