import { UserError } from '../core/errors.ts';
import type { Target } from '../core/target.ts';
import { fileExists } from '../system/files.ts';

/** What cannot be run is refused before anything is asked. Throws UserError with the key of the target file. */
export async function requireLoadScript({
  load: { script },
  rateLimit,
}: Pick<Target, 'load' | 'rateLimit'>): Promise<void> {
  if (!script) return;
  if (!(await fileExists(script.path)))
    throw new UserError(`load.script: ${script.path} does not exist`, [
      'paths are relative to the target file; leave the key out for the load of Shiproom',
    ]);
  if (script.options === 'kept' && rateLimit !== undefined)
    throw new UserError(
      'load.options: the rate of a script that keeps its own options cannot be held below rateLimit',
      ['options: replaced   the rate of the profile, lowered to the limit'],
    );
}
