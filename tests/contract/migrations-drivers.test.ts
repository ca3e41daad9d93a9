import { join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { migrationsSchema } from '../../src/config/driver-settings.ts';
import type { MigrationsSettings } from '../../src/core/drivers.ts';
import { createMigrations, type Migrations } from '../../src/migrations/index.ts';
import { startPostgres } from './freetask/deployment.ts';
import { programCommand } from '../../sandbox/program.ts';

const root = resolve(import.meta.dirname, '../..');
const context = { env: { PATH: process.env['PATH'] ?? '' }, cwd: root };
let postgres: Awaited<ReturnType<typeof startPostgres>>;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres[Symbol.asyncDispose]());

const freetask = (databaseUrl: string, ...args: string[]) =>
  ['env', `DATABASE_URL=${databaseUrl}`, ...programCommand('api/migrate.ts'), ...args] as const;

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
    (databaseUrl) =>
      migrationsSchema.parse({ driver: 'sql-files', databaseUrl, folder: join(root, 'sandbox/api/migrations') }),
  ],
];

const release = 'freetask@1.5.0';

describe.each(drivers)('migrations %s', (_, settingsFor) => {
  let migrations: Migrations;
  beforeEach(async () => {
    migrations = createMigrations(settingsFor(await postgres.newDatabase()), context);
  });
  const applied = async () => (await migrations.status(release)).map((each) => each.applied);

  it('lists what is pending, in order', async () => {
    expect(await migrations.status(release)).toEqual([
      { id: '001-baseline', applied: false },
      { id: '002-job-deadline', applied: false },
    ]);
  });

  it('names the class of each migration that is pending', async () => {
    const classes = (await migrations.pending(release)).map((each) => [each.id, each.class]);
    expect(classes).toEqual([
      ['001-baseline', 'expand'],
      ['002-job-deadline', 'expand'],
    ]);
    await migrations.up(release);
    expect(await migrations.pending(release)).toEqual([]);
  });

  it('applies what is pending, once', async () => {
    await migrations.up(release);
    expect(await applied()).toEqual([true, true]);
    await migrations.up(release);
    expect(await applied()).toEqual([true, true]);
  });

  it('two concurrent runs apply it once', async () => {
    await Promise.all([migrations.up(release), migrations.up(release)]);
    expect(await applied()).toEqual([true, true]);
  });

  it('check reads only, and accepts what can be applied', async () => {
    await migrations.check(release);
    expect(await applied()).toEqual([false, false]);
  });

  it('reverts the named migrations, newest first', async () => {
    await migrations.up(release);
    await migrations.down(['002-job-deadline'], release);
    expect(await applied()).toEqual([true, false]);
    await migrations.down(['001-baseline'], release);
    expect(await applied()).toEqual([false, false]);
  });

  it('refuses to revert what would take another migration with it, or is not applied', async () => {
    await migrations.up(release);
    await migrations.down(['002-job-deadline'], release);
    await expect(migrations.down(['002-job-deadline'], release)).rejects.toThrow('not applied');
    expect(await applied()).toEqual([true, false]);
  });
});

describe('a failure names the command, and its output', () => {
  const unreachable = 'postgres://freetask:wrong@127.0.0.1:1/postgres';

  it('command: the exit code and the output', async () => {
    const settings = {
      driver: 'command',
      status: [...freetask(unreachable, 'status')],
      up: ['true'],
      down: ['true'],
    } as const;
    await expect(createMigrations(settings, context).status(release)).rejects.toMatchObject({
      name: 'ToolError',
      exitCode: 1,
      message: expect.stringContaining('ECONNREFUSED') as unknown,
    });
  });

  it('command: gets the release that is being shipped, for migrations that come with it', async () => {
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

  it('command: the third column is the class', async () => {
    const settings = {
      driver: 'command',
      status: ['printf', '1 applied expand\n2 pending contract\n3 pending\n'],
      up: ['true'],
      down: ['true'],
    } as const;
    const migrations = createMigrations(settings, context);
    expect(await migrations.pending(release)).toMatchObject([
      { id: '2', class: 'contract' },
      { id: '3', class: 'expand' },
    ]);
    expect(await migrations.status(release)).toHaveLength(3);
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

  it('command: a down reverts the newest migrations only', async () => {
    const settings = {
      driver: 'command',
      status: ['printf', '1 applied\n2 applied\n3 applied\n'],
      up: ['true'],
      down: ['false'],
    } as const;
    await expect(createMigrations(settings, context).down(['2'], release)).rejects.toThrow(
      'Reverting 2 would also revert 3, which this release did not apply; nothing was reverted.',
    );
  });
});
