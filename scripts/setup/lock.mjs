import { mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { say, SetupError } from './progress.mjs';

const lookAgainMs = 250;

/**
 * One set-up at a time; a lock whose process is gone is nobody's. Returns what releases it.
 * The lock is a symbolic link to a process id: it appears whole or not at all, and so always names its owner.
 */
export async function lockSetup(folder) {
  const path = join(folder, 'set-up.lock');
  await mkdir(folder, { recursive: true });
  for (let told = false; !(await isTaken(path));) {
    const owner = Number(await readlink(path).catch(() => ''));
    if (owner === 0) continue;
    if (!isAlive(owner)) {
      await rm(path, { force: true });
      continue;
    }
    if (!told) say(`another set-up (process ${owner}, ${path}) is at work; waiting for it`);
    told = true;
    await new Promise((wake) => setTimeout(wake, lookAgainMs));
  }
  return () => rm(path, { force: true });
}

async function isTaken(path) {
  try {
    await symlink(String(process.pid), path);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new SetupError(`${path} cannot be written: ${error.message}`);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
