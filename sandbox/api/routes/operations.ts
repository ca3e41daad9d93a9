import type { FastifyInstance } from 'fastify';
import type { Database } from '../database.ts';
import { Refusal } from '../envelope.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Services } from '../services.ts';
import type { Settings } from '../settings.ts';

export function addOperationRoutes(app: FastifyInstance, services: Services, lifecycle: Lifecycle): void {
  const { metrics, database, settings } = services;
  const startedAt = performance.now();

  app.get('/healthz', async () => ({ status: 'ok' }));

  app.get('/readyz', async () => {
    const obstacle =
      (lifecycle.stopping && 'shutting down') ||
      pretendedObstacle(settings, performance.now() - startedAt) ||
      (!settings.defects.healthLies && (await databaseObstacle(database, settings.release.schema)));
    if (obstacle) throw new Refusal(503, `Not ready: ${obstacle}`);
    return { status: 'ready' };
  });

  app.get('/metrics', async (_request, reply) => {
    void reply.type(metrics.registry.contentType);
    return metrics.registry.metrics();
  });
}

async function databaseObstacle(database: Database, schema: number): Promise<string | undefined> {
  try {
    const { rows } = await database.query<{ applied: number }>(
      'SELECT count(*)::int AS applied FROM schema_migrations WHERE version <= $1',
      [schema],
    );
    return rows[0]?.applied === schema ? undefined : 'migrations are pending';
  } catch {
    return 'the database does not answer';
  }
}

function pretendedObstacle({ defects: { readinessFlaps } }: Settings, upMs: number): string | undefined {
  if (!readinessFlaps) return undefined;
  const { readyMs, notReadyMs } = readinessFlaps;
  return upMs % (readyMs + notReadyMs) < readyMs ? undefined : 'a cache is warming up';
}
