import type { DatabaseSettings } from '../core/database.ts';
import type { DriverCall, MigrationsSettings } from '../core/drivers.ts';
import { messageOf, ToolError } from '../core/errors.ts';
import type { SchemaSnapshot } from '../core/schema/snapshot.ts';
import { type CommandContext, demandCommand, fillCommand } from '../system/command.ts';
import { type Database, openDatabase } from '../system/database.ts';
import { readCatalog } from './catalog.ts';
import { applySqlFiles, readUpFile } from './sql-files.ts';

const connectMs = 10_000;
const prefix = 'shiproom_scratch_';
/** PostgreSQL cuts a longer name off. */
const longestName = 63;

/** An empty database of a run's own. */
export interface ScratchDatabase {
  readonly name: string;
  readonly url: string;
  readonly snapshot: () => Promise<SchemaSnapshot>;
}

/**
 * Creates a database on the server of the address, and drops it afterwards, whatever `work` did. A database of the same name is
 * what a killed run of the same id left. Throws Error where it cannot be created or dropped, with its name.
 */
export async function withScratch<T>(
  server: string,
  runId: string,
  work: (scratch: ScratchDatabase) => Promise<T>,
): Promise<T> {
  const name = `${prefix}${runId.toLowerCase().replaceAll(/[^a-z0-9]/g, '_')}`.slice(0, longestName);
  const url = new URL(server);
  url.pathname = `/${name}`;
  await using admin = await open(server, 'shiproom scratch');
  await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  await admin.query(`CREATE DATABASE ${name}`);
  const outcome = await work({ name, url: url.href, snapshot: () => snapshotOf(url.href) }).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  try {
    await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  } catch (error) {
    const first = 'error' in outcome ? `${messageOf(outcome.error)} ` : '';
    throw new Error(`${first}The scratch database ${name} could not be dropped: ${messageOf(error)}`, { cause: error });
  }
  if ('error' in outcome) throw outcome.error;
  return outcome.result;
}

const open = (connectionString: string, applicationName: string): Promise<Database> =>
  openDatabase({ connectionString, applicationName, timeoutMs: connectMs });

async function snapshotOf(url: string): Promise<SchemaSnapshot> {
  await using database = await open(url, 'shiproom scratch');
  return await readCatalog(database);
}

/** What measures the migrations of a driver on another database than the target's. */
export interface ScratchMigrations {
  /** Applies these in their order; the ones before them are applied. Throws ToolError on failure. */
  readonly apply: (
    scratch: ScratchDatabase,
    ids: readonly string[],
    release: string,
    call?: DriverCall,
  ) => Promise<void>;
  /** Throws ToolError where it cannot be read. */
  readonly sqlOf: (
    id: string,
    release: string,
    call?: DriverCall,
  ) => Promise<{ readonly sql: string; readonly inTransaction: boolean }>;
}

/** Absent parts are what the settings do not name, each with what to write. */
export type ScratchParts = {
  readonly [Part in keyof ScratchMigrations]: ScratchMigrations[Part] | { readonly missing: string };
};

export function createScratchMigrations(
  migrations: MigrationsSettings,
  settings: DatabaseSettings,
  context: CommandContext,
): ScratchParts {
  if (migrations.driver === 'sql-files')
    return {
      apply: (scratch, ids, release, call) =>
        applySqlFiles({ ...migrations, databaseUrl: scratch.url }, ids, release, call),
      sqlOf: (id) => readUpFile(id, migrations),
    };
  const { apply, sql, timeoutMs, inTransaction } = settings;
  return {
    apply:
      apply === undefined
        ? { missing: "preflight.database.apply names no command: [program, '{database}', '{id}']" }
        : async ({ name, url }, ids, release, call) => {
            const command = fillCommand(apply, { database: name, id: ids.at(-1) ?? '0', release });
            // Not an argument: every user of the machine can read those.
            const env = { ...context.env, SCRATCH_DATABASE_URL: url };
            await demandCommand(command, { ...context, ...call, env, timeoutMs }).catch((error: unknown) => {
              if (error instanceof ToolError) error.message = withoutPassword(error.message, url);
              throw error;
            });
          },
    sqlOf:
      sql === undefined
        ? { missing: "preflight.database.sql names no command: [program, '{id}']" }
        : async (id, release, call) => {
            const command = fillCommand(sql, { id, release });
            const { stdout } = await demandCommand(command, { ...context, ...call, timeoutMs });
            if (stdout.trim() !== '') return { sql: stdout, inTransaction };
            throw new ToolError(`\`${command.join(' ')}\` printed no SQL.`, { command, exitCode: 0 });
          },
  };
}

/** A tool that cannot connect often prints its address, which is another one than that of the target file. */
function withoutPassword(text: string, url: string): string {
  const { password } = new URL(url);
  const shapes = [password, decodeURIComponent(password)].filter((each) => each !== '');
  return shapes.reduce((masked, shape) => masked.replaceAll(shape, '‹masked›'), text);
}
