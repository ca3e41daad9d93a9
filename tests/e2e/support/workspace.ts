import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvidence, RunResult } from '../../../src/core/run-result.ts';
import { type CommandOutcome } from './command.ts';
import { projectRoot } from './running-sandbox.ts';

export interface Workspace extends AsyncDisposable {
  readonly path: string;
  /** A target file with windows that suit a test; its path. */
  readonly targetFile: (settings: Readonly<Record<string, unknown>>) => Promise<string>;
  /** What a command with --json printed and the files that it left; they are removed with the workspace. */
  readonly resultOf: (outcome: CommandOutcome) => Promise<FinishedRun>;
}

export interface FinishedRun {
  readonly result: RunResult;
  readonly evidence: RunEvidence;
  readonly report: string;
  readonly journal: string;
}

const shortWindows = {
  name: 'outside',
  kind: 'staging',
  readiness: { stableFor: '500ms', interval: '100ms', budget: '2s' },
  smoke: { budget: '60s' },
};

/** A folder for the files of one test; what its commands left in reports/ is removed with it. */
export async function openWorkspace(): Promise<Workspace> {
  const path = await mkdtemp(join(tmpdir(), 'outside-'));
  const runs: string[] = [];
  let targets = 0;
  return {
    path,
    targetFile: async (settings) => {
      targets += 1;
      const file = join(path, `target-${targets}.json`);
      await writeFile(file, JSON.stringify({ ...shortWindows, ...settings }));
      return file;
    },
    resultOf: async ({ stdout, stderr }) => {
      if (stdout === '') throw new Error(`no result:\n${stderr}`);
      const result = JSON.parse(stdout) as RunResult;
      const folder = join(projectRoot, 'reports', result.runId);
      runs.push(folder);
      const [report = '', journal = '', evidence = ''] = await Promise.all(
        ['report.html', 'journal.ndjson', 'evidence.json'].map((name) => readFile(join(folder, name), 'utf8')),
      );
      return { result, evidence: JSON.parse(evidence) as RunEvidence, report, journal };
    },
    [Symbol.asyncDispose]: async () => {
      for (const folder of [path, ...runs]) await rm(folder, { recursive: true, force: true });
    },
  };
}
