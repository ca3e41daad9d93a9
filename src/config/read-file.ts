import { messageOf, UserError } from '../core/errors.ts';
import { readText } from '../system/files.ts';

/** A file named on the command line. undefined if it does not exist; throws UserError for a folder or an unreadable file. */
export async function readNamedFile(path: string): Promise<string | undefined> {
  try {
    return await readText(path);
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${messageOf(error)}`, ['name a readable file'], {
      cause: error,
    });
  }
}
