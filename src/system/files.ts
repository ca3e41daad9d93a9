import { randomUUID } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import {
  access,
  appendFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** undefined where there is no such file; any other error is thrown. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** What was appended after `offset` bytes, and the offset after it; nothing where there is no such file. */
export async function readFrom(path: string, offset: number): Promise<{ readonly text: string; readonly end: number }> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    const length = Math.max(0, size - offset);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
    // A character of several bytes may not be complete yet.
    const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
    return { text: buffer.toString('utf8', 0, end), end: offset + end };
  } catch (error) {
    if (isMissing(error)) return { text: '', end: offset };
    throw error;
  }
}

/** undefined where there is no such file; throws SyntaxError on text that is not JSON. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  return text === undefined ? undefined : JSON.parse(text);
}

/** The file is either as it was or complete, also after a power cut: written aside, fsynced, renamed. */
export async function writeTextAtomic(path: string, text: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeAside(path, text, { mode, unless: async () => false });
}

/** Written aside, fsynced, and renamed unless the condition holds just before; whether it was. */
async function writeAside(
  path: string,
  text: string,
  { mode, like, unless }: { readonly mode: number; readonly like?: Stats; readonly unless: () => Promise<boolean> },
): Promise<boolean> {
  const aside = `${path}.${randomUUID()}.part`;
  let file: FileHandle | undefined;
  try {
    file = await open(aside, 'wx', mode);
    await file.writeFile(text);
    if (like) {
      // The mask of this process must not take away what the readers of the file need.
      await file.chmod(like.mode & 0o777);
      await file.chown(like.uid, like.gid).catch(() => undefined);
    }
    await file.sync();
    await file.close();
    file = undefined;
    if (await unless()) {
      await rm(aside, { force: true });
      return false;
    }
    await rename(aside, path);
    return true;
  } catch (error) {
    await file?.close();
    await rm(aside, { force: true });
    throw error;
  }
}

const mostAttempts = 5;

/**
 * Replaces the content of an existing file by what `change` makes of it, as a whole, with its permissions; a link stays a link.
 * What another process writes meanwhile is not overwritten: `change` is then called again. Throws where it is written all the time.
 */
export async function replaceText(path: string, change: (text: string) => string): Promise<void> {
  const real = await realpath(path);
  for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
    const text = await readFile(real, 'utf8');
    const changed = change(text);
    if (changed === text) return;
    const like = await stat(real);
    const unless = async () => (await readFile(real, 'utf8')) !== text;
    if (await writeAside(real, changed, { mode: like.mode & 0o777, like, unless })) return;
  }
  throw new Error(`it was changed by others ${mostAttempts} times in a row`);
}

/** Why writeTextAtomic could not write this file, found without touching it; undefined where it could. */
export async function whyNotWritable(path: string): Promise<string | undefined> {
  const aside = `${path}.${randomUUID()}.part`;
  try {
    if ((await stat(path).catch(() => undefined))?.isDirectory()) return 'it is a folder';
    await (await open(aside, 'wx', 0o600)).close();
    await rm(aside, { force: true });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Why a folder's files may come from another user; undefined where they cannot, and where there is no folder yet. */
export async function whyForeign(folder: string): Promise<string | undefined> {
  const found = await stat(folder).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!found) return undefined;
  const user = process.getuid?.();
  if (user !== undefined && found.uid !== user) return `it belongs to user ${found.uid}, and this is user ${user}`;
  return (found.mode & 0o002) === 0 ? undefined : 'every user may write to it';
}

export const writeJsonAtomic = (path: string, value: unknown, mode = 0o644): Promise<void> =>
  writeTextAtomic(path, `${JSON.stringify(value, null, 2)}\n`, mode);

export const appendText = (path: string, text: string): Promise<void> => appendFile(path, text);

export const removeFile = (path: string): Promise<void> => rm(path, { force: true, recursive: true });

/** Whether a folder is there. */
export async function folderExists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export async function fileExists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Names (relative, sorted) of all files below a folder; empty where there is no such folder. */
export async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Names (sorted) of the folders in a folder; empty where there is no such folder. */
export async function listFolders(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Puts the entries of a folder on disk: a new file is lost in a power cut as long as its folder does not name it. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Whether files can be written to the folder, which is made if it does not exist. */
export async function isWritableFolder(path: string): Promise<boolean> {
  try {
    await makeFolder(path);
    await access(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

export const makeFolder = async (path: string): Promise<void> => void (await mkdir(path, { recursive: true }));

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
