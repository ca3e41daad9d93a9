import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A process of another machine or container cannot be asked whether it lives; its mark counts for a day. */
const foreignMarkMs = 24 * 3_600_000;

/** Marks a bundle as in use by this process until it ends: parts of it are loaded when they are needed. False where it is gone. */
export function markInUse(bundle) {
  const mark = join(bundle, 'users', `${process.pid}@${hostname()}`);
  try {
    writeFileSync(mark, '');
  } catch (error) {
    // A checkout that this user cannot write is not cleaned by this user either.
    return error.code === 'EACCES' || error.code === 'EROFS' || error.code === 'EPERM';
  }
  process.on('exit', () => rmSync(mark, { force: true }));
  return true;
}

export const makeUsersFolder = (bundle) => mkdirSync(join(bundle, 'users'), { recursive: true });

/** Whether a process that is still running loads from this bundle. */
export function isInUse(bundle) {
  let marks = [];
  try {
    marks = readdirSync(join(bundle, 'users'));
  } catch {
    return false;
  }
  return marks.some((mark) => ownerLives(mark, join(bundle, 'users', mark)));
}

/** @param {string} name `pid@host`, of a file or folder that a process keeps while it runs */
export function ownerLives(name, path) {
  const [, pid, host] = /(\d+)@(.*)$/.exec(name) ?? [];
  if (host !== hostname()) {
    const facts = statSync(path, { throwIfNoEntry: false });
    return facts !== undefined && Date.now() - facts.mtimeMs < foreignMarkMs;
  }
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
