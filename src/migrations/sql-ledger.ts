import type { SqlFilesSettings } from '../core/drivers.ts';
import type { Database } from '../system/database.ts';
import { inOrder } from './migration-order.ts';
import { connect, type SqlSession } from './sql-session.ts';
import type { Ledger } from './sql-run.ts';

/** A migration that is applied, and by which release; null for one of a table without that column. */
export interface AppliedRow {
  readonly id: string;
  readonly release: string | null;
}

/** The rows of the table; empty if there is no table yet. Reads only. */
export async function readLedger(database: Database, { table }: SqlFilesSettings): Promise<AppliedRow[]> {
  const [found] = await database.query('SELECT to_regclass($1) IS NOT NULL AS there', [table]);
  if (found?.['there'] !== true) return [];
  const rows = await database.query(`SELECT id, to_jsonb(t) ->> 'release' AS release FROM ${table} t`);
  return rows.map(({ id, release }) => ({ id: String(id), release: typeof release === 'string' ? release : null }));
}

export async function createLedger(database: Database, { table }: SqlFilesSettings): Promise<void> {
  await database.query(
    `CREATE TABLE IF NOT EXISTS ${table} (id text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now(), release text)`,
  );
  const [column] = await database.query(
    `SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = 'release' AND NOT attisdropped`,
    [table],
  );
  if (!column) await database.query(`ALTER TABLE ${table} ADD COLUMN release text`);
}

/** How one file is recorded, and what the database holds once it has failed. */
export function appliedBy(id: string, direction: 'up' | 'down', session: SqlSession): Ledger {
  const { database, settings, release } = session;
  const { table } = settings;
  return {
    record: () =>
      direction === 'up'
        ? database.query(`INSERT INTO ${table} (id, release) VALUES ($1, $2)`, [id, release])
        : database.query(`DELETE FROM ${table} WHERE id = $1`, [id]),
    describe: async () => {
      try {
        // A connection of its own: the one that failed may be gone.
        await using fresh = await connect(settings, 'shiproom migrations status');
        const ids = inOrder((await readLedger(fresh, settings)).map((row) => row.id));
        return `Applied in the database now: ${ids.join(', ') || 'no migration'}.`;
      } catch (error) {
        return `What is applied in the database now is unknown (${error instanceof Error ? error.message : String(error)}): SELECT id FROM ${table};`;
      }
    },
  };
}
