import { UserError } from '../core/errors.ts';
import type { Target } from '../core/target.ts';
import { fileExists, folderExists } from '../system/files.ts';

/** The files of a journey of the target's own that do not exist, by their key in the target file. */
export async function missingJourneyFiles({
  smoke,
}: Pick<Target, 'smoke'>): Promise<readonly (readonly [key: string, path: string])[]> {
  const named = Object.entries({
    'smoke.postman': smoke.postman,
    'smoke.postmanEnvironment': smoke.postmanEnvironment,
    'smoke.playwright': smoke.playwright,
  }).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const exist = await Promise.all(
    named.map(([key, path]) => (key === 'smoke.playwright' ? folderExists(path) : fileExists(path))),
  );
  return named.filter((_, index) => !exist[index]);
}

/** Throws UserError with key and path of each file that is missing. */
export async function requireJourneyFiles(target: Pick<Target, 'smoke'>): Promise<void> {
  const missing = await missingJourneyFiles(target);
  if (missing.length === 0) return;
  throw new UserError(missing.map(([key, path]) => `${key}: ${path} does not exist`).join('\n'), [
    'paths are relative to the target file; leave the key out for the journey of Shiproom',
  ]);
}
