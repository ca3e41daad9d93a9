import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** How long a stopping instance waits for the requests in flight. */
const patienceMs = 30_000;

/** Additional time for a request that is still on the network while the last one in flight ends. */
const lingerMs = 200;

export type Lifecycle = { stopping: boolean; requestsInFlight: number };

/** Counts the requests in flight from their headers on, including those whose body has not arrived yet. */
export function trackLifecycle(app: FastifyInstance): Lifecycle {
  const lifecycle: Lifecycle = { stopping: false, requestsInFlight: 0 };
  app.addHook('onRequest', async (_request, reply) => {
    lifecycle.requestsInFlight += 1;
    reply.raw.once('close', () => {
      lifecycle.requestsInFlight -= 1;
    });
  });
  app.addHook('onSend', async (_request, reply) => {
    // The caller's next request must reach another instance.
    if (lifecycle.stopping) void reply.header('connection', 'close');
  });
  return lifecycle;
}

/** True when every request in flight was answered; false when some had to be aborted. */
export async function stopGracefully(app: FastifyInstance, lifecycle: Lifecycle, delayMs: number): Promise<boolean> {
  lifecycle.stopping = true;
  // Unready while the listener still accepts, so that a load balancer can react.
  await sleep(delayMs);
  const closed = app.close();
  const deadline = performance.now() + patienceMs;
  while (lifecycle.requestsInFlight > 0 && performance.now() < deadline) await sleep(20);
  const finished = lifecycle.requestsInFlight === 0;
  if (finished) await sleep(lingerMs);
  // Connections that never sent a request would otherwise keep the server open until they time out.
  app.server.closeAllConnections();
  await closed;
  return finished;
}

/** The defect: aborts every request in flight. */
export async function stopAbruptly(app: FastifyInstance): Promise<boolean> {
  const closed = app.close();
  app.server.closeAllConnections();
  await closed;
  return true;
}
