import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startPostgres } from './freetask/deployment.ts';
import { applied, openSqlFilesFixture, release, type SqlFilesFixture } from './support/sql-files-fixture.ts';

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

describe('a lock queue', () => {
  const alter = { '001-title.up.sql': 'ALTER TABLE jobs ADD COLUMN title text;' };
  const lock = (timeout: string, retries: number) => ({ lock: { timeout, retries, pause: '50ms' } });
  beforeEach(async () => {
    await fixture.client.query('CREATE TABLE jobs (id bigint)');
    await fixture.client.query('BEGIN');
    await fixture.client.query('SELECT count(*) FROM jobs');
  });

  it('gives up after its attempts and names who holds the lock', async () => {
    const migrations = await fixture.migrationsOf(alter, lock('600ms', 1));
    await expect(migrations.up(release)).rejects.toThrow(
      /001-title\.up\.sql line 1: ALTER TABLE jobs.*no lock within 600 ms, 2 attempts with pauses of 50 ms\. The lock is held by process \d+ \(a forgotten psql, idle in transaction since 20.*Z\): SELECT count\(\*\) FROM jobs\. Applied in the database now: no migration\./,
    );
    await fixture.client.query('COMMIT');
    expect((await fixture.client.query('SELECT * FROM jobs')).fields.map(({ name }) => name)).toEqual(['id']);
  });

  it('applies the migration once the lock is free', async () => {
    const migrations = await fixture.migrationsOf(alter, lock('300ms', 100));
    const running = migrations.up(release);
    const watcher = await fixture.connect('watcher');
    await untilWaiting(watcher);
    await fixture.client.query('COMMIT');
    await running;
    await watcher.end();
    expect(await applied(migrations)).toEqual(['001-title']);
  });

  it('is left at once on abort, without a trace', async () => {
    const migrations = await fixture.migrationsOf(alter, lock('1m', 0));
    const stopper = new AbortController();
    const running = migrations.up(release, { signal: stopper.signal });
    running.catch(() => undefined);
    const watcher = await fixture.connect('watcher');
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
  beforeEach(() => fixture.client.query('SELECT pg_advisory_lock(5306551971)'));

  it('another holder is named, and is not waited for without end', async () => {
    const migrations = await fixture.migrationsOf(
      { '001-a.up.sql': 'CREATE TABLE a (id bigint);' },
      { lock: { otherRun: '300ms' } },
    );
    await expect(migrations.up(release)).rejects.toThrow(
      /Another run holds the migrations of this database since 20.*Z: process \d+ \(a forgotten psql, idle since .*pg_advisory_lock.*Nothing was run/,
    );
    expect(await fixture.tables()).toEqual([]);
  });

  it('waiting ends on abort', async () => {
    const migrations = await fixture.migrationsOf({ '001-a.up.sql': 'SELECT 1;' });
    await expect(migrations.up(release, { signal: AbortSignal.abort('SIGINT') })).rejects.toThrow('Interrupted while');
  });

  it('status and check do not wait for it', async () => {
    const migrations = await fixture.migrationsOf({ '001-a.up.sql': 'SELECT 1;' });
    await migrations.check(release);
    expect(await applied(migrations)).toEqual([]);
  });
});
