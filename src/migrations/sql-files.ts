import type { SqlFilesSettings } from '../core/drivers.ts';
import { join } from 'node:path';
import { messageOf, ToolError } from '../core/errors.ts';
import { type Database, openDatabase } from '../system/database.ts';
import { listFiles, readText } from '../system/files.ts';
import type { Migration, Migrations } from './migrations.ts';

const connectMs = 10_000;
/** Any number that no other program locks in this database. */
const lockId = 5_306_551_971;

/** SQL files applied by ourselves: each in a transaction together with its line in the table, one run at a time. */
export function createSqlFilesMigrations(settings: SqlFilesSettings): Migrations {
  const { folder, table } = settings;
  const withDatabase = async <T>(work: (database: Database) => Promise<T>): Promise<T> => {
    try {
      await using database = await openDatabase(settings.databaseUrl, connectMs);
      await database.query('SELECT pg_advisory_lock($1)', [lockId]);
      await database.query(
        `CREATE TABLE IF NOT EXISTS ${table} (id text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`,
      );
      return await work(database);
    } catch (error) {
      if (error instanceof ToolError) throw error;
      throw new ToolError(`The database could not be asked about its migrations: ${messageOf(error)}`, {
        command: ['sql', folder],
        exitCode: null,
      });
    }
  };
  const status = async (database: Database): Promise<Migration[]> => {
    const ids = (await listFiles(folder)).flatMap((file) => /^([\w-]+)\.up\.sql$/.exec(file)?.[1] ?? []);
    if (ids.length === 0)
      throw new ToolError(`${folder} has no <id>.up.sql.`, { command: ['sql', folder], exitCode: null });
    const applied = new Set((await database.query(`SELECT id FROM ${table}`)).map(({ id }) => String(id)));
    const unknown = [...applied].find((id) => !ids.includes(id));
    if (unknown !== undefined)
      throw new ToolError(`The database has the migration ${unknown}, and ${folder} has not.`, {
        command: ['sql', folder],
        exitCode: null,
      });
    return ids.map((id) => ({ id, applied: applied.has(id) }));
  };
  const run = async (database: Database, id: string, direction: 'up' | 'down') => {
    const file = join(folder, `${id}.${direction}.sql`);
    const sql = await readText(file);
    if (sql === undefined) throw new ToolError(`${file} is missing.`, { command: ['sql', file], exitCode: null });
    await database.query('BEGIN');
    try {
      await database.query(sql);
      await database.query(
        direction === 'up' ? `INSERT INTO ${table} (id) VALUES ($1)` : `DELETE FROM ${table} WHERE id = $1`,
        [id],
      );
      await database.query('COMMIT');
    } catch (error) {
      // Lost with the connection, the transaction is taken back by the server.
      await database.query('ROLLBACK').catch(() => undefined);
      throw new ToolError(
        `${file} failed and was taken back: ${messageOf(error)}`,
        { command: ['sql', file], exitCode: null },
        { cause: error },
      );
    }
  };
  return {
    name: 'sql-files',
    status: () => withDatabase(status),
    up: () =>
      withDatabase(async (database) => {
        for (const { id, applied } of await status(database)) if (!applied) await run(database, id, 'up');
      }),
    down: (to) =>
      withDatabase(async (database) => {
        const all = await status(database);
        const stays = to === undefined ? -1 : all.findIndex(({ id }) => id === to);
        if (to !== undefined && stays < 0)
          throw new ToolError(`There is no migration ${to} in ${folder}.`, {
            command: ['sql', folder],
            exitCode: null,
          });
        for (const { id, applied } of all.slice(stays + 1).toReversed()) if (applied) await run(database, id, 'down');
      }),
  };
}
