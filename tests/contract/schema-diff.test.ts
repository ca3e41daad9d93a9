import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { diffSchemas } from '../../src/core/schema/diff.ts';
import type { SchemaSnapshot } from '../../src/core/schema/snapshot.ts';
import { readCatalog } from '../../src/migrations/catalog.ts';
import { type Database, openDatabase } from '../../src/system/database.ts';
import { startPostgres } from './freetask/deployment.ts';
import { breaking } from './support/schema-breaking.ts';
import { base, expanding, previous } from './support/schema-cases.ts';
import { undecided } from './support/schema-undecided.ts';

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let url: string;
let client: Client;
let reader: Database;
beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.newDatabase();
  client = new Client(url);
  await client.connect();
  await client.query('CREATE ROLE reader');
  reader = await openDatabase({ connectionString: url, applicationName: 'test', timeoutMs: 5000 });
});
afterAll(async () => {
  await client.end();
  await reader[Symbol.asyncDispose]();
  await postgres[Symbol.asyncDispose]();
});
beforeEach(() => client.query('DROP SCHEMA IF EXISTS extra CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public'));

let before: SchemaSnapshot | undefined;
async function migrate(sql: string) {
  await client.query(base);
  before ??= await readCatalog(reader);
  await client.query(sql);
  return diffSchemas(before, await readCatalog(reader));
}

async function failures(): Promise<string[]> {
  const failed: string[] = [];
  for (const statement of previous)
    await client.query(statement).catch((error: unknown) => failed.push(`${statement}: ${String(error)}`));
  return failed;
}

describe('a difference is classed', () => {
  it('the statements of the previous release succeed before a migration', async () => {
    await client.query(base);
    expect(await failures()).toEqual([]);
  });

  it.each(expanding)('%s', async (sql, object, expected, because) => {
    const differences = await migrate(sql);
    expect(differences.find((each) => each.object === object)).toMatchObject({
      class: expected,
      reason: expect.stringMatching(because) as unknown,
    });
    expect(differences.filter((each) => each.class !== 'expand')).toEqual([]);
    expect(await failures()).toEqual([]);
  });

  it.each(breaking)('%s', async (sql, object, expected, because) => {
    const differences = await migrate(sql);
    const found = differences.find((each) => each.object === object);
    expect(found?.class).toBe(expected);
    expect(`${found?.reason}\n${found?.breaks}`).toMatch(because);
    expect(await failures()).not.toEqual([]);
  });

  it.each(undecided)('%s', async (sql, object, expected, because) => {
    const found = (await migrate(sql)).find((each) => each.object === object);
    expect(found?.class).toBe(expected);
    expect(`${found?.reason}\n${found?.breaks}`).toMatch(because);
  });

  it('a schema without a change has no difference', async () => {
    expect(await migrate('SELECT 1')).toEqual([]);
  });
});
