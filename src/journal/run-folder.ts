import { join } from 'node:path';
import { messageOf, UserError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import { type Mask, maskValue } from '../core/redact.ts';
import { schemaVersion } from '../core/run-result.ts';
import { openAppendFile } from '../system/append-file.ts';
import { makeFolder, readText, removeFile, writeJsonAtomic, writeTextAtomic } from '../system/files.ts';

/** `reports/<run-id>/`: the journal and the evidence of one run. A folder without a journal line is removed. */
export interface RunFolder extends AsyncDisposable {
  readonly runId: string;
  /** Absolute. */
  readonly path: string;
  /** Removes secrets from everything that leaves the run. */
  readonly mask: Mask;
  /** Appends one line to journal.ndjson; on disk when the promise resolves. */
  readonly record: (event: RunEvent) => Promise<void>;
  readonly writeJson: (name: string, value: unknown) => Promise<void>;
  readonly writeText: (name: string, text: string) => Promise<void>;
  /** Removes the folder at the end of its scope: a refused run leaves nothing behind. */
  readonly discard: () => void;
}

/** Sorts by time, names verb and environment, and differs for two runs of the same second. */
export function nameRun(verb: string, environment: string, now: Date, random: string): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${time}-${verb}-${environment}-${random.slice(0, 4)}`;
}

/** Throws UserError if the reports folder cannot be written: a run that cannot be recorded must not start. */
export async function openRunFolder(
  reportsRoot: string,
  runId: string,
  mask: Mask,
  now: () => Date,
): Promise<RunFolder> {
  const path = join(reportsRoot, runId);
  try {
    await makeFolder(path);
    let discarded = false;
    const journalPath = join(path, 'journal.ndjson');
    const journal = await openAppendFile(journalPath);
    return {
      runId,
      path,
      mask,
      record: (event) =>
        journal.append(JSON.stringify(maskValue({ v: schemaVersion, at: now().toISOString(), ...event }, mask))),
      writeJson: (name, value) => writeJsonAtomic(join(path, name), maskValue(value, mask)),
      writeText: (name, text) => writeTextAtomic(join(path, name), mask(text)),
      discard: () => (discarded = true),
      [Symbol.asyncDispose]: async () => {
        await journal[Symbol.asyncDispose]();
        if (discarded || (await readText(journalPath)) === '') await removeFile(path);
      },
    };
  } catch (error) {
    throw new UserError(
      `${path} cannot be written: ${messageOf(error)}`,
      ['free disk space, or make the reports folder writable'],
      { cause: error },
    );
  }
}
