import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunResult } from '../../../src/core/run-result.ts';
import { type CommandOutcome } from './command.ts';
import { projectRoot } from './running-sandbox.ts';

export interface Workspace extends AsyncDisposable {
  readonly path: string;
  /** A target file with windows that suit a test; its path. */
  readonly targetFile: (settings: Readonly<Record<string, unknown>>) => Promise<string>;
  /** What a verb that was called with --json said, and the report that it left; both are gone with the workshop. */
  readonly resultOf: (outcome: CommandOutcome) => Promise<{ result: RunResult; report: string; journal: string }>;
}

const shortWindows = {
  name: 'outside',
  kind: 'staging',
  readiness: { stableFor: '500ms', interval: '100ms', budget: '2s' },
  smoke: { budget: '15s' },
};

/** A folder for the files of one test; what the verbs left in reports/ goes with it. */
export async function openWorkspace(): Promise<Workspace> {
  const path = await mkdtemp(join(tmpdir(), 'outside-'));
  const runs: string[] = [];
  return {
    path,
    targetFile: async (settings) => {
      const file = join(path, `target-${runs.length}.json`);
      await writeFile(file, JSON.stringify({ ...shortWindows, ...settings }));
      return file;
    },
    resultOf: async ({ stdout, stderr }) => {
      if (stdout === '') throw new Error(`no result:\n${stderr}`);
      const result = JSON.parse(stdout) as RunResult;
      const folder = join(projectRoot, 'reports', result.runId);
      runs.push(folder);
      const [report, journal] = await Promise.all(
        ['report.html', 'journal.ndjson'].map((name) => readFile(join(folder, name), 'utf8')),
      );
      return { result, report: report ?? '', journal: journal ?? '' };
    },
    [Symbol.asyncDispose]: async () => {
      for (const folder of [path, ...runs]) await rm(folder, { recursive: true, force: true });
    },
  };
}
