export interface Database extends AsyncDisposable {
  /** Throws the server's error, which has its SQLSTATE as `code` and the offset in the query as `position`. */
  readonly query: (sql: string, values?: readonly unknown[]) => Promise<Record<string, unknown>[]>;
}

export interface DatabaseAddress {
  readonly connectionString: string;
  /** Shown in pg_stat_activity, so that an operator sees whose session it is. */
  readonly applicationName: string;
  readonly timeoutMs: number;
  /** Ends a query that gets no answer; none without it. */
  readonly queryTimeoutMs?: number;
}

/** One connection to PostgreSQL, closed when its scope ends. */
export async function openDatabase({
  connectionString,
  applicationName,
  timeoutMs,
  queryTimeoutMs,
}: DatabaseAddress): Promise<Database> {
  // Loaded on demand: importing pg takes as long as a whole `npm run status`.
  const { Client } = await import('pg');
  const client = new Client({
    connectionString,
    application_name: applicationName,
    connectionTimeoutMillis: timeoutMs,
    keepAlive: true,
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
  });
  // A lost connection is reported by the query in flight; an unhandled error event would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return {
    query: async (sql, values = []) =>
      (values.length === 0
        ? await client.query<Record<string, unknown>>(sql)
        : await client.query<Record<string, unknown>>(sql, [...values])
      ).rows,
    [Symbol.asyncDispose]: () => client.end(),
  };
}
