import type { LiveDatabase } from '../../core/database.ts';
import { messageOf } from '../../core/errors.ts';
import { driftOf } from '../../core/schema/drift.ts';
import type { SchemaSnapshot } from '../../core/schema/snapshot.ts';
import { readLiveDatabase } from '../../migrations/index.ts';
import type { DatabaseSetup } from './database-setup.ts';

/** The target's own database, where its address is known: how large its tables are, and whether its schema is as migrated. Reads only. */
export async function readLive(
  before: SchemaSnapshot | undefined,
  { migrations, settings }: DatabaseSetup,
): Promise<{ readonly live?: LiveDatabase; readonly problems: readonly string[] }> {
  const address = settings.live ?? (migrations.driver === 'sql-files' ? migrations.databaseUrl : undefined);
  if (address === undefined) return { problems: [] };
  try {
    const { snapshot, sizes } = await readLiveDatabase(address);
    const drift = before ? driftOf(before, snapshot, settings.ignore) : [];
    return { live: { serverVersion: snapshot.serverVersion, sizes, drift }, problems: [] };
  } catch (error) {
    return { problems: [`The live database: ${messageOf(error)}`] };
  }
}
