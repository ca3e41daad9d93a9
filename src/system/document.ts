import { isUtf8 } from 'node:buffer';
import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, sep } from 'node:path';

/** A text file that is edited by hand; `problem` is the reason why it must not be changed. */
export type Document = { readonly text: string | undefined } | { readonly problem: string };

/**
 * The text of a file, undefined where there is none. A link is followed as far as it stays in the folder of the file or in
 * `root`: a repository could otherwise have any file of this user written to.
 */
export async function readDocument(path: string, root: string): Promise<Document> {
  try {
    const found = await lstat(path).catch(absent);
    if (!found) return { text: undefined };
    const real = found.isSymbolicLink() ? await realpath(path).catch(absent) : path;
    if (real === undefined) return { problem: 'it is a link to a file that does not exist' };
    if (real !== path && !(await isInside(real, [root, dirname(path)])))
      return { problem: `it is a link to ${real}, outside of the repository` };
    if (!(await stat(real)).isFile()) return { problem: 'it is not a file' };
    const bytes = await readFile(real);
    return isUtf8(bytes) ? { text: bytes.toString('utf8') } : { problem: 'it is not UTF-8' };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

async function isInside(real: string, folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) {
    const base = await realpath(folder).catch(absent);
    if (base !== undefined && real.startsWith(`${base}${sep}`)) return true;
  }
  return false;
}

const absent = (error: unknown): undefined => {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
    return undefined;
  throw error;
};
