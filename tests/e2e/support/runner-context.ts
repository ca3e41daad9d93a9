import type { RunnerContext } from '../../../src/runners/runner.ts';
import { projectRoot } from './running-sandbox.ts';

/** What a workflow hands to a runner, for a runner that is called by itself. */
export const runnerContext = (runFolder: string, overrides: Partial<RunnerContext> = {}): RunnerContext => ({
  runFolder,
  projectRoot,
  toolEnv: { PATH: process.env['PATH'] ?? '' },
  signal: new AbortController().signal,
  emit: () => undefined,
  mask: (text) => text,
  ...overrides,
});
