import { UserError } from '../core/errors.ts';
import type { Target } from '../core/target.ts';
import { fileExists } from '../system/files.ts';

/** The files of a journey in the place of ours that are not there, by their key in the target file. */
export async function missingJourney({
  smoke,
}: Pick<Target, 'smoke'>): Promise<readonly (readonly [string, string])[]> {
  const named = Object.entries({
    'smoke.postman': smoke.postman,
    'smoke.postmanEnvironment': smoke.postmanEnvironment,
    'smoke.playwright': smoke.playwright,
  }).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const there = await Promise.all(named.map(([, path]) => fileExists(path)));
  return named.filter((_, index) => !there[index]);
}

/** Asked before anything is waited for. Throws UserError with key and path. */
export async function requireJourney(target: Target): Promise<void> {
  const missing = await missingJourney(target);
  if (missing.length === 0) return;
  throw new UserError(missing.map(([key, path]) => `${key}: there is no ${path}`).join('\n'), [
    'write the path from the target file on, or leave it out for the journey of Shiproom',
  ]);
}
