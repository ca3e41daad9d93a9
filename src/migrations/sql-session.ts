import { setTimeout as wait } from 'node:timers/promises';
import { messageOf, ToolError } from '../core/errors.ts';
import type { DriverCall, SqlFilesSettings } from '../core/drivers.ts';
import { type Database, openDatabase } from '../system/database.ts';
import { describeSession, lockHolders } from './sql-holders.ts';

const connectMs = 10_000;
/** An advisory lock of this number is held while migrations run, one per database. */
export const lockId = 5_306_551_971;
const pollMs = 200;

/** A connection that holds the advisory lock, and another one that watches and cancels it. */
export interface SqlSession {
  readonly database: Database;
  readonly watcher: Database;
  readonly pid: number;
  readonly release: string;
  readonly settings: SqlFilesSettings;
  readonly signal: AbortSignal | undefined;
}

export const sqlError = (message: string, { folder }: SqlFilesSettings, cause?: unknown): ToolError =>
  new ToolError(message, { command: ['sql', folder], exitCode: null }, cause === undefined ? undefined : { cause });

export const connect = (settings: SqlFilesSettings, applicationName: string): Promise<Database> =>
  openDatabase({ connectionString: settings.databaseUrl, applicationName, timeoutMs: connectMs });

/** Runs `work` while this session alone holds the migrations of the database. Throws ToolError, also on abort. */
export async function withMigrationsLock<T>(
  settings: SqlFilesSettings,
  release: string,
  { signal }: DriverCall,
  work: (session: SqlSession) => Promise<T>,
): Promise<T> {
  try {
    await using database = await connect(settings, `shiproom migrations ${release}`);
    await using watcher = await connect(settings, 'shiproom migrations watcher');
    const [self] = await database.query('SELECT pg_backend_pid() AS pid');
    const session = { database, watcher, pid: Number(self?.['pid']), release, settings, signal };
    await acquire(session);
    // Cancelled by the server: a connection that is merely closed would stay in the lock queue until its statement ends.
    const cancel = () => void watcher.query('SELECT pg_cancel_backend($1)', [session.pid]).catch(() => undefined);
    signal?.addEventListener('abort', cancel);
    try {
      return await work(session);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw sqlError(`The migrations of the database could not be read: ${messageOf(error)}`, settings, error);
  }
}

async function acquire({ database, settings, signal }: SqlSession): Promise<void> {
  const deadline = performance.now() + settings.otherRunMs;
  for (;;) {
    const [row] = await database.query('SELECT pg_try_advisory_lock($1) AS held', [lockId]);
    if (row?.['held'] === true) return;
    if (signal?.aborted)
      throw sqlError('Interrupted while another run held the migrations; nothing was run.', settings);
    if (performance.now() > deadline) {
      const holders = await lockHolders(database, lockId);
      throw sqlError(
        `Another run holds the migrations of this database${holders.map((each) => ` since ${each.since}: ${describeSession(each)}`).join('; ')}. Nothing was run. Wait for it, or end it: SELECT pg_terminate_backend(${holders[0]?.pid ?? 'pid'});`,
        settings,
      );
    }
    await pause(pollMs, signal);
  }
}

/** Ends early on abort, without throwing. */
export const pause = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  wait(ms, undefined, signal ? { signal } : {}).then(
    () => undefined,
    () => undefined,
  );
