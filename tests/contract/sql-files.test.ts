import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from './freetask/deployment.ts';
import { applied, openSqlFilesFixture, release, root, type SqlFilesFixture } from './support/sql-files-fixture.ts';

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let fixture: SqlFilesFixture;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres[Symbol.asyncDispose]());
beforeEach(async () => {
  fixture = await openSqlFilesFixture(await postgres.newDatabase());
});
afterEach(() => fixture[Symbol.asyncDispose]());

describe('a file that controls transactions', () => {
  it.each([
    [
      'commits',
      'BEGIN;\nCREATE TABLE notes (id bigint);\nCOMMIT;\nALTER TABLE notes ADD COLUMN broken no_such_type;\n',
    ],
    ['commits and ends well', 'BEGIN;\nCREATE TABLE notes (id bigint);\nCOMMIT;\n'],
  ])('%s: is refused before it is run', async (_, sql) => {
    const migrations = await fixture.migrationsOf({ '001-notes.up.sql': sql });
    const refusal = '001-notes.up.sql line 1: BEGIN: BEGIN/COMMIT: each file is run in one transaction already';
    await expect(migrations.check(release)).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining(refusal) as unknown,
    });
    await expect(migrations.up(release)).rejects.toThrow(refusal);
    expect(await fixture.tables()).toEqual([]);
    expect(await applied(migrations)).toEqual([]);
  });
});

describe('CREATE INDEX CONCURRENTLY', () => {
  const table = { '001-table.up.sql': 'CREATE TABLE people (id bigint, email text);' };
  const index = 'CREATE UNIQUE INDEX CONCURRENTLY people_email ON people (email);\n';
  const marked = `-- shiproom: no-transaction\n${index}`;

  it('is refused within a transaction, with what to write', async () => {
    const migrations = await fixture.migrationsOf({
      ...table,
      '002-index.up.sql': `-- The safe way.\n${index}`,
      '002-index.down.sql': 'DROP INDEX CONCURRENTLY people_email;',
    });
    await expect(migrations.check(release)).rejects.toThrow(
      /002-index\.up\.sql line 2: .*write "-- shiproom: no-transaction" as the first line[\s\S]*002-index\.down\.sql line 1/,
    );
    await expect(migrations.up(release)).rejects.toThrow('nothing was run');
    expect(await fixture.tables()).toEqual([]);
  });

  it('runs outside of a transaction if the first line of its file says so', async () => {
    const migrations = await fixture.migrationsOf({ ...table, '002-index.up.sql': marked });
    await migrations.up(release);
    expect(await fixture.tables()).toEqual(['people', 'people_email']);
    expect(await applied(migrations)).toEqual(['001-table', '002-index']);
  });

  it('a failed build names the INVALID index that it leaves, and once it is removed the migration succeeds', async () => {
    await (await fixture.migrationsOf(table)).up(release);
    await fixture.client.query("INSERT INTO people VALUES (1, 'a'), (2, 'a')");
    const migrations = await fixture.migrationsOf({ '002-index.up.sql': marked });
    await expect(migrations.up(release)).rejects.toThrow(
      /INVALID index left: public\.people_email; remove it before the next attempt: DROP INDEX CONCURRENTLY public\.people_email;.*Applied in the database now: 001-table\./,
    );
    await fixture.client.query('DROP INDEX CONCURRENTLY public.people_email');
    await fixture.client.query('DELETE FROM people');
    await migrations.up(release);
    expect(await applied(migrations)).toEqual(['001-table', '002-index']);
  });

  it('IF NOT EXISTS does not accept an INVALID index of an earlier build', async () => {
    const migrations = await fixture.migrationsOf({
      ...table,
      '002-index.up.sql': marked.replace('CONCURRENTLY', 'CONCURRENTLY IF NOT EXISTS'),
    });
    await fixture.client.query('CREATE TABLE people (id bigint, email text)');
    await fixture.client.query("INSERT INTO people VALUES (1, 'a'), (2, 'a')");
    await fixture.client
      .query('CREATE UNIQUE INDEX CONCURRENTLY people_email ON people (email)')
      .catch(() => undefined);
    await fixture.client.query('DELETE FROM people');
    await writeFile(join(fixture.folder, '001-table.up.sql'), 'SELECT 1;');
    await expect(migrations.up(release)).rejects.toThrow(
      /succeeded, but its index is INVALID.*INVALID index left: public\.people_email/,
    );
    expect(await applied(migrations)).toEqual(['001-table']);
  });
});

it('an enum value that is used in the transaction that adds it: the message says that the value was rolled back', async () => {
  const migrations = await fixture.migrationsOf({
    '001-state.up.sql': "CREATE TYPE state AS ENUM ('OPEN'); CREATE TABLE jobs (state state);",
    '002-paused.up.sql': "ALTER TYPE state ADD VALUE 'PAUSED';\nINSERT INTO jobs VALUES ('PAUSED');\n",
  });
  await expect(migrations.up(release)).rejects.toThrow(
    /002-paused\.up\.sql line 2: INSERT INTO jobs.*unsafe use of new value "PAUSED".*The enum value 'PAUSED' was rolled back with the transaction.*Applied in the database now: 001-state\./,
  );
  const { rows } = await fixture.client.query('SELECT enumlabel FROM pg_enum');
  expect(rows).toEqual([{ enumlabel: 'OPEN' }]);
});

describe('order', () => {
  it('9 is applied before 10', async () => {
    const migrations = await fixture.migrationsOf({
      '9-create.up.sql': 'CREATE TABLE jobs (id bigint);',
      '10-alter.up.sql': 'ALTER TABLE jobs ADD COLUMN title text;',
    });
    await migrations.up(release);
    expect(await applied(migrations)).toEqual(['9-create', '10-alter']);
  });

  it('two files with one number are refused', async () => {
    const migrations = await fixture.migrationsOf({ '09-a.up.sql': 'SELECT 1;', '9-b.up.sql': 'SELECT 1;' });
    await expect(migrations.check(release)).rejects.toThrow('09-a and 9-b have the same number');
  });

  it('a late branch is refused by name, and applied by an explicit setting', async () => {
    const files = { '001-a.up.sql': 'SELECT 1;', '003-c.up.sql': 'SELECT 1;' };
    await (await fixture.migrationsOf(files)).up(release);
    const late = { '002-b.up.sql': 'CREATE TABLE late (id bigint);' };
    const refusing = await fixture.migrationsOf(late);
    await expect(refusing.check(release)).rejects.toThrow(
      '002-b is pending and comes before 003-c, which is applied: rename it to come last, or write migrations.outOfOrder: apply',
    );
    await expect(refusing.up(release)).rejects.toThrow('002-b is pending');
    expect(await fixture.tables()).toEqual([]);
    const applying = await fixture.migrationsOf(late, { outOfOrder: 'apply' });
    await applying.up(release);
    expect(await applied(applying)).toEqual(['001-a', '002-b', '003-c']);
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
    await (await fixture.migrationsOf({ '001-a.up.sql': files['001-a.up.sql'] })).up('freetask@1.4.0');
    const migrations = await fixture.migrationsOf(files);
    await migrations.up(release);
    await expect(migrations.down(['001-a', '002-b'], release)).rejects.toThrow(
      '001-a was applied by freetask@1.4.0, not by freetask@1.5.0; nothing was reverted.',
    );
    expect(await fixture.tables()).toEqual(['a', 'b']);
    await migrations.down(['002-b'], release);
    expect(await fixture.tables()).toEqual(['a']);
  });

  it('a migration of a table without releases is of an unknown release', async () => {
    await fixture.client.query(
      'CREATE TABLE migrations_done (id text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    await fixture.client.query("INSERT INTO migrations_done VALUES ('001-a')");
    const migrations = await fixture.migrationsOf(files);
    await migrations.up(release);
    await expect(migrations.down(['001-a'], release)).rejects.toThrow('applied by an unknown release');
  });
});

describe('a failure reports what is in the database', () => {
  it('a database that is not there', async () => {
    const migrations = await fixture.migrationsOf(
      { '001-a.up.sql': 'SELECT 1;' },
      { databaseUrl: 'postgres://x:y@127.0.0.1:1/z' },
    );
    await expect(migrations.status(release)).rejects.toMatchObject({ name: 'ToolError' });
  });

  it('a connection that is lost in the middle', async () => {
    const migrations = await fixture.migrationsOf({
      '001-a.up.sql': 'CREATE TABLE a (id bigint);',
      '002-lost.up.sql': 'CREATE TABLE b (id bigint);\nSELECT pg_terminate_backend(pg_backend_pid());',
    });
    await expect(migrations.up(release)).rejects.toThrow(
      /002-lost\.up\.sql line 2: .*Rolled back with it: CREATE TABLE b.*Applied in the database now: 001-a\./,
    );
    expect(await fixture.tables()).toEqual(['a']);
  });

  it('a file that fails is rolled back whole, and the ones before it stay', async () => {
    await cp(join(root, 'sandbox/api/migrations'), fixture.folder, { recursive: true });
    const migrations = await fixture.migrationsOf({
      '003-broken.up.sql': 'CREATE TABLE half (id int); SELECT nonsense;',
    });
    await expect(migrations.up(release)).rejects.toThrow(
      /003-broken\.up\.sql line 1: SELECT nonsense: failed: .*nonsense.*Applied in the database now: 001-baseline, 002-job-deadline\./,
    );
    expect(await applied(migrations)).toEqual(['001-baseline', '002-job-deadline']);
    await fixture.migrationsOf({ '003-broken.up.sql': 'CREATE TABLE half (id int);' });
    await migrations.up(release);
  });

  it('what the database has and the fixture.folder does not is an error', async () => {
    const migrations = await fixture.migrationsOf({ '001-a.up.sql': 'SELECT 1;', '002-b.up.sql': 'SELECT 1;' });
    await migrations.up(release);
    await rm(join(fixture.folder, '002-b.up.sql'));
    await expect(migrations.status(release)).rejects.toThrow('002-b');
  });
});
