import { lstat, mkdir, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { SetupError } from './progress.mjs';

const writableByOthers = 0o022;

/** Why another user could have changed this file or folder; undefined where only this user (or root) could. */
export function exposure(path, { uid, mode }) {
  const own = process.getuid?.();
  if (own !== undefined && uid !== own && uid !== 0) return `${path} belongs to another user (uid ${uid})`;
  if ((mode & writableByOthers) !== 0)
    return `${path} can be written by other users (mode ${(mode & 0o777).toString(8)})`;
  return undefined;
}

/** Every folder from the cache down to the one that holds the program, symbolic links not followed below the cache itself. */
async function foldersDownTo(cache, folder) {
  const root = await realpath(cache);
  const names = relative(cache, folder).split(sep).filter(Boolean);
  return [root, ...names.map((_, index) => join(root, ...names.slice(0, index + 1)))];
}

/** Creates a folder below the cache for this user alone. Throws SetupError where another user could change what is in it. */
export async function makePrivateFolder(cache, folder) {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new SetupError(`${folder} cannot be created: ${error.message}`, otherPlace);
  }
  for (const path of await foldersDownTo(cache, folder)) {
    const facts = await lstat(path);
    const why = facts.isDirectory() ? exposure(path, facts) : `${path} is not a folder`;
    if (why) throw new SetupError(`${why}, so nothing in it is run`, [`ls -ld ${path}`, ...otherPlace]);
  }
}

const otherPlace = ['export SHIPROOM_TOOLS_DIR=/a/folder/of/your/own', 'export XDG_CACHE_HOME=/a/folder/of/your/own'];

/** Whether a program of the cache, and every folder down to it, is this user's alone. False where it is missing. */
export async function isPrivateProgram(cache, program) {
  try {
    for (const path of await foldersDownTo(cache, join(program, '..'))) {
      const facts = await lstat(path);
      if (!facts.isDirectory() || exposure(path, facts)) return false;
    }
    const facts = await lstat(program);
    return facts.isFile() && exposure(program, facts) === undefined;
  } catch {
    return false;
  }
}
