import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MigrationsSettings } from '../../src/core/drivers.ts';
import { createMigrations, type Migrations } from '../../src/migrations/index.ts';
import { startPostgres } from './freetask/deployment.ts';

const root = resolve(import.meta.dirname, '../..');
const context = { env: { PATH: process.env['PATH'] ?? '' }, cwd: root };
let postgres: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres[Symbol.asyncDispose]());

const freetask = (databaseUrl: string, ...args: string[]) =>
  [
    'env',
    `DATABASE_URL=${databaseUrl}`,
    process.execPath,
    '--import',
    'tsx',
    join(root, 'sandbox/api/migrate.ts'),
    ...args,
  ] as const;

const drivers: readonly [string, (databaseUrl: string) => MigrationsSettings][] = [
  [
    'command',
    (url) => ({
      driver: 'command',
      status: [...freetask(url, 'status')],
      up: [...freetask(url, 'up')],
      down: [...freetask(url, 'down', '--to', '{id}')],
    }),
  ],
  [
    'sql-files',
    (databaseUrl) => ({
      driver: 'sql-files',
      databaseUrl,
      folder: join(root, 'sandbox/api/migrations'),
      table: 'migrations_done',
    }),
  ],
];

const release = 'freetask@1.5.0';

describe.each(drivers)('migrations %s', (name, settingsFor) => {
  let migrations: Migrations;
  beforeEach(async () => {
    migrations = createMigrations(settingsFor(await postgres.newDatabase()), context);
  });
  const applied = async () => (await migrations.status(release)).map((each) => each.applied);

  it('knows what is pending before anything is applied, in order', async () => {
    expect(await migrations.status(release)).toEqual([
      { id: '001-baseline', applied: false },
      { id: '002-job-deadline', applied: false },
    ]);
  });

  it('applies what is pending, once', async () => {
    await migrations.up(release);
    expect(await applied()).toEqual([true, true]);
    await migrations.up(release);
    expect(await applied()).toEqual([true, true]);
  });

  it('two at once take turns', async () => {
    await Promise.all([migrations.up(release), migrations.up(release)]);
    expect(await applied()).toEqual([true, true]);
  });

  it('reverts down to the one that stays, and to nothing', async () => {
    await migrations.up(release);
    await migrations.down(name === 'command' ? '1' : '001-baseline', release);
    expect(await applied()).toEqual([true, false]);
    await migrations.down(name === 'command' ? '0' : undefined, release);
    expect(await applied()).toEqual([false, false]);
  });
});

describe('a failure names what was run, and what is true now', () => {
  const nobody = 'postgres://freetask:wrong@127.0.0.1:1/postgres';

  it('command: the exit code and the output', async () => {
    const settings = {
      driver: 'command',
      status: [...freetask(nobody, 'status')],
      up: ['true'],
      down: ['true'],
    } as const;
    await expect(createMigrations(settings, context).status(release)).rejects.toMatchObject({
      name: 'ToolError',
      exitCode: 1,
      message: expect.stringContaining('ECONNREFUSED') as unknown,
    });
  });

  it('command: is told which release is being shipped, for migrations that come with it', async () => {
    const settings = {
      driver: 'command',
      status: ['echo', '{release}-schema pending'],
      up: ['true'],
      down: ['true'],
    } as const;
    expect(await createMigrations(settings, context).status(release)).toEqual([
      { id: 'freetask@1.5.0-schema', applied: false },
    ]);
  });

  it('command: a line that is neither applied nor pending', async () => {
    const settings = {
      driver: 'command',
      status: ['echo', '001-baseline maybe'],
      up: ['true'],
      down: ['true'],
    } as const;
    await expect(createMigrations(settings, context).status(release)).rejects.toThrow('001-baseline maybe');
  });

  it('sql-files: a database that is not there', async () => {
    const settings = { driver: 'sql-files', databaseUrl: nobody, folder: '/', table: 'migrations_done' } as const;
    await expect(createMigrations(settings, context).status(release)).rejects.toMatchObject({ name: 'ToolError' });
  });

  it('sql-files: a connection that is lost in the middle is an error like any other', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'migrations-'));
    await writeFile(join(folder, '001-lost.up.sql'), 'SELECT pg_terminate_backend(pg_backend_pid());');
    const migrations = createMigrations(
      { driver: 'sql-files', databaseUrl: await postgres.newDatabase(), folder, table: 'migrations_done' },
      context,
    );
    await expect(migrations.up(release)).rejects.toMatchObject({
      name: 'ToolError',
      message: expect.stringContaining('001-lost.up.sql failed') as unknown,
    });
    await rm(folder, { recursive: true });
  });

  it('sql-files: a file that fails is taken back whole, and the ones before it stay', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'migrations-'));
    await cp(join(root, 'sandbox/api/migrations'), folder, { recursive: true });
    await writeFile(join(folder, '003-broken.up.sql'), 'CREATE TABLE half (id int); SELECT nonsense;');
    const migrations = createMigrations(
      { driver: 'sql-files', databaseUrl: await postgres.newDatabase(), folder, table: 'migrations_done' },
      context,
    );
    await expect(migrations.up(release)).rejects.toThrow(/003-broken\.up\.sql failed and was taken back.*nonsense/);
    expect((await migrations.status(release)).map(({ applied }) => applied)).toEqual([true, true, false]);
    await writeFile(join(folder, '003-broken.up.sql'), 'CREATE TABLE half (id int);');
    await migrations.up(release);
    await rm(folder, { recursive: true });
  });

  it('sql-files: what the database has and the folder has not is an error, not an unknown past', async () => {
    const databaseUrl = await postgres.newDatabase();
    const folder = await mkdtemp(join(tmpdir(), 'migrations-'));
    await cp(join(root, 'sandbox/api/migrations'), folder, { recursive: true });
    await createMigrations({ driver: 'sql-files', databaseUrl, folder, table: 'migrations_done' }, context).up(release);
    await rm(join(folder, '002-job-deadline.up.sql'));
    await expect(
      createMigrations({ driver: 'sql-files', databaseUrl, folder, table: 'migrations_done' }, context).status(release),
    ).rejects.toThrow('002-job-deadline');
    await rm(folder, { recursive: true });
  });
});
