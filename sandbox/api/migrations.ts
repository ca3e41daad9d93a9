import { readdir, readFile } from 'node:fs/promises';
import { Client } from 'pg';

export type Migration = { readonly version: number; readonly name: string };
export type MigrationStatus = Migration & { readonly applied: boolean; readonly class?: 'contract' };

/** Those of every release, and those that come with the build of a release of schema 3. */
const folders = ['./migrations/', './contract-migrations/'].map((path) => new URL(path, import.meta.url));
/** What a call that names no release applies. */
const commonSchema = 2;

/** An arbitrary number that no other program locks in this database. */
const lockId = 7_366_215_447;

async function listMigrations(): Promise<(Migration & { readonly folder: URL })[]> {
  const found = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(folder)).flatMap((file) => {
        const [, version, name] = /^(\d{3})-(.+)\.up\.sql$/.exec(file) ?? [];
        return version !== undefined && name !== undefined ? [{ version: Number(version), name, folder }] : [];
      }),
    ),
  );
  return found.flat().toSorted((a, b) => a.version - b.version);
}

const named = ({ version, name }: Migration): Migration => ({ version, name });

/** The text of a migration; undefined where there is none of this version. */
export async function migrationSql(version: number): Promise<string | undefined> {
  const migration = (await listMigrations()).find((each) => each.version === version);
  return migration && readFile(new URL(`${migrationLabel(migration)}.up.sql`, migration.folder), 'utf8');
}

export function migrationLabel({ version, name }: Migration): string {
  return `${String(version).padStart(3, '0')}-${name}`;
}

/** Up to and with version `to`, and whatever else is applied. */
export async function migrationStatus(databaseUrl: string, to = commonSchema): Promise<MigrationStatus[]> {
  return withLock(databaseUrl, async (client) => {
    const applied = await appliedVersions(client);
    return (await listMigrations())
      .filter(({ version }) => version <= to || applied.has(version))
      .map((migration) => ({
        ...named(migration),
        applied: applied.has(migration.version),
        ...(migration.folder === folders[1] ? { class: 'contract' as const } : {}),
      }));
  });
}

/** Applies what is missing, up to and with version `to`. Returns what it applied; empty when nothing was pending. */
export async function migrateUp(databaseUrl: string, to = commonSchema): Promise<Migration[]> {
  return withLock(databaseUrl, async (client) => {
    const applied = await appliedVersions(client);
    const missing = (await listMigrations()).filter(({ version }) => version <= to && !applied.has(version));
    for (const migration of missing) {
      await runFile(client, migration, 'up', 'INSERT INTO schema_migrations (version) VALUES ($1)');
    }
    return missing.map(named);
  });
}

/** Reverts every applied migration above version `to`, newest first. Returns what it reverted. */
export async function migrateDown(databaseUrl: string, to: number): Promise<Migration[]> {
  return withLock(databaseUrl, async (client) => {
    const applied = await appliedVersions(client);
    const surplus = (await listMigrations()).filter(({ version }) => version > to && applied.has(version)).toReversed();
    for (const migration of surplus) {
      await runFile(client, migration, 'down', 'DELETE FROM schema_migrations WHERE version = $1');
    }
    return surplus.map(named);
  });
}

/** Concurrent runs serialize on one advisory lock, so that the second has nothing left to do. */
async function withLock<T>(databaseUrl: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockId]);
    await client.query(
      `CREATE TABLE IF NOT EXISTS schema_migrations (
         version integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`,
    );
    return await work(client);
  } finally {
    // The lock belongs to the session and ends with it.
    await client.end();
  }
}

async function appliedVersions(client: Client): Promise<Set<number>> {
  const { rows } = await client.query<{ version: number }>('SELECT version FROM schema_migrations');
  return new Set(rows.map(({ version }) => version));
}

async function runFile(
  client: Client,
  migration: Migration & { readonly folder: URL },
  direction: 'up' | 'down',
  bookkeeping: string,
) {
  const sql = await readFile(new URL(`${migrationLabel(migration)}.${direction}.sql`, migration.folder), 'utf8');
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query(bookkeeping, [migration.version]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`${migrationLabel(migration)} (${direction}) failed: ${String(error)}`, { cause: error });
  }
}
