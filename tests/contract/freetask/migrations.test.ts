import { spawnSync } from 'node:child_process';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrateDown, migrateUp, migrationStatus } from '../../../sandbox/api/migrations.ts';
import { call, logIn } from './caller.ts';
import { startInstance, startPostgres } from './deployment.ts';
import { programCommand } from '../../../sandbox/program.ts';

let postgres: Awaited<ReturnType<typeof startPostgres>>;

beforeAll(async () => {
  postgres = await startPostgres();
}, 30_000);

afterAll(async () => postgres?.[Symbol.asyncDispose]());

async function tables(databaseUrl: string): Promise<unknown[]> {
  const client = new Client(databaseUrl);
  await client.connect();
  const { rows } = await client.query(
    `SELECT table_name, column_name FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name <> 'schema_migrations' ORDER BY 1, 2`,
  );
  await client.end();
  return rows;
}

test('migrations go up and down, stop at the given version, and concurrent runs apply each once', async () => {
  const databaseUrl = await postgres.newDatabase();
  const runs = await Promise.all([migrateUp(databaseUrl, 1), migrateUp(databaseUrl, 1)]);
  expect(runs.flat()).toEqual([{ version: 1, name: 'baseline' }]);
  const baseline = await tables(databaseUrl);
  expect(await migrateUp(databaseUrl)).toMatchObject([{ version: 2 }]);
  expect(await migrateUp(databaseUrl)).toEqual([]);
  expect(await tables(databaseUrl)).toHaveLength(baseline.length + 1);
  expect(await migrateDown(databaseUrl, 1)).toMatchObject([{ version: 2 }]);
  expect(await tables(databaseUrl)).toEqual(baseline);
  expect((await migrationStatus(databaseUrl)).map(({ applied }) => applied)).toEqual([true, false]);
  await migrateDown(databaseUrl, 0);
  expect(await tables(databaseUrl)).toEqual([]);
});

test('a release is ready only on a database with its own migrations, and an older one runs on a newer schema', async () => {
  const databaseUrl = await postgres.newDatabase();
  await migrateUp(databaseUrl, 1);
  await using current = await startInstance({ databaseUrl, release: 'freetask@1.4.0' });
  await using next = await startInstance({ databaseUrl, release: 'freetask@1.5.0' });
  expect((await call(current.url, 'GET /readyz')).status).toBe(200);
  expect((await call(next.url, 'GET /readyz')).body.error?.message).toBe('Not ready: migrations are pending');
  await migrateUp(databaseUrl);
  expect((await call(next.url, 'GET /readyz')).body.data).toEqual({ status: 'ready' });

  const client = await logIn(current.url, 'client');
  const job = { title: 'Fence', description: 'Paint it', category: 'garden', budget: 1 };
  const deadline = '2030-01-01T00:00:00.000Z';
  const post = (url: string) => call(url, 'POST /jobs', { token: client, body: { ...job, deadline } });
  expect((await post(current.url)).body.data).not.toHaveProperty('deadline');
  expect((await post(next.url)).body.data).toMatchObject({ deadline });
});

function migrate(databaseUrl: string | undefined, ...words: string[]) {
  const env = { PATH: process.env['PATH'], ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }) };
  const [node, ...args] = programCommand('api/migrate.ts');
  const { status, stdout } = spawnSync(node, [...args, ...words], { env, encoding: 'utf8' });
  return { status, stdout };
}

test('the command prints what it did, and its exit code distinguishes a wrong call from a failure', async () => {
  const databaseUrl = await postgres.newDatabase();
  expect(migrate(databaseUrl, 'up', '--to', '1')).toEqual({ status: 0, stdout: '001-baseline applied\n' });
  const listed = '001-baseline applied\n002-job-deadline pending\n';
  expect(migrate(databaseUrl, 'status')).toEqual({ status: 0, stdout: listed });
  expect(migrate(databaseUrl, 'down', '--to', '0')).toEqual({ status: 0, stdout: '001-baseline reverted\n' });
  expect(migrate(databaseUrl, 'up', '--too', '1').status).toBe(2);
  expect(migrate(undefined, 'status').status).toBe(2);
  expect(migrate('postgres://127.0.0.1:1/gone', 'status').status).toBe(1);
}, 30_000);
