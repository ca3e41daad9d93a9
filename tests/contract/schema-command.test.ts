import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCommandMigrations } from '../../src/migrations/command.ts';
import { migrateUp } from '../../sandbox/api/migrations.ts';
import { programCommand } from '../../sandbox/program.ts';
import { projectRoot } from '../e2e/support/running-sandbox.ts';
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

async function databases(): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT datname AS name FROM pg_database WHERE datname LIKE 'shiproom%'",
  );
  return rows.map(({ name }) => name);
}

describe('pending migrations of a command', () => {
  const tool = (...words: string[]) => ['env', `DATABASE_URL=${url}`, ...programCommand('api/migrate.ts'), ...words];
  const driver = () => ({
    driver: 'command',
    status: tool('status'),
    up: tool('up'),
    down: tool('down', '--to', '{id}'),
  });

  it('are applied to the scratch database by the command of the target file', async () => {
    const evidence = await gather(driver(), {
      scratch: url,
      live: url,
      apply: tool('up', '--to', '{id}', '--database', '{database}'),
      sql: tool('sql', '{id}'),
    });
    expect(evidence.pending.map(({ id }) => id)).toEqual(['001-baseline', '002-job-deadline']);
    expect(evidence.pending[1]?.differences).toMatchObject([]);
    expect(statuses(evidence)['database.pending']).toMatch(/^pass: /);
    expect(await databases()).toEqual([]);
  });

  it('that report success and do nothing are no pass', async () => {
    const evidence = await gather(driver(), { scratch: url, apply: ['true'], sql: tool('sql', '{id}') });
    expect(statuses(evidence)['database.pending']).toMatch(/^inconclusive: .*the schema is unchanged/);
  });

  it('whose address is in the environment of the command, not in its arguments', async () => {
    const received = join(folder, 'received.txt');
    const apply = ['sh', '-c', `echo "$SCRATCH_DATABASE_URL $0 $1" | tee -a ${received}; exit 1`, '{database}', '{id}'];
    const evidence = await gather(driver(), { scratch: url, apply, sql: tool('sql', '{id}') });
    expect(await readFile(received, 'utf8')).toMatch(
      /^postgres:\/\/\S+\/shiproom_scratch_run_1 shiproom_scratch_run_1 001-baseline\n$/,
    );
    expect(statuses(evidence)['database.pending']).toMatch(
      /^fail: 001-baseline failed.*postgres:\/\/freetask:‹masked›@/s,
    );
    expect(JSON.stringify(evidence)).not.toContain(new URL(url).password);
  });
});

describe('the up of a command under a lock timeout', () => {
  const migrations = (retries: number) =>
    createCommandMigrations(
      {
        status: ['true'],
        up: ['env', `DATABASE_URL=${url}`, ...programCommand('api/migrate.ts'), 'up'],
        down: ['true'],
        lock: { timeoutMs: 200, retries, pauseMs: 10 },
      },
      { env: { PATH: process.env['PATH'] ?? '' }, cwd: projectRoot },
    );

  it('gives up a lock that it does not get, and is tried again', async () => {
    await migrateUp(url, 1);
    await client.query('BEGIN; LOCK TABLE jobs IN ACCESS SHARE MODE');
    await expect(migrations(1).up('freetask@1.5.0')).rejects.toThrow(/lock timeout/);
    await client.query('COMMIT');
    await migrations(0).up('freetask@1.5.0');
    const { rows } = await client.query('SELECT max(version) AS version FROM schema_migrations');
    expect(rows).toEqual([{ version: 2 }]);
  });

  it('is tried again up to the configured number of attempts', async () => {
    const tries = join(folder, 'tries');
    const third = `echo x >> ${tries}; [ $(wc -l < ${tries}) -ge 3 ] || { echo canceling statement due to lock timeout >&2; exit 1; }`;
    const of = (retries: number) =>
      createCommandMigrations(
        {
          status: ['true'],
          up: ['sh', '-c', third],
          down: ['true'],
          lock: { timeoutMs: 200, retries, pauseMs: 1 },
        },
        { env: { PATH: process.env['PATH'] ?? '' }, cwd: projectRoot },
      );
    await expect(of(1).up('freetask@1.5.0')).rejects.toThrow(/lock timeout/);
    await rm(tries);
    await of(2).up('freetask@1.5.0');
    expect(await readFile(tries, 'utf8')).toBe('x\nx\nx\n');
  });

  it('is not tried again after another failure', async () => {
    const tries = join(folder, 'tries');
    const failing = createCommandMigrations(
      {
        status: ['true'],
        up: ['sh', '-c', `echo "$PGOPTIONS" >> ${tries}; exit 1`],
        down: ['true'],
        lock: { timeoutMs: 200, retries: 3, pauseMs: 1 },
      },
      { env: { PATH: process.env['PATH'] ?? '', PGOPTIONS: '-c work_mem=8MB' }, cwd: projectRoot },
    );
    await expect(failing.up('freetask@1.5.0')).rejects.toThrow(/exit code 1/);
    expect(await readFile(tries, 'utf8')).toBe('-c work_mem=8MB -c lock_timeout=200\n');
  });
});
