import { join, resolve } from 'node:path';
import { type AppendFile, openAppendFile } from '../system/append-file.ts';
import { createExclusive } from '../system/exclusive-file.ts';
import { listFiles, makeFolder, readText, removeFile, syncFolder, writeTextAtomic } from '../system/files.ts';
import type { ValueRecord, RunRecords, StoredRun, TargetStore } from './store.ts';

/** Versions that stay beside the newest one, so that a listing that races with a swap still finds a recent one. */
const keptVersions = 3;

/** A folder that all machines of the target share: run folders as in reports/, and `.targets/<name>/` beside them. */
export function openFolderStore(root: string, target: string): TargetStore {
  const journals = new Map<string, Promise<AppendFile>>();
  const own = join(root, '.targets', target);
  return {
    place: root,
    target,
    lock: valueRecord(join(own, 'lock')),
    value: (name) => valueRecord(join(own, 'values', encodeURIComponent(name))),
    runs: runRecords(root, join(own, 'runs'), journals),
    keepsRunsIn: (reportsRoot) => resolve(reportsRoot) === resolve(root),
    [Symbol.asyncDispose]: async () => {
      for (const journal of journals.values()) await (await journal)[Symbol.asyncDispose]();
    },
  };
}

const numbered = (folder: string, number: number): string => join(folder, String(number).padStart(12, '0'));

/** Numbers of the files in a folder, ascending. */
const numbersIn = async (folder: string): Promise<number[]> =>
  (await listFiles(folder)).filter((name) => /^\d{12}$/.test(name)).map(Number);

/** One file per version: creating a file exclusively is atomic, replacing one that has not changed is not. */
function valueRecord(folder: string): ValueRecord {
  const newest = async () => (await numbersIn(folder)).at(-1) ?? 0;
  return {
    read: async () => {
      for (;;) {
        const version = await newest();
        if (version === 0) return undefined;
        const text = await readText(numbered(folder, version));
        // Removed meanwhile, because there are newer ones.
        if (text !== undefined) return { version, text };
      }
    },
    swap: async (expected, text) => {
      if ((await newest()) !== expected) return false;
      const version = expected + 1;
      if (!(await createExclusive(numbered(folder, version), text))) return false;
      const versions = await numbersIn(folder);
      if (versions.some((each) => each > version)) {
        await removeFile(numbered(folder, version));
        return false;
      }
      for (const old of versions) if (old <= version - keptVersions) await removeFile(numbered(folder, old));
      return true;
    },
  };
}

function runRecords(root: string, index: string, journals: Map<string, Promise<AppendFile>>): RunRecords {
  const pathOf = (runId: string, name: string) => join(root, runId, name);
  const journalOf = (runId: string): Promise<AppendFile> => {
    const opened = journals.get(runId) ?? openJournal(join(root, runId));
    journals.set(runId, opened);
    opened.catch(() => journals.delete(runId));
    return opened;
  };
  return {
    create: async (runId) => {
      for (;;) {
        const sequence = ((await numbersIn(index)).at(-1) ?? 0) + 1;
        if (!(await createExclusive(numbered(index, sequence), runId))) continue;
        await syncFolder(index);
        return { runId, sequence };
      }
    },
    list: async () => {
      const runs = (await numbersIn(index)).map(async (sequence): Promise<StoredRun> => {
        const runId = (await readText(numbered(index, sequence))) ?? '';
        return { runId, sequence };
      });
      return Promise.all(runs);
    },
    append: async (runId, line) => (await journalOf(runId)).append(line),
    lines: async (runId) => ((await readText(pathOf(runId, journalName))) ?? '').split('\n').slice(0, -1),
    write: (runId, name, text) => writeTextAtomic(pathOf(runId, name), text),
    read: (runId, name) => readText(pathOf(runId, name)),
    remove: (runId, name) => removeFile(pathOf(runId, name)),
  };
}

export const journalName = 'journal.ndjson';

/** The journal of a run; its folder is on disk too, so that a power cut does not take the new file with it. */
export async function openJournal(folder: string): Promise<AppendFile> {
  await makeFolder(folder);
  const journal = await openAppendFile(join(folder, journalName));
  await syncFolder(folder);
  await syncFolder(join(folder, '..'));
  return journal;
}
