import { callbackify } from 'node:util';
import rateLimit, { type FastifyRateLimitStore } from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import type { Database } from './database.ts';
import { Refusal } from './envelope.ts';
import type { Settings } from './settings.ts';

const windowSeconds = 60;

/** Route option: at most `max` calls a minute for each client address. */
export function perMinute(max: number) {
  return { rateLimit: { max, timeWindow: windowSeconds * 1000 } };
}

/**
 * The counts live in PostgreSQL and not in the process: a limit of five is five for the deployment, however many
 * instances stand behind the load balancer. Each colour has its own counts, as each is a deployment of its own.
 */
export async function addRateLimits(app: FastifyInstance, database: Database, { color }: Settings): Promise<void> {
  class PostgresStore implements FastifyRateLimitStore {
    incr(key: string, done: (error: Error | null, result?: Count) => void): void {
      callbackify(countCall)(database, key, done);
    }

    child(): this {
      return this;
    }
  }

  await app.register(rateLimit, {
    global: false,
    store: PostgresStore,
    keyGenerator: ({ routeOptions, ip }) => `${color} ${routeOptions.url} ${ip}`,
    errorResponseBuilder: () => new Refusal(429, 'Too many requests'),
  });
}

/** The calls in the current window, and the milliseconds until it ends. */
type Count = { current: number; ttl: number };

/** One statement, so that two instances that count at the same moment cannot lose a call. */
async function countCall(database: Database, key: string): Promise<Count> {
  const { rows } = await database.query<Count>(
    `INSERT INTO rate_limits AS known (key, calls, resets_at)
     VALUES ($1, 1, clock_timestamp() + make_interval(secs => $2))
     ON CONFLICT (key) DO UPDATE SET
       calls = CASE WHEN known.resets_at <= clock_timestamp() THEN 1 ELSE known.calls + 1 END,
       resets_at = CASE WHEN known.resets_at <= clock_timestamp() THEN excluded.resets_at ELSE known.resets_at END
     RETURNING calls AS current,
       greatest(1, extract(epoch FROM resets_at - clock_timestamp()) * 1000)::float8 AS ttl`,
    [key, windowSeconds],
  );
  const [count] = rows;
  if (!count) throw new Error('The call was not counted');
  return count;
}
