import { join } from 'node:path';
import { messageOf, UserError } from '../core/errors.ts';
import type { RunEvidence, RunResult } from '../core/run-result.ts';
import { fileExists, listFolders, readText } from '../system/files.ts';
import { runEvidenceSchema, runResultSchema } from './run-schemas.ts';
import { upgrade } from './upgrade.ts';

export interface PastRun {
  /** Absolute. */
  readonly path: string;
  readonly result: RunResult;
  readonly evidence: RunEvidence;
}

/** A finished run by its id, the beginning of it, or `last`. Throws UserError where there is none, or where it cannot be read. */
export async function readRun(reportsRoot: string, wanted: string): Promise<PastRun> {
  const known = await listFolders(reportsRoot);
  const runId =
    wanted === 'last'
      ? await lastFinished(reportsRoot, known)
      : (known.find((id) => id === wanted) ?? onlyOne(known, wanted));
  if (runId === undefined) {
    const next = known.slice(-5).map((id) => `npm run report -- ${id}`);
    throw new UserError(`There is no run "${wanted}" in ${reportsRoot}.`, next.length > 0 ? next : ['npm run verify']);
  }
  const path = join(reportsRoot, runId);
  return {
    path,
    result: await readBack(join(path, 'verdict.json'), runResultSchema),
    evidence: await readBack(join(path, 'evidence.json'), runEvidenceSchema),
  };
}

/** What a run has collected so far; undefined where nothing is on disk yet. Throws UserError where it cannot be read. */
export async function readEvidence(path: string): Promise<RunEvidence | undefined> {
  const file = join(path, 'evidence.json');
  return (await fileExists(file)) ? readBack(file, runEvidenceSchema) : undefined;
}

/** A run that was killed, and a folder that is none, are passed over. */
async function lastFinished(reportsRoot: string, known: readonly string[]): Promise<string | undefined> {
  for (const id of known.filter((each) => /^\d{8}-\d{6}-/.test(each)).toReversed())
    if (await fileExists(join(reportsRoot, id, 'verdict.json'))) return id;
  return undefined;
}

const onlyOne = (known: readonly string[], prefix: string): string | undefined => {
  const fitting = known.filter((id) => id.startsWith(prefix));
  return fitting.length === 1 ? fitting[0] : undefined;
};

async function readBack<T>(file: string, schema: { parse: (value: unknown) => T }): Promise<T> {
  const text = await readText(file);
  if (text === undefined)
    throw new UserError(`${file} is missing: the run did not come to its end.`, ['look at journal.ndjson beside it']);
  try {
    const value = JSON.parse(text) as { readonly schemaVersion?: unknown };
    return schema.parse(upgrade(value, value.schemaVersion, file));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, ['it may be of another version of Shiproom'], {
      cause: error,
    });
  }
}
