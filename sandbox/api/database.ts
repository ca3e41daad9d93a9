import { Pool, type ClientConfig } from 'pg';
import type { Settings } from './settings.ts';

export type Database = Pool;
export type Queryable = Pick<Pool, 'query'>;

/** The address of an unreachable database: nothing listens on port 1 by default. */
const goneDatabase = 'postgres://127.0.0.1:1/gone';

export function connectionOptions({ databaseUrl, defects, color, instance }: Settings): ClientConfig {
  return {
    connectionString: defects.healthLies ? goneDatabase : databaseUrl,
    application_name: `freetask-${color}-${instance}`,
    connectionTimeoutMillis: 2000,
  };
}

export function createDatabase(settings: Settings): Database {
  const pool = new Pool({ ...connectionOptions(settings), max: 8, query_timeout: 10_000 });
  // An idle connection that breaks is replaced at the next query; without a listener the event would end the process.
  pool.on('error', () => {});
  return pool;
}

export async function inTransaction<T>(database: Database, work: (client: Queryable) => Promise<T>): Promise<T> {
  const client = await database.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((cause: Error) => {
      broken = cause;
    });
    throw error;
  } finally {
    // A connection that could not roll back must not go back into the pool.
    client.release(broken);
  }
}

/** PostgreSQL refuses anything but a UUID with an error of its own; for the caller it is an unknown entity. */
export function isUuid(text: string): boolean {
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);
}
