import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseEvidence } from '../../src/core/database.ts';
import { judgeDatabase } from '../../src/core/judge/database.ts';
import { checkServer, withScratch } from '../../src/migrations/index.ts';
import { startPostgres } from './freetask/deployment.ts';
import { gatherIn, statuses } from './support/schema-fixture.ts';

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let url: string;
let folder: string;
let client: Client;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres[Symbol.asyncDispose]());
beforeEach(async () => {
  url = await postgres.newDatabase();
  folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  client = new Client(url);
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await rm(folder, { recursive: true, force: true });
});

const gather = (migrations: object, database: object) => gatherIn(folder, migrations, database);

/** Files of the driver sql-files; the first ones are applied. */
async function sqlFiles(files: Readonly<Record<string, string>>, settings: object = {}): Promise<DatabaseEvidence> {
  await Promise.all(Object.entries(files).map(([name, sql]) => writeFile(join(folder, name), sql)));
  return gather({ driver: 'sql-files', folder, databaseUrl: url }, { scratch: url, ...settings });
}

const first = 'CREATE TABLE jobs (id bigint PRIMARY KEY, title text NOT NULL, bio text);';
/** The database of a target to which the first migration was applied. */
async function applied(): Promise<void> {
  await client.query(`${first} CREATE TABLE shiproom_migrations
    (id text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now(), release text);
    INSERT INTO shiproom_migrations (id, release) VALUES ('001-jobs', 'freetask@1.4.0')`);
}

async function databases(): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT datname AS name FROM pg_database WHERE datname LIKE 'shiproom%'",
  );
  return rows.map(({ name }) => name);
}

describe('a scratch database', () => {
  it('is dropped after success, after a failure, and where something is still connected to it', async () => {
    const name = await withScratch(url, 'run-7', async (scratch) => {
      expect(await databases()).toEqual(['shiproom_scratch_run_7']);
      return scratch.name;
    });
    expect(name).toBe('shiproom_scratch_run_7');
    expect(await databases()).toEqual([]);

    let left: Client | undefined;
    const failing = withScratch(url, 'run-7', async (scratch) => {
      left = new Client(scratch.url);
      left.on('error', () => undefined);
      await left.connect();
      throw new Error('the migration failed');
    });
    await expect(failing).rejects.toThrow('the migration failed');
    expect(await databases()).toEqual([]);
    await left?.end().catch(() => undefined);
  });

  it('that a killed run left is replaced by the same run', async () => {
    await client.query('CREATE DATABASE shiproom_scratch_run_7');
    const { objects } = await withScratch(url, 'run-7', (scratch) => scratch.snapshot());
    expect(objects.filter(({ kind }) => kind === 'table')).toEqual([]);
    expect(await databases()).toEqual([]);
  });
});

describe('pending SQL files', () => {
  beforeEach(applied);

  it('that expand are compatible, and the target itself is not changed', async () => {
    const evidence = await sqlFiles({
      '001-jobs.up.sql': first,
      '002-deadline.up.sql': '-- shiproom: expand\nALTER TABLE jobs ADD COLUMN deadline timestamptz;',
    });
    expect(statuses(evidence)).toEqual({
      'database.pending': expect.stringMatching(/^pass: /) as unknown,
      'database.compatible': expect.stringMatching(/^pass: 1 difference, .* the live schema is as migrated/) as unknown,
      'database.locks': expect.stringMatching(/^pass: .*wait at most 2 s/) as unknown,
    });
    const { rows } = await client.query('SELECT id FROM shiproom_migrations');
    expect(rows).toEqual([{ id: '001-jobs' }]);
    expect(await databases()).toEqual([]);
    for (const file of evidence.files) expect(await readFile(join(folder, 'run-1', file), 'utf8')).toBeDefined();
  });

  it('that are declared expand and drop a column are refuted by the schema', async () => {
    const evidence = await sqlFiles({
      '001-jobs.up.sql': first,
      '002-bio.up.sql': '-- shiproom: expand\nALTER TABLE jobs DROP COLUMN bio;',
    });
    expect(statuses(evidence)['database.compatible']).toMatch(
      /^fail: 002-bio is declared expand and measured irreversible: column jobs\.bio removed, SELECT bio FROM jobs fails/,
    );
  });

  it('that lock a large table for long fail before they run', async () => {
    await client.query("INSERT INTO jobs SELECT n, 'x' FROM generate_series(1, 2000) n; ANALYZE jobs");
    const files = { '001-jobs.up.sql': first, '002-index.up.sql': '\nCREATE INDEX jobs_by_title ON jobs (title);' };
    const small = await sqlFiles(files);
    expect(statuses(small)['database.locks']).toMatch(/^pass: .*jobs: about 2\D000 rows/);
    const large = await sqlFiles(files, { largeTable: { rows: 1999 } });
    expect(statuses(large)['database.locks']).toMatch(
      /^fail: 002-index line 2: CREATE INDEX jobs_by_title ON jobs \(title\) \(require-concurrent-index-creation\) locks jobs: about 2\D000 rows/,
    );
  });

  it('that fail are a failure, and leave no database behind', async () => {
    const evidence = await sqlFiles({
      '001-jobs.up.sql': first,
      '002-broken.up.sql': 'ALTER TABLE nothing ADD a int;',
    });
    expect(statuses(evidence)['database.pending']).toMatch(
      /^fail: 002-broken failed.*relation "nothing" does not exist/,
    );
    expect(statuses(evidence)['database.compatible']).toMatch(/^error: /);
    expect(await databases()).toEqual([]);
  });

  it('whose text hides itself from squawk are not read', async () => {
    const evidence = await sqlFiles({
      '001-jobs.up.sql': first,
      '002-hidden.up.sql': '-- squawk-ignore-file\nALTER TABLE jobs ADD COLUMN a int;',
    });
    expect(statuses(evidence)['database.locks']).toMatch(/^error: squawk did not read 002-hidden to its end/);
  });

  it('drift of the live schema is named and holds, unless it is no migration', async () => {
    await client.query('ALTER TABLE jobs ADD COLUMN extra text; CREATE TABLE audit_1 (id int)');
    const files = { '001-jobs.up.sql': first, '002-deadline.up.sql': 'ALTER TABLE jobs ADD COLUMN deadline date;' };
    const drifted = await sqlFiles(files, { ignore: ['table audit_*'] });
    expect(statuses(drifted)['database.compatible']).toMatch(/^inconclusive: drift: .*column jobs\.extra added;/);
    const ignored = await sqlFiles(files, { ignore: ['table audit_*', 'column jobs.extra'] });
    expect(statuses(ignored)['database.compatible']).toMatch(/^pass: /);
  });

  it('without a server for a scratch database nothing passes but what was read', async () => {
    await writeFile(join(folder, '001-jobs.up.sql'), first);
    await writeFile(join(folder, '002-deadline.up.sql'), 'ALTER TABLE jobs ADD COLUMN deadline date;');
    const evidence = await gather({ driver: 'sql-files', folder, databaseUrl: url }, {});
    expect(judgeDatabase(evidence).judgements.map(({ status }) => status)).toEqual([
      'inconclusive',
      'inconclusive',
      'pass',
    ]);
  });
});

it('doctor names a server on which no database can be created, and one that cannot be reached', async () => {
  await client.query("CREATE ROLE nobody_special LOGIN PASSWORD 'p'");
  const other = new URL(url);
  Object.assign(other, { username: 'nobody_special', password: 'p' });
  expect(await checkServer(url, 'scratch')).toEqual({ found: expect.stringMatching(/^PostgreSQL 18/) as unknown });
  expect(await checkServer(other.href, 'scratch')).toEqual({
    problem: expect.stringContaining('the user nobody_special may not create databases') as unknown,
  });
  expect(await checkServer(other.href, 'live')).toHaveProperty('found');
  expect(await checkServer('postgres://127.0.0.1:1/gone', 'live')).toHaveProperty('problem');
});
