import { z } from 'zod';
import type { TableSize } from '../core/database.ts';
import { messageOf } from '../core/errors.ts';
import { labelOf, type SchemaObject, type SchemaSnapshot } from '../core/schema/snapshot.ts';
import { type Database, openDatabase } from '../system/database.ts';
import { catalogQueries } from './catalog-queries.ts';

const connectMs = 10_000;
const queryTimeoutMs = 30_000;

const text = z.string();
const optional = text.nullable();
const ofTable = { table: text, name: text };

const objectSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('table'),
    name: text,
    form: text,
    persistence: text,
    rowSecurity: z.boolean(),
    partition: optional,
  }),
  z.object({
    kind: z.literal('column'),
    ...ofTable,
    type: text,
    nullable: z.boolean(),
    default: optional,
    identity: z.enum(['always', 'by default']).nullable(),
    generated: optional,
    collation: optional,
  }),
  z.object({
    kind: z.literal('constraint'),
    ...ofTable,
    type: z.enum(['check', 'foreign key', 'primary key', 'unique', 'exclude', 'other']),
    columns: z.array(text),
    definition: text,
    validated: z.boolean(),
  }),
  z.object({
    kind: z.literal('index'),
    ...ofTable,
    columns: z.array(text),
    unique: z.boolean(),
    valid: z.boolean(),
    definition: text,
  }),
  z.object({ kind: z.literal('enum'), name: text, values: z.array(text) }),
  z.object({ kind: z.literal('function'), name: text, called: text, result: text, definition: text }),
  z.object({ kind: z.literal('sequence'), name: text, definition: text, ownedBy: optional }),
  z.object({ kind: z.literal('privilege'), name: text, grantee: text, on: text }),
  z.object({ kind: z.enum(['trigger', 'policy', 'rule']), ...ofTable, definition: text }),
  z.object({
    kind: z.enum(['schema', 'view', 'materialized view', 'domain', 'composite type', 'extension', 'other']),
    name: text,
    definition: text,
  }),
]) satisfies z.ZodType<SchemaObject>;

const versionSchema = z.coerce.number().int().positive();

/** The catalog in one transaction. Reads only. Throws Error for a catalog that cannot be read or has no known shape. */
export async function readCatalog(database: Database): Promise<SchemaSnapshot> {
  await database.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    // Names in definitions are then qualified, whatever the user's own path is.
    await database.query("SET LOCAL search_path = ''");
    const [version] = await database.query('SHOW server_version_num');
    const objects: SchemaObject[] = [];
    for (const sql of catalogQueries)
      for (const row of await database.query(sql)) objects.push(objectSchema.parse(Object.values(row)[0]));
    return { serverVersion: versionSchema.parse(version?.['server_version_num']), objects: inOrder(objects) };
  } catch (error) {
    throw new Error(`The catalog of the database could not be read: ${messageOf(error)}`, { cause: error });
  } finally {
    await database.query('ROLLBACK').catch(() => undefined);
  }
}

/** By name; the columns of a table stay in their order. */
function inOrder(objects: readonly SchemaObject[]): SchemaObject[] {
  const key = (object: SchemaObject) => (object.kind === 'column' ? `column ${object.table}` : labelOf(object));
  return objects
    .map((object) => [key(object), object] as const)
    .toSorted(([a], [b]) => (a === b ? 0 : a < b ? -1 : 1))
    .map(([, object]) => object);
}

const sizeSchema = z.object({ table: text, rows: z.coerce.number(), bytes: z.coerce.number().int().nonnegative() });

/** The schema and the sizes of a database that users have. Reads only. Throws Error where it cannot be read in time. */
export async function readLiveDatabase(
  address: string,
): Promise<{ readonly snapshot: SchemaSnapshot; readonly sizes: TableSize[] }> {
  await using database = await openDatabase({
    connectionString: address,
    applicationName: 'shiproom catalog',
    timeoutMs: connectMs,
    queryTimeoutMs,
  });
  return { snapshot: await readCatalog(database), sizes: await readSizes(database) };
}

/** Sizes of the tables, in the names of a snapshot; a partitioned table has those of its partitions. Reads only. */
async function readSizes(database: Database): Promise<TableSize[]> {
  const rows = await database.query(
    `SELECT CASE WHEN n.nspname = 'public' THEN quote_ident(c.relname) ELSE format('%I.%I', n.nspname, c.relname) END AS table,
       c.reltuples AS rows,
       CASE WHEN c.relkind = 'p' THEN (SELECT coalesce(sum(pg_table_size(t.relid)), 0) FROM pg_partition_tree(c.oid) t WHERE t.isleaf)
         ELSE pg_table_size(c.oid) END AS bytes
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1`,
  );
  return rows.map((row) => {
    const { table, rows: estimate, bytes } = sizeSchema.parse(row);
    return { table, ...(estimate < 0 ? {} : { rows: Math.round(estimate) }), bytes };
  });
}
