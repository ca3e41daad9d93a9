import { messageOf } from '../core/errors.ts';
import { openDatabase } from '../system/database.ts';

const connectMs = 5000;

/** What a server for scratch databases, or a live database, is found to be. Changes nothing. Never throws. */
export async function checkServer(
  address: string,
  use: 'scratch' | 'live',
): Promise<{ readonly found: string } | { readonly problem: string }> {
  try {
    await using database = await openDatabase({
      connectionString: address,
      applicationName: 'shiproom doctor',
      timeoutMs: connectMs,
      queryTimeoutMs: connectMs,
    });
    const [row] = await database.query(
      `SELECT current_setting('server_version') AS version, rolname AS name, rolcreatedb OR rolsuper AS creates
       FROM pg_roles WHERE rolname = current_user`,
    );
    const version = `PostgreSQL ${String(row?.['version'])}`;
    if (use === 'scratch' && row?.['creates'] !== true)
      return { problem: `${version}: the user ${String(row?.['name'])} may not create databases` };
    return { found: version };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
