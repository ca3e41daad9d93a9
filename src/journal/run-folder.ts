import { join } from 'node:path';
import { messageOf, UserError } from '../core/errors.ts';
import type { RunEvent } from '../core/events.ts';
import { type Mask, maskValue } from '../core/redact.ts';
import { schemaVersion } from '../core/run-result.ts';
import type { AppendFile } from '../system/append-file.ts';
import { readText, removeFile, writeTextAtomic } from '../system/files.ts';
import { journalName, openJournal } from './folder-store.ts';
import { readLine } from './journal-line.ts';
import type { TargetStore } from './store.ts';

/** `reports/<run-id>/`: the journal and the evidence of one run. A folder without a journal line is removed. */
export interface RunFolder extends AsyncDisposable {
  readonly runId: string;
  /** Absolute. */
  readonly path: string;
  /** Removes secrets from everything that leaves the run. */
  readonly mask: Mask;
  /** Appends one line to the journal; durable when the promise resolves. Refuses a line that its own reader would refuse. */
  readonly record: (event: RunEvent) => Promise<void>;
  readonly writeJson: (name: string, value: unknown) => Promise<void>;
  readonly writeText: (name: string, text: string) => Promise<void>;
  /** Removes the report of an earlier part of the run: a verdict belongs to the last event of its journal. */
  readonly removeReport: () => Promise<void>;
  /** Removes the folder at the end of its scope: a refused run leaves nothing behind. */
  readonly discard: () => void;
}

export interface RunFolderOptions {
  readonly reportsRoot: string;
  readonly runId: string;
  readonly mask: Mask;
  readonly now: () => Date;
  /** Where the journal and the evidence of a rollout belong; reports/ then holds a copy. */
  readonly store?: TargetStore;
}

/** Sorts by time, names verb and environment, and differs for two runs of the same second. */
export function nameRun(verb: string, environment: string, now: Date, random: string): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${time}-${verb}-${environment}-${random.slice(0, 4)}`;
}

/** The files that another machine needs to resume a run and to report it. */
export const storedFiles = ['evidence.json', 'verdict.json', 'announcement.json'] as const;
const reportFiles = ['verdict.json', 'report.html', 'summary.md', 'junit.xml'] as const;

/** Throws UserError if the run cannot be recorded: then it must not start. */
export async function openRunFolder({ reportsRoot, runId, mask, now, store }: RunFolderOptions): Promise<RunFolder> {
  const path = join(reportsRoot, runId);
  // One copy is enough where the store is the folder itself.
  const remote = store?.keepsRunsIn(reportsRoot) ? undefined : store?.runs;
  try {
    if (store) await register(store, runId, path);
    if (remote) await fetchRun(remote, runId, path);
    const journal = await openJournal(path);
    let discarded = false;
    const write = async (name: string, text: string) => {
      if (remote && isStored(name)) await remote.write(runId, name, text);
      await writeTextAtomic(join(path, name), text);
    };
    return {
      runId,
      path,
      mask,
      record: (event) => append(lineOf(event, { mask, now, path }), { runId, journal, remote }),
      writeJson: (name, value) => write(name, `${JSON.stringify(maskValue(value, mask), null, 2)}\n`),
      writeText: (name, text) => write(name, mask(text)),
      removeReport: async () => {
        await remote?.remove(runId, 'verdict.json');
        for (const name of reportFiles) await removeFile(join(path, name));
      },
      discard: () => (discarded = true),
      [Symbol.asyncDispose]: async () => {
        await journal[Symbol.asyncDispose]();
        if (discarded || (await readText(join(path, journalName))) === '') await removeFile(path);
      },
    };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${remote ? store?.place : path} cannot be written: ${messageOf(error)}`,
      [remote ? '`store` in the target file' : 'free disk space, or make the reports folder writable'],
      { cause: error },
    );
  }
}

const isStored = (name: string): boolean => (storedFiles as readonly string[]).includes(name);

function lineOf(
  event: RunEvent,
  { mask, now, path }: Pick<RunFolderOptions, 'mask' | 'now'> & { path: string },
): string {
  const line = JSON.stringify(maskValue({ v: schemaVersion, at: now().toISOString(), ...event }, mask));
  readLine(line, `${path}: the event to be appended`);
  return line;
}

type Runs = TargetStore['runs'];

/** The store decides; the copy in reports/ is for reading, and a full disk on this machine does not stop a rollout. */
async function append(
  line: string,
  {
    runId,
    journal,
    remote,
  }: { readonly runId: string; readonly journal: AppendFile; readonly remote: Runs | undefined },
): Promise<void> {
  if (!remote) return journal.append(line);
  await remote.append(runId, line);
  await journal.append(line).catch(() => undefined);
}

/** A run of a version that had no store yet is registered when it is resumed. */
async function register({ runs }: TargetStore, runId: string, path: string): Promise<void> {
  if ((await runs.list()).some((run) => run.runId === runId)) return;
  await runs.create(runId);
  if ((await runs.lines(runId)).length > 0) return;
  for (const line of ((await readText(join(path, journalName))) ?? '').split('\n').slice(0, -1))
    await runs.append(runId, line);
}

/** Writes the run folder of another machine from the store. */
export async function fetchRun(runs: Runs, runId: string, path: string): Promise<void> {
  const lines = await runs.lines(runId);
  if (lines.length > 0) await writeTextAtomic(join(path, journalName), `${lines.join('\n')}\n`);
  for (const name of storedFiles) {
    const text = await runs.read(runId, name);
    if (text === undefined) await removeFile(join(path, name));
    else await writeTextAtomic(join(path, name), text);
  }
}
