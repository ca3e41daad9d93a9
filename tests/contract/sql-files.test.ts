import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrationsSchema } from '../../src/config/driver-settings.ts';
import { createMigrations, type Migrations } from '../../src/migrations/index.ts';
import { startPostgres } from './freetask/deployment.ts';

const root = resolve(import.meta.dirname, '../..');
const release = 'freetask@1.5.0';
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let databaseUrl: string;
let folder: string;
let client: Client;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres[Symbol.asyncDispose]());
beforeEach(async () => {
  databaseUrl = await postgres.newDatabase();
  folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  client = await connect('a forgotten psql');
});
afterEach(async () => {
  await client.end();
  await rm(folder, { recursive: true });
});

async function connect(name: string): Promise<Client> {
  const opened = new Client({ connectionString: databaseUrl, application_name: name });
  await opened.connect();
  return opened;
}

/** The migrations of a folder with these files. */
async function migrationsOf(
  files: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<Migrations> {
  await Promise.all(Object.entries(files).map(([name, sql]) => writeFile(join(folder, name), sql)));
  return createMigrations(
    migrationsSchema.parse({ driver: 'sql-files', databaseUrl, folder, table: 'migrations_done', ...settings }),
    { env: {}, cwd: root },
  );
}

const tables = async (): Promise<string[]> =>
  (
    await client.query<{ name: string }>(
      "SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i') AND relname NOT LIKE 'migrations_done%' ORDER BY 1",
    )
  ).rows.map(({ name }) => name);
const applied = async (migrations: Migrations): Promise<string[]> =>
  (await migrations.status(release)).filter((each) => each.applied).map(({ id }) => id);

describe('a file that controls transactions', () => {
  it.each([
    [
      'commits',
      'BEGIN;\nCREATE TABLE notes (id bigint);\nCOMMIT;\nALTER TABLE notes ADD COLUMN broken no_such_type;\n',
    ],
    ['commits and ends well', 'BEGIN;\nCREATE TABLE notes (id bigint);\nCOMMIT;\n'],
  ])('%s: is refused before it is run', async (_, sql) => {
    const migrations = await migrationsOf({ '001-notes.up.sql': sql });
    const refusal = '001-notes.up.sql line 1: BEGIN: BEGIN/COMMIT: each file is run in one transaction already';
    await expect(migrations.check(release)).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining(refusal) as unknown,
    });
    await expect(migrations.up(release)).rejects.toThrow(refusal);
    expect(await tables()).toEqual([]);
    expect(await applied(migrations)).toEqual([]);
  });
});

describe('CREATE INDEX CONCURRENTLY', () => {
  const table = { '001-table.up.sql': 'CREATE TABLE people (id bigint, email text);' };
  const index = 'CREATE UNIQUE INDEX CONCURRENTLY people_email ON people (email);\n';
  const marked = `-- shiproom: no-transaction\n${index}`;

  it('is refused within a transaction, with what to write', async () => {
    const migrations = await migrationsOf({
      ...table,
      '002-index.up.sql': `-- The safe way.\n${index}`,
      '002-index.down.sql': 'DROP INDEX CONCURRENTLY people_email;',
    });
    await expect(migrations.check(release)).rejects.toThrow(
      /002-index\.up\.sql line 2: .*write "-- shiproom: no-transaction" as the first line[\s\S]*002-index\.down\.sql line 1/,
    );
    await expect(migrations.up(release)).rejects.toThrow('nothing was run');
    expect(await tables()).toEqual([]);
  });

  it('runs outside of a transaction if the first line of its file says so', async () => {
    const migrations = await migrationsOf({ ...table, '002-index.up.sql': marked });
    await migrations.up(release);
    expect(await tables()).toEqual(['people', 'people_email']);
    expect(await applied(migrations)).toEqual(['001-table', '002-index']);
  });

  it('a failed build names the INVALID index that it leaves, and once it is removed the migration succeeds', async () => {
    await (await migrationsOf(table)).up(release);
    await client.query("INSERT INTO people VALUES (1, 'a'), (2, 'a')");
    const migrations = await migrationsOf({ '002-index.up.sql': marked });
    await expect(migrations.up(release)).rejects.toThrow(
      /INVALID index left: public\.people_email; remove it before the next attempt: DROP INDEX CONCURRENTLY public\.people_email;.*Applied in the database now: 001-table\./,
    );
    await client.query('DROP INDEX CONCURRENTLY public.people_email');
    await client.query('DELETE FROM people');
    await migrations.up(release);
    expect(await applied(migrations)).toEqual(['001-table', '002-index']);
  });

  it('IF NOT EXISTS does not accept an INVALID index of an earlier build', async () => {
    const migrations = await migrationsOf({
      ...table,
      '002-index.up.sql': marked.replace('CONCURRENTLY', 'CONCURRENTLY IF NOT EXISTS'),
    });
    await client.query('CREATE TABLE people (id bigint, email text)');
    await client.query("INSERT INTO people VALUES (1, 'a'), (2, 'a')");
    await client.query('CREATE UNIQUE INDEX CONCURRENTLY people_email ON people (email)').catch(() => undefined);
    await client.query('DELETE FROM people');
    await writeFile(join(folder, '001-table.up.sql'), 'SELECT 1;');
    await expect(migrations.up(release)).rejects.toThrow(
      /succeeded, but its index is INVALID.*INVALID index left: public\.people_email/,
    );
    expect(await applied(migrations)).toEqual(['001-table']);
  });
});

it('an enum value that is used in the transaction that adds it: the message says that the value was rolled back', async () => {
  const migrations = await migrationsOf({
    '001-state.up.sql': "CREATE TYPE state AS ENUM ('OPEN'); CREATE TABLE jobs (state state);",
    '002-paused.up.sql': "ALTER TYPE state ADD VALUE 'PAUSED';\nINSERT INTO jobs VALUES ('PAUSED');\n",
  });
  await expect(migrations.up(release)).rejects.toThrow(
    /002-paused\.up\.sql line 2: INSERT INTO jobs.*unsafe use of new value "PAUSED".*The enum value 'PAUSED' was rolled back with the transaction.*Applied in the database now: 001-state\./,
  );
  const { rows } = await client.query('SELECT enumlabel FROM pg_enum');
  expect(rows).toEqual([{ enumlabel: 'OPEN' }]);
});

describe('order', () => {
  it('9 is applied before 10', async () => {
    const migrations = await migrationsOf({
      '9-create.up.sql': 'CREATE TABLE jobs (id bigint);',
      '10-alter.up.sql': 'ALTER TABLE jobs ADD COLUMN title text;',
    });
    await migrations.up(release);
    expect(await applied(migrations)).toEqual(['9-create', '10-alter']);
  });

  it('two files with one number are refused', async () => {
    const migrations = await migrationsOf({ '09-a.up.sql': 'SELECT 1;', '9-b.up.sql': 'SELECT 1;' });
    await expect(migrations.check(release)).rejects.toThrow('09-a and 9-b have the same number');
  });

  it('a late branch is refused by name, and applied by an explicit setting', async () => {
    const files = { '001-a.up.sql': 'SELECT 1;', '003-c.up.sql': 'SELECT 1;' };
    await (await migrationsOf(files)).up(release);
    const late = { '002-b.up.sql': 'CREATE TABLE late (id bigint);' };
    const refusing = await migrationsOf(late);
    await expect(refusing.check(release)).rejects.toThrow(
      '002-b is pending and comes before 003-c, which is applied: rename it to come last, or write migrations.outOfOrder: apply',
    );
    await expect(refusing.up(release)).rejects.toThrow('002-b is pending');
    expect(await tables()).toEqual([]);
    const applying = await migrationsOf(late, { outOfOrder: 'apply' });
    await applying.up(release);
    expect(await applied(applying)).toEqual(['001-a', '002-b', '003-c']);
  });
});

describe('a lock queue', () => {
  const alter = { '001-title.up.sql': 'ALTER TABLE jobs ADD COLUMN title text;' };
  const lock = (timeout: string, retries: number) => ({ lock: { timeout, retries, pause: '50ms' } });
  beforeEach(async () => {
    await client.query('CREATE TABLE jobs (id bigint)');
    await client.query('BEGIN');
    await client.query('SELECT count(*) FROM jobs');
  });

  it('gives up after its attempts and names who holds the lock', async () => {
    const migrations = await migrationsOf(alter, lock('600ms', 1));
    await expect(migrations.up(release)).rejects.toThrow(
      /001-title\.up\.sql line 1: ALTER TABLE jobs.*no lock within 600 ms, 2 attempts with pauses of 50 ms\. The lock is held by process \d+ \(a forgotten psql, idle in transaction since 20.*Z\): SELECT count\(\*\) FROM jobs\. Applied in the database now: no migration\./,
    );
    await client.query('COMMIT');
    expect((await client.query('SELECT * FROM jobs')).fields.map(({ name }) => name)).toEqual(['id']);
  });

  it('applies the migration once the lock is free', async () => {
    const migrations = await migrationsOf(alter, lock('300ms', 100));
    const running = migrations.up(release);
    const watcher = await connect('watcher');
    await untilWaiting(watcher);
    await client.query('COMMIT');
    await running;
    await watcher.end();
    expect(await applied(migrations)).toEqual(['001-title']);
  });

  it('is left at once on abort, without a trace', async () => {
    const migrations = await migrationsOf(alter, lock('1m', 0));
    const stopper = new AbortController();
    const running = migrations.up(release, { signal: stopper.signal });
    running.catch(() => undefined);
    const watcher = await connect('watcher');
    await untilWaiting(watcher);
    stopper.abort('SIGINT');
    await expect(running).rejects.toThrow(/interrupted by SIGINT\. Applied in the database now: no migration\./);
    expect((await watcher.query("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'relation'")).rows).toEqual(
      [],
    );
    await watcher.end();
  });
});

async function untilWaiting(watcher: Client): Promise<void> {
  for (;;) {
    const { rows } = await watcher.query("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'relation'");
    if (rows.length > 0) return;
  }
}

describe('the advisory lock', () => {
  beforeEach(() => client.query('SELECT pg_advisory_lock(5306551971)'));

  it('another holder is named, and is not waited for without end', async () => {
    const migrations = await migrationsOf(
      { '001-a.up.sql': 'CREATE TABLE a (id bigint);' },
      { lock: { otherRun: '300ms' } },
    );
    await expect(migrations.up(release)).rejects.toThrow(
      /Another run holds the migrations of this database since 20.*Z: process \d+ \(a forgotten psql, idle since .*pg_advisory_lock.*Nothing was run/,
    );
    expect(await tables()).toEqual([]);
  });

  it('waiting ends on abort', async () => {
    const migrations = await migrationsOf({ '001-a.up.sql': 'SELECT 1;' });
    await expect(migrations.up(release, { signal: AbortSignal.abort('SIGINT') })).rejects.toThrow('Interrupted while');
  });

  it('status and check do not wait for it', async () => {
    const migrations = await migrationsOf({ '001-a.up.sql': 'SELECT 1;' });
    await migrations.check(release);
    expect(await applied(migrations)).toEqual([]);
  });
});

describe('a down', () => {
  const files = {
    '001-a.up.sql': 'CREATE TABLE a (id bigint);',
    '001-a.down.sql': 'DROP TABLE a;',
    '002-b.up.sql': 'CREATE TABLE b (id bigint);',
    '002-b.down.sql': 'DROP TABLE b;',
  };

  it('reverts what this release applied, and refuses what another one did', async () => {
    await (await migrationsOf({ '001-a.up.sql': files['001-a.up.sql'] })).up('freetask@1.4.0');
    const migrations = await migrationsOf(files);
    await migrations.up(release);
    await expect(migrations.down(['001-a', '002-b'], release)).rejects.toThrow(
      '001-a was applied by freetask@1.4.0, not by freetask@1.5.0; nothing was reverted.',
    );
    expect(await tables()).toEqual(['a', 'b']);
    await migrations.down(['002-b'], release);
    expect(await tables()).toEqual(['a']);
  });

  it('a migration of a table without releases is of an unknown release', async () => {
    await client.query(
      'CREATE TABLE migrations_done (id text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    await client.query("INSERT INTO migrations_done VALUES ('001-a')");
    const migrations = await migrationsOf(files);
    await migrations.up(release);
    await expect(migrations.down(['001-a'], release)).rejects.toThrow('applied by an unknown release');
  });
});

describe('a failure says what is in the database now', () => {
  it('a database that is not there', async () => {
    const migrations = await migrationsOf(
      { '001-a.up.sql': 'SELECT 1;' },
      { databaseUrl: 'postgres://x:y@127.0.0.1:1/z' },
    );
    await expect(migrations.status(release)).rejects.toMatchObject({ name: 'ToolError' });
  });

  it('a connection that is lost in the middle', async () => {
    const migrations = await migrationsOf({
      '001-a.up.sql': 'CREATE TABLE a (id bigint);',
      '002-lost.up.sql': 'CREATE TABLE b (id bigint);\nSELECT pg_terminate_backend(pg_backend_pid());',
    });
    await expect(migrations.up(release)).rejects.toThrow(
      /002-lost\.up\.sql line 2: .*Rolled back with it: CREATE TABLE b.*Applied in the database now: 001-a\./,
    );
    expect(await tables()).toEqual(['a']);
  });

  it('a file that fails is rolled back whole, and the ones before it stay', async () => {
    await cp(join(root, 'sandbox/api/migrations'), folder, { recursive: true });
    const migrations = await migrationsOf({ '003-broken.up.sql': 'CREATE TABLE half (id int); SELECT nonsense;' });
    await expect(migrations.up(release)).rejects.toThrow(
      /003-broken\.up\.sql line 1: SELECT nonsense: failed: .*nonsense.*Applied in the database now: 001-baseline, 002-job-deadline\./,
    );
    expect(await applied(migrations)).toEqual(['001-baseline', '002-job-deadline']);
    await migrationsOf({ '003-broken.up.sql': 'CREATE TABLE half (id int);' });
    await migrations.up(release);
  });

  it('what the database has and the folder does not is an error', async () => {
    const migrations = await migrationsOf({ '001-a.up.sql': 'SELECT 1;', '002-b.up.sql': 'SELECT 1;' });
    await migrations.up(release);
    await rm(join(folder, '002-b.up.sql'));
    await expect(migrations.status(release)).rejects.toThrow('002-b');
  });
});
