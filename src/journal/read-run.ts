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

/** A finished run by its id, a unique prefix of it, or `last`. Throws UserError if there is none or it cannot be read. */
export async function readRun(reportsRoot: string, wanted: string): Promise<PastRun> {
  // Beside the runs there may be other folders, such as that of a store.
  const known = (await listFolders(reportsRoot)).filter((each) => /^\d{8}-\d{6}-/.test(each));
  const runId =
    wanted === 'last'
      ? await lastFinished(reportsRoot, known)
      : (known.find((id) => id === wanted) ?? uniquePrefix(known, wanted));
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

/** The evidence collected so far; undefined if none is on disk. Throws UserError if it cannot be read. */
export async function readEvidence(path: string): Promise<RunEvidence | undefined> {
  const file = join(path, 'evidence.json');
  return (await fileExists(file)) ? readBack(file, runEvidenceSchema) : undefined;
}

/** Skips runs that were killed. */
async function lastFinished(reportsRoot: string, known: readonly string[]): Promise<string | undefined> {
  for (const id of known.toReversed()) if (await fileExists(join(reportsRoot, id, 'verdict.json'))) return id;
  return undefined;
}

const uniquePrefix = (known: readonly string[], prefix: string): string | undefined => {
  const matching = known.filter((id) => id.startsWith(prefix));
  return matching.length === 1 ? matching[0] : undefined;
};

async function readBack<T>(file: string, schema: { parse: (value: unknown) => T }): Promise<T> {
  const text = await readText(file);
  if (text === undefined)
    throw new UserError(`${file} is missing: the run did not finish.`, ['read journal.ndjson beside it']);
  try {
    const value = JSON.parse(text) as { readonly schemaVersion?: unknown };
    return schema.parse(upgrade(value, value.schemaVersion, file));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${file} cannot be read: ${messageOf(error)}`,
      ['it may have been written by another version of Shiproom'],
      {
        cause: error,
      },
    );
  }
}
