import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from './process-identity.ts';

export interface PrivateFolder extends AsyncDisposable {
  readonly path: string;
}

/**
 * A folder that only this user can read, removed with all that is in it when its scope ends. Its name holds its owner's
 * host and process, so that what a killed command has left, which may hold tokens, is removed by the next one.
 */
export async function privateFolder(purpose: string): Promise<PrivateFolder> {
  const ours = `shiproom-${hostname()}-`;
  await removeOrphans(ours);
  const path = await mkdtemp(join(tmpdir(), `${ours}${process.pid}-${purpose}-`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** The host's name is part of the prefix: a temporary folder may be shared with containers, whose process ids mean nothing here. */
async function removeOrphans(prefix: string): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : Number.NaN;
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    // Another user's folder cannot be removed, which is no reason to stop.
    await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}
