import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { chooseEnvironment } from '../../src/config/target-file.ts';
import { diffSchemas } from '../../src/core/schema/diff.ts';
import { readCatalog } from '../../src/migrations/catalog.ts';
import { runNewman } from '../../src/runners/newman.ts';
import { openDatabase } from '../../src/system/database.ts';
import { migrateUp } from '../../sandbox/api/migrations.ts';
import { projectRoot } from '../e2e/support/running-sandbox.ts';
import { runnerContext } from '../e2e/support/runner-context.ts';
import { startInstance, startPostgres } from './freetask/deployment.ts';
import { parseDeployment } from './support/service-defaults.ts';

/** The class of a migration against the previous release itself: its smoke journey runs on the migrated schema. */
let postgres: Awaited<ReturnType<typeof startPostgres>>;
let folder: string;
beforeAll(async () => {
  postgres = await startPostgres();
  folder = await mkdtemp(join(tmpdir(), 'journey-'));
});
afterAll(async () => {
  await postgres[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const previous = 'freetask@1.4.0';

it.concurrent.each([
  { schema: 2, found: 'expand', outcome: 'pass', failed: [] },
  { schema: 3, found: 'contract', outcome: 'fail', failed: ['Bid: the freelancer bids'] },
])('schema $schema is $found, and the journey of the release before it: $outcome', async ({ schema, ...expected }) => {
  const databaseUrl = await postgres.newDatabase();
  await migrateUp(databaseUrl, 1);
  await using database = await openDatabase({
    connectionString: databaseUrl,
    applicationName: 'test',
    timeoutMs: 5000,
  });
  const before = await readCatalog(database);
  await migrateUp(databaseUrl, schema);
  const classes = diffSchemas(before, await readCatalog(database)).map((each) => each.class);
  expect(new Set(classes).has('contract') ? 'contract' : classes[0]).toBe(expected.found);

  await using instance = await startInstance({ databaseUrl, release: previous });
  const text = JSON.stringify({
    name: 'journey',
    kind: 'staging',
    paths: { auth: '/auth', api: '' },
    environments: { green: { api: instance.url, release: previous } },
    users: Object.fromEntries(
      ['client', 'freelancer', 'client2', 'freelancer2'].map((user) => [user, `${user}@example.com`]),
    ),
    otp: { from: 'response' },
  });
  const run = join(folder, String(schema));
  const evidence = await runNewman(
    {
      target: chooseEnvironment('journey.json', parseDeployment('journey.json', text), 'green'),
      collection: join(projectRoot, 'postman/freetask-e2e.postman_collection.json'),
      sessionsFile: join(run, 'sessions.json'),
      budgetMs: 60_000,
      expectedRelease: previous,
    },
    runnerContext(run),
  );
  const failed = evidence.steps.filter(({ status }) => status === 'fail').map(({ name }) => name);
  expect(failed).toEqual(expect.arrayContaining(expected.failed));
  expect(evidence.steps.length).toBeGreaterThan(20);
  expect(failed.length > 0 ? 'fail' : 'pass', failed.join()).toBe(expected.outcome);
});
