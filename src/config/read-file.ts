import { messageOf, UserError } from '../core/errors.ts';
import { readText } from '../system/files.ts';

/** A file that a person named. undefined where there is none; throws UserError for a folder, or one that may not be read. */
export async function readNamedFile(path: string): Promise<string | undefined> {
  try {
    return await readText(path);
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${messageOf(error)}`, ['name a file that you may read'], {
      cause: error,
    });
  }
}
