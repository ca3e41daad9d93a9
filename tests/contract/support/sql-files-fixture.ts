import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { migrationsSchema } from '../../../src/config/driver-settings.ts';
import { createMigrations, type Migrations } from '../../../src/migrations/index.ts';

export const root = resolve(import.meta.dirname, '../../..');
export const release = 'freetask@1.5.0';

/** An empty database and an empty folder of migrations. */
export interface SqlFilesFixture extends AsyncDisposable {
  readonly databaseUrl: string;
  readonly folder: string;
  readonly client: Client;
  readonly connect: (name: string) => Promise<Client>;
  /** The migrations of the folder after these files were added to it. */
  readonly migrationsOf: (
    files: Readonly<Record<string, string>>,
    settings?: Readonly<Record<string, unknown>>,
  ) => Promise<Migrations>;
  /** Names of the tables and indexes that migrations have made. */
  readonly tables: () => Promise<string[]>;
}

export async function openSqlFilesFixture(databaseUrl: string): Promise<SqlFilesFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  const connect = async (name: string) => {
    const opened = new Client({ connectionString: databaseUrl, application_name: name });
    await opened.connect();
    return opened;
  };
  const client = await connect('a forgotten psql');
  return {
    databaseUrl,
    folder,
    client,
    connect,
    migrationsOf: async (files, settings = {}) => {
      await Promise.all(Object.entries(files).map(([name, sql]) => writeFile(join(folder, name), sql)));
      return createMigrations(
        migrationsSchema.parse({ driver: 'sql-files', databaseUrl, folder, table: 'migrations_done', ...settings }),
        { env: {}, cwd: root },
      );
    },
    tables: async () =>
      (
        await client.query<{ name: string }>(
          "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') AND relname NOT LIKE 'migrations_done%' ORDER BY 1",
        )
      ).rows.map(({ name }) => name),
    [Symbol.asyncDispose]: async () => {
      await client.end();
      await rm(folder, { recursive: true });
    },
  };
}

export const applied = async (migrations: Migrations): Promise<string[]> =>
  (await migrations.status(release)).filter((each) => each.applied).map(({ id }) => id);
