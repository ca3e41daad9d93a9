import { lstat, mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { log, SetupError } from './progress.mjs';

const pollMs = 250;
/** No step of the set-up runs longer; a lock of another machine, whose processes cannot be asked, is stale after it. */
const staleMs = 30 * 60_000;

/**
 * One holder at a time; a lock whose process is gone is taken over. Returns what releases it.
 * The lock is a symbolic link to host and process id: it appears whole or not at all, and so always names its owner.
 */
export async function acquireLock(path) {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 }).catch((error) => fail(path, error));
  for (let reported = false; !(await create(path));) {
    const owner = await readlink(path).catch(() => undefined);
    if (owner === undefined) continue;
    if (await isStale(path, owner)) {
      await rm(path, { force: true });
      continue;
    }
    if (!reported) log(`another set-up (${owner}, ${path}) is running; waiting for it`);
    reported = true;
    await new Promise((wake) => setTimeout(wake, pollMs));
  }
  return () => rm(path, { force: true });
}

async function create(path) {
  try {
    await symlink(`process ${process.pid} on ${hostname()}`, path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    return fail(path, error);
  }
}

function fail(path, error) {
  throw new SetupError(`${path} cannot be written: ${error.message}`, [
    'export SHIPROOM_TOOLS_DIR=/a/folder/of/your/own',
  ]);
}

async function isStale(path, owner) {
  const [, pid, host] = /^process (\d+) on (.*)$/.exec(owner) ?? [];
  if (host === hostname()) return !isAlive(Number(pid));
  const facts = await lstat(path).catch(() => undefined);
  return facts !== undefined && Date.now() - facts.mtimeMs > staleMs;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
