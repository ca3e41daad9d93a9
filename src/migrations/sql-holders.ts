import type { Database } from '../system/database.ts';

/** A session of the database that holds a lock. */
export interface HoldingSession {
  readonly pid: number;
  readonly application: string;
  readonly state: string;
  /** Start of its transaction, or of its connection outside of one: ISO 8601. */
  readonly since: string;
  readonly query: string;
}

const columns = `pid, coalesce(nullif(application_name, ''), 'no application name') AS application,
  coalesce(state, 'state hidden from this user') AS state,
  to_char(coalesce(xact_start, backend_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since, query`;

/** The sessions that the given one waits for (pg_blocking_pids). */
export const blockersOf = async (database: Database, pid: number): Promise<HoldingSession[]> =>
  (
    await database.query(
      `SELECT ${columns} FROM pg_stat_activity WHERE pid = ANY(pg_blocking_pids($1)) ORDER BY backend_start`,
      [pid],
    )
  ).map(parse);

/** The sessions that hold an advisory lock of 64 bits in the current database. */
export const lockHolders = async (database: Database, lockId: number): Promise<HoldingSession[]> =>
  (
    await database.query(
      `SELECT ${columns} FROM pg_stat_activity WHERE pid IN (
        SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
          AND classid::bigint = ($1::bigint >> 32) AND objid::bigint = ($1::bigint & 4294967295)
          AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
      [lockId],
    )
  ).map(parse);

const parse = (row: Record<string, unknown>): HoldingSession => ({
  pid: Number(row['pid']),
  application: String(row['application']),
  state: String(row['state']),
  since: String(row['since']),
  query: typeof row['query'] === 'string' ? row['query'] : '',
});

/** `process 4711 (psql, idle in transaction since …): SELECT …` */
export function describeSession({ pid, application, state, since, query }: HoldingSession): string {
  const line = query.replaceAll(/\s+/g, ' ').trim();
  const text = line.length > 120 ? `${line.slice(0, 119)}…` : line;
  return `process ${pid} (${application}, ${state} since ${since})${text === '' ? '' : `: ${text}`}`;
}

const watchMs = 200;

/** Runs `work` while the sessions that block `pid` are recorded: once a lock has timed out they are unknown. */
export async function whileWatching<T>(
  watcher: Database,
  pid: number,
  work: () => Promise<T>,
): Promise<{ readonly result: Promise<T>; readonly blockers: readonly HoldingSession[] }> {
  let blockers: readonly HoldingSession[] = [];
  let asking = Promise.resolve();
  const ask = async () => {
    const seen = await blockersOf(watcher, pid).catch(() => []);
    if (seen.length > 0) blockers = seen;
  };
  const timer = setInterval(() => {
    asking = asking.then(ask);
  }, watchMs);
  const result = work();
  await result.catch(() => undefined);
  clearInterval(timer);
  await asking;
  return { result, blockers };
}
