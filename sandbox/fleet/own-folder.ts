import { lstat } from 'node:fs/promises';
import type { Stats } from 'node:fs';

/** Whether nobody but `uid` can have put anything into a folder: programs are executed from no other one. */
export const isPrivateTo = (
  { uid: owner, mode, isDirectory }: Pick<Stats, 'uid' | 'mode'> & { readonly isDirectory: boolean },
  uid: number,
): boolean => isDirectory && owner === uid && (mode & 0o022) === 0;

/** False for a folder of another user, for one that others can write, for a symbolic link, and where there is none. */
export async function isOwnFolder(path: string): Promise<boolean> {
  try {
    const stats = await lstat(path);
    return isPrivateTo(
      { uid: stats.uid, mode: stats.mode, isDirectory: stats.isDirectory() },
      process.getuid?.() ?? -1,
    );
  } catch {
    return false;
  }
}
