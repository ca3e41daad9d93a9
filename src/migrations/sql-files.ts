import { join } from 'node:path';
import type { DriverCall, SqlFilesSettings } from '../core/drivers.ts';
import { UserError } from '../core/errors.ts';
import type { PlannedMigration } from '../core/rollout/migrations.ts';
import type { Database } from '../system/database.ts';
import { listFiles, readText } from '../system/files.ts';
import { parseSqlFile, problemsOf, type SqlFile } from './file-rules.ts';
import { classOfFile } from './migration-class.ts';
import { ambiguousIds, inOrder, lateIds } from './migration-order.ts';
import type { Migration, Migrations } from './migrations.ts';
import { appliedBy, type AppliedRow, createLedger, readLedger } from './sql-ledger.ts';
import { runFile } from './sql-run.ts';
import { connect, type SqlSession, sqlError, withMigrationsLock } from './sql-session.ts';

/** SQL files run by Shiproom itself: each in a transaction together with the row that records it, one run at a time. */
export function createSqlFilesMigrations(settings: SqlFilesSettings): Migrations {
  const status = async (database: Database) =>
    merge(await readIds(settings), await readLedger(database, settings), settings);
  return {
    name: 'sql-files',
    check: async () => {
      const migrations = await reading(settings, status);
      const problems = await problemsOfPending(migrations, settings);
      if (problems.length > 0)
        throw new UserError(`Migrations are refused, nothing was run:\n${problems.join('\n')}`, [
          `correct the files in ${settings.folder}`,
        ]);
    },
    status: () => reading(settings, status),
    pending: async () => {
      const migrations = await reading(settings, status);
      return Promise.all(migrations.filter(({ applied }) => !applied).map(({ id }) => classify(id, settings)));
    },
    up: (release, call = {}) =>
      withMigrationsLock(settings, release, call, async (session) => {
        await createLedger(session.database, settings);
        const migrations = await status(session.database);
        const problems = await problemsOfPending(migrations, settings);
        if (problems.length > 0) throw sqlError(`Refused, nothing was run: ${problems.join('; ')}`, settings);
        for (const { id, applied } of migrations) if (!applied) await run(id, 'up', session);
      }),
    down: (ids, release, call = {}) =>
      withMigrationsLock(settings, release, call, async (session) => {
        const rows = await readLedger(session.database, settings);
        refuseForeign(ids, rows, release, settings);
        for (const id of inOrder(ids).toReversed()) await run(id, 'down', session);
      }),
  };
}

/** Applies exactly these, in this order. Throws as `up` does. */
export const applySqlFiles = (
  settings: SqlFilesSettings,
  ids: readonly string[],
  release: string,
  call: DriverCall = {},
): Promise<void> =>
  withMigrationsLock(settings, release, call, async (session) => {
    await createLedger(session.database, settings);
    for (const id of ids) await run(id, 'up', session);
  });

/** The text of a migration, and whether it runs within a transaction. Throws ToolError where there is none. */
export async function readUpFile(
  id: string,
  settings: SqlFilesSettings,
): Promise<{ readonly sql: string; readonly inTransaction: boolean }> {
  const path = join(settings.folder, `${id}.up.sql`);
  const sql = await readText(path);
  if (sql === undefined) throw sqlError(`${path} is missing.`, settings);
  return { sql, inTransaction: parseSqlFile(id, sql).inTransaction };
}

async function reading<T>(settings: SqlFilesSettings, work: (database: Database) => Promise<T>): Promise<T> {
  try {
    await using database = await connect(settings, 'shiproom migrations status');
    return await work(database);
  } catch (error) {
    if (error instanceof Error && error.name === 'ToolError') throw error;
    throw sqlError(
      `The migrations of the database could not be read: ${error instanceof Error ? error.message : String(error)}`,
      settings,
      error,
    );
  }
}

async function readIds(settings: SqlFilesSettings): Promise<string[]> {
  const ids = (await listFiles(settings.folder)).flatMap((file) => /^([\w.-]+)\.up\.sql$/.exec(file)?.[1] ?? []);
  if (ids.length === 0) throw sqlError(`${settings.folder} has no <id>.up.sql.`, settings);
  return inOrder(ids);
}

function merge(ids: readonly string[], rows: readonly AppliedRow[], settings: SqlFilesSettings): Migration[] {
  const applied = new Set(rows.map(({ id }) => id));
  const unknown = [...applied].filter((id) => !ids.includes(id));
  if (unknown.length > 0)
    throw sqlError(`The database has the migration ${unknown.join(', ')}, and ${settings.folder} does not.`, settings);
  return ids.map((id) => ({ id, applied: applied.has(id) }));
}

/** Everything that is wrong with the pending files, and with their order. */
async function problemsOfPending(migrations: readonly Migration[], settings: SqlFilesSettings): Promise<string[]> {
  const pending = migrations.filter(({ applied }) => !applied).map(({ id }) => id);
  const late = settings.outOfOrder === 'refuse' ? lateIds(migrations) : [];
  const files = await Promise.all(
    pending.flatMap((id) => [readSqlFile(id, 'up', settings), readSqlFile(id, 'down', settings)]),
  );
  return [
    ...ambiguousIds(migrations.map(({ id }) => id))
      .filter((pair) => pair.some((id) => pending.includes(id)))
      .map(([a, b]) => `${a} and ${b} have the same number, so their order is ambiguous: rename one of them`),
    ...late.map(
      (id) =>
        `${id} is pending and comes before ${migrations.findLast(({ applied }) => applied)?.id}, which is applied: rename it to come last, or write migrations.outOfOrder: apply into the target file`,
    ),
    ...files.flatMap((file) => (file ? problemsOf(file) : [])),
  ];
}

/** undefined if there is no such file: a migration without a down can be applied, and not reverted. */
async function readSqlFile(
  id: string,
  direction: 'up' | 'down',
  { folder }: SqlFilesSettings,
): Promise<SqlFile | undefined> {
  const name = `${id}.${direction}.sql`;
  const sql = await readText(join(folder, name));
  return sql === undefined ? undefined : parseSqlFile(name, sql);
}

async function classify(id: string, settings: SqlFilesSettings): Promise<PlannedMigration> {
  const up = await readSqlFile(id, 'up', settings);
  if (!up) throw sqlError(`${join(settings.folder, `${id}.up.sql`)} is missing.`, settings);
  return classOfFile(id, up, (await readSqlFile(id, 'down', settings)) !== undefined);
}

async function run(id: string, direction: 'up' | 'down', session: SqlSession): Promise<void> {
  const { settings } = session;
  const file = await readSqlFile(id, direction, settings);
  if (!file) throw sqlError(`${join(settings.folder, `${id}.${direction}.sql`)} is missing.`, settings);
  const [problem] = problemsOf(file);
  if (problem !== undefined) throw sqlError(`Refused, not run: ${problem}`, settings);
  await runFile(file, session, appliedBy(id, direction, session));
}

/** A down undoes what this release applied; the rest belongs to earlier releases, which still run. */
function refuseForeign(
  ids: readonly string[],
  rows: readonly AppliedRow[],
  release: string,
  settings: SqlFilesSettings,
): void {
  for (const id of ids) {
    const row = rows.find((each) => each.id === id);
    if (!row) throw sqlError(`${id} is not applied, so it cannot be reverted; nothing was reverted.`, settings);
    if (row.release !== release)
      throw sqlError(
        `${id} was applied by ${row.release ?? 'an unknown release'}, not by ${release}; nothing was reverted.`,
        settings,
      );
  }
}
