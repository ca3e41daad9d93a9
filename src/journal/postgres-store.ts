import { type Database, openDatabase } from '../system/database.ts';
import type { ValueRecord, RunRecords, TargetStore } from './store.ts';

const connectMs = 5000;
const queryMs = 10_000;
/** Serialises the creation of the tables: CREATE … IF NOT EXISTS fails if two run it at once. */
const schemaLockId = 5_306_551_972;

/** Tables of one schema in a database that all machines of the target reach. */
export function openPostgresStore(
  { databaseUrl, schema }: { readonly databaseUrl: string; readonly schema: string },
  target: string,
): TargetStore {
  const { hostname, port, pathname } = new URL(databaseUrl);
  const client = reconnecting(databaseUrl, schema);
  return {
    place: `postgres://${hostname}${port === '' ? '' : `:${port}`}${pathname}, schema ${schema}`,
    target,
    lock: valueRecord(client.query, target),
    // A target's name has no space, so that no value is the lock of another target.
    value: (name) => valueRecord(client.query, `${target} ${name}`),
    runs: runRecords(client.query, target),
    keepsRunsIn: () => false,
    [Symbol.asyncDispose]: client.close,
  };
}

type Query = Database['query'];

/** A connection that is opened on demand, and once more after it was lost: a rollout lasts longer than most connections. */
function reconnecting(
  databaseUrl: string,
  schema: string,
): { readonly query: Query; readonly close: () => Promise<void> } {
  let connection: Promise<Database> | undefined;
  const close = async () => {
    const closing = connection;
    connection = undefined;
    await closing?.then((database) => database[Symbol.asyncDispose]()).catch(() => undefined);
  };
  const query: Query = async (sql, values) => {
    for (let attempt = 1; ; attempt += 1) {
      connection ??= connect(databaseUrl, schema);
      try {
        return await (await connection).query(sql, values);
      } catch (error) {
        if (isOfServer(error)) throw error;
        await close();
        if (attempt === 2) throw error;
      }
    }
  };
  return { query, close };
}

/** An answer of the server, which a new connection would not change; a shutdown and a lost connection are none. */
const isOfServer = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'severity' in error &&
  'code' in error &&
  !/^(08|57P)/.test(String(error.code));

async function connect(databaseUrl: string, schema: string): Promise<Database> {
  const database = await openDatabase({
    connectionString: databaseUrl,
    applicationName: 'shiproom store',
    timeoutMs: connectMs,
    queryTimeoutMs: queryMs,
  });
  try {
    const [found] = await database.query('SELECT to_regclass($1) IS NOT NULL AS there', [`${schema}.files`]);
    if (found?.['there'] !== true)
      await database.query(`BEGIN; SELECT pg_advisory_xact_lock(${schemaLockId}); ${tablesOf(schema)} COMMIT`);
    await database.query(`SET search_path TO ${schema}`);
    return database;
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

const tablesOf = (schema: string): string => `
  CREATE SCHEMA IF NOT EXISTS ${schema};
  CREATE TABLE IF NOT EXISTS ${schema}.locks (target text PRIMARY KEY, version bigint NOT NULL, body text NOT NULL);
  CREATE TABLE IF NOT EXISTS ${schema}.runs (target text, sequence bigint, run_id text NOT NULL UNIQUE, PRIMARY KEY (target, sequence));
  CREATE TABLE IF NOT EXISTS ${schema}.lines (run_id text, number bigint, body text NOT NULL, PRIMARY KEY (run_id, number));
  CREATE TABLE IF NOT EXISTS ${schema}.files (run_id text, name text, body text NOT NULL, PRIMARY KEY (run_id, name));`;

function valueRecord(query: Query, target: string): ValueRecord {
  const read: ValueRecord['read'] = async () => {
    const [row] = await query('SELECT version, body FROM locks WHERE target = $1', [target]);
    return row && { version: Number(row['version']), text: String(row['body']) };
  };
  return {
    read,
    swap: async (expected, text) => {
      const rows =
        expected === 0
          ? await query(
              'INSERT INTO locks (target, version, body) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING RETURNING version',
              [target, text],
            )
          : await query(
              'UPDATE locks SET version = version + 1, body = $3 WHERE target = $1 AND version = $2 RETURNING version',
              [target, expected, text],
            );
      if (rows.length === 1) return true;
      // Written by an attempt whose answer was lost with its connection.
      const now = await read();
      return text !== '' && now?.version === expected + 1 && now.text === text;
    },
  };
}

type Journal = Pick<RunRecords, 'append' | 'lines'>;

/** The lines of journals. */
function journalRecords(query: Query): Journal {
  /** Numbers of the last lines written here; a line keeps its number when it is sent again after a lost connection. */
  const last = new Map<string, Promise<number>>();
  const appendAfter = async (previous: Promise<number>, runId: string, line: string): Promise<number> => {
    const number = (await previous) + 1;
    await query('INSERT INTO lines (run_id, number, body) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING', [
      runId,
      number,
      line,
    ]);
    const [row] = await query('SELECT body FROM lines WHERE run_id = $1 AND number = $2', [runId, number]);
    if (row?.['body'] === line) return number;
    throw new Error(`another command has appended line ${number} of the journal of ${runId}`);
  };
  const countOf = async (runId: string): Promise<number> => {
    const [row] = await query('SELECT coalesce(max(number), 0) AS number FROM lines WHERE run_id = $1', [runId]);
    return Number(row?.['number']);
  };
  return {
    append: async (runId, line) => {
      const previous = last.get(runId) ?? countOf(runId);
      // A line that failed leaves its number to the next one.
      const appended = appendAfter(
        previous.catch(() => countOf(runId)),
        runId,
        line,
      );
      last.set(runId, appended);
      await appended;
    },
    lines: async (runId) =>
      (await query('SELECT body FROM lines WHERE run_id = $1 ORDER BY number', [runId])).map(({ body }) =>
        String(body),
      ),
  };
}

function runRecords(query: Query, target: string): RunRecords {
  return {
    ...journalRecords(query),
    create: async (runId) => {
      for (;;) {
        const [row] = await query(
          `INSERT INTO runs (target, sequence, run_id)
             SELECT $1, coalesce(max(sequence), 0) + 1, $2 FROM runs WHERE target = $1
           ON CONFLICT DO NOTHING RETURNING sequence`,
          [target, runId],
        );
        const [own] = row
          ? [row]
          : await query('SELECT sequence FROM runs WHERE run_id = $1 AND target = $2', [runId, target]);
        if (own) return { runId, sequence: Number(own['sequence']) };
      }
    },
    list: async () =>
      (await query('SELECT run_id, sequence FROM runs WHERE target = $1 ORDER BY sequence', [target])).map((row) => ({
        runId: String(row['run_id']),
        sequence: Number(row['sequence']),
      })),
    write: async (runId, name, text) =>
      void (await query(
        'INSERT INTO files (run_id, name, body) VALUES ($1, $2, $3) ON CONFLICT (run_id, name) DO UPDATE SET body = $3',
        [runId, name, text],
      )),
    read: async (runId, name) => {
      const [row] = await query('SELECT body FROM files WHERE run_id = $1 AND name = $2', [runId, name]);
      return row && String(row['body']);
    },
    remove: async (runId, name) =>
      void (await query('DELETE FROM files WHERE run_id = $1 AND name = $2', [runId, name])),
  };
}
