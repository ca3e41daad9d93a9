import { UserError } from '../core/errors.ts';
import type { Target } from '../core/target.ts';
import { readCollection } from '../runners/newman-child/collection.ts';
import { fileExists, folderExists, readText } from '../system/files.ts';

interface JourneyFiles {
  readonly smoke: Omit<Target['smoke'], 'ours'>;
}

/** What is wrong with the files of a journey of the target's own, by their key in the target file. */
export async function journeyFileProblems({
  smoke,
}: JourneyFiles): Promise<readonly (readonly [key: string, path: string, problem: string])[]> {
  const named = Object.entries({
    'smoke.postman': smoke.postman,
    'smoke.postmanEnvironment': smoke.postmanEnvironment,
    'smoke.postmanData': smoke.postmanData,
    'smoke.playwright': smoke.playwright,
  }).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const exist = await Promise.all(
    named.map(([key, path]) => (key === 'smoke.playwright' ? folderExists(path) : fileExists(path))),
  );
  const missing = named.filter((_, index) => !exist[index]);
  if (missing.length > 0) return missing.map(([key, path]) => [key, path, 'does not exist'] as const);
  const problem = smoke.postman === undefined ? undefined : await collectionProblem(smoke.postman);
  return problem === undefined ? [] : [['smoke.postman', smoke.postman ?? '', problem]];
}

async function collectionProblem(path: string): Promise<string | undefined> {
  const read = readCollection((await readText(path)) ?? '');
  return 'problem' in read ? read.problem : undefined;
}

/** Throws UserError with key, path and problem of each file. */
export async function requireJourneyFiles(target: JourneyFiles): Promise<void> {
  const problems = await journeyFileProblems(target);
  if (problems.length === 0) return;
  throw new UserError(problems.map(([key, path, problem]) => `${key}: ${path} ${problem}`).join('\n'), [
    'paths are relative to the target file; leave the key out for the journey of Shiproom',
  ]);
}
