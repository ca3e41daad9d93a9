import { describeKey, type SettingsSource } from '../config/key-place.ts';
import { UserError } from '../core/errors.ts';
import type { Target } from '../core/target.ts';
import { environmentProblem, readCollection } from '../runners/newman-child/collection.ts';
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
  const absent = await Promise.all(
    named.map(([key, path]) => (key === 'smoke.playwright' ? folderProblem(path) : fileProblem(path))),
  );
  const missing = named.flatMap(([key, path], index) => (absent[index] ? [[key, path, absent[index]] as const] : []));
  if (missing.length > 0) return missing;
  const unreadable = await Promise.all(
    named.map(async ([key, path]) => ({ key, path, problem: await contentProblem(key, path) })),
  );
  return unreadable.flatMap(({ key, path, problem }) => (problem === undefined ? [] : [[key, path, problem] as const]));
}

/** Why the path is no file; undefined where it is one. */
export async function fileProblem(path: string): Promise<string | undefined> {
  if (await fileExists(path)) return undefined;
  return (await folderExists(path)) ? 'is a folder; a file is expected' : 'does not exist';
}

async function folderProblem(path: string): Promise<string | undefined> {
  if (await folderExists(path)) return undefined;
  return (await fileExists(path)) ? 'is a file; a folder is expected' : 'does not exist';
}

async function contentProblem(key: string, path: string): Promise<string | undefined> {
  if (key === 'smoke.postman') {
    const read = readCollection((await readText(path)) ?? '');
    return 'problem' in read ? read.problem : undefined;
  }
  return key === 'smoke.postmanEnvironment' ? environmentProblem((await readText(path)) ?? '') : undefined;
}

/** Throws UserError with key, path and problem of each file. */
export async function requireJourneyFiles(target: JourneyFiles, source?: SettingsSource): Promise<void> {
  const problems = await journeyFileProblems(target);
  if (problems.length === 0) return;
  const lines = problems.map(async ([key, path, problem]) => `${await describeKey(source, key)}: ${path} ${problem}`);
  throw new UserError((await Promise.all(lines)).join('\n'), [
    source?.kind === 'url'
      ? 'paths are relative to the working directory; leave the flag out for the journey of Shiproom'
      : 'paths are relative to the target file; leave the key out for the journey of Shiproom',
  ]);
}
