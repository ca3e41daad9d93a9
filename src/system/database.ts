export interface Database extends AsyncDisposable {
  readonly query: (sql: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>;
}

/** One connection to PostgreSQL, closed when its scope ends. */
export async function openDatabase(connectionString: string, timeoutMs: number): Promise<Database> {
  // Only migrations by SQL files need it, and loading it takes as long as asking what is live.
  const { Client } = await import('pg');
  const client = new Client({ connectionString, connectionTimeoutMillis: timeoutMs });
  // A connection that is lost in the middle of a query is told by the query; unheard here, it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return {
    query: async (sql, values = []) => (await client.query<Record<string, unknown>>(sql, [...values])).rows,
    [Symbol.asyncDispose]: () => client.end(),
  };
}
