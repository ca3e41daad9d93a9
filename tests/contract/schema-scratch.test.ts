import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DatabaseEvidence } from '../../src/core/database.ts';
import { judgeDatabase } from '../../src/core/judge/database.ts';
import { createDrivers } from '../../src/flows/drivers.ts';
import type { Flow } from '../../src/flows/flow.ts';
import type { PreflightContext } from '../../src/flows/preflight/context.ts';
import { gatherDatabase } from '../../src/flows/preflight/database.ts';
import { createCommandMigrations } from '../../src/migrations/command.ts';
import { withScratch } from '../../src/migrations/index.ts';
import { systemClock } from '../../src/system/clock.ts';
import { migrateUp } from '../../sandbox/api/migrations.ts';
import { programCommand } from '../../sandbox/program.ts';
import { projectRoot } from '../e2e/support/running-sandbox.ts';
import { runnerContext } from '../e2e/support/runner-context.ts';
import { startPostgres } from './freetask/deployment.ts';
import { parseDeployment } from './support/service-defaults.ts';

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

/** The target's command drivers are not called by this part of a preflight. */
const idle = ['false'];
const place = { name: 'green-1', colour: 'green', address: 'http://127.0.0.1:1' };

async function gather(migrations: object, database: object): Promise<DatabaseEvidence> {
  const file = join(folder, 'target.json');
  const deployment = parseDeployment(
    file,
    JSON.stringify({
      name: 'double',
      kind: 'staging',
      environments: { green: { api: 'http://127.0.0.1:1' } },
      router: { driver: 'command', read: idle, set: idle },
      runtime: { driver: 'command', read: idle, start: idle, stop: idle, places: [place] },
      migrations,
      preflight: { database },
    }),
  );
  const flow = { projectRoot, environment: { variables: { PATH: process.env['PATH'] } } } as unknown as Flow;
  const context: Partial<PreflightContext> = {
    file,
    deployment,
    release: 'freetask@1.5.0',
    drivers: createDrivers(file, deployment, flow),
    clock: systemClock,
    runner: runnerContext(join(folder, 'run-1')),
  };
  const gathered = (await gatherDatabase(context as PreflightContext)).database;
  if (!gathered || 'unmeasured' in gathered) throw new Error('nothing was measured');
  return gathered;
}

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

const statuses = (evidence: DatabaseEvidence) =>
  Object.fromEntries(
    judgeDatabase(evidence).judgements.map(({ id, status, because }) => [id, `${status}: ${because}`]),
  );

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
    const seen = join(folder, 'seen.txt');
    const apply = ['sh', '-c', `echo "$SCRATCH_DATABASE_URL $0 $1" | tee -a ${seen}; exit 1`, '{database}', '{id}'];
    const evidence = await gather(driver(), { scratch: url, apply, sql: tool('sql', '{id}') });
    expect(await readFile(seen, 'utf8')).toMatch(
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

  it('is tried again as often as the settings say', async () => {
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
