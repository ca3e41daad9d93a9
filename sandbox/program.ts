import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The command that runs a program of the sandbox by the project's launcher; `path` is relative to sandbox/. */
export const programCommand = (path: string, nodeFlags: readonly string[] = []): [string, ...string[]] => [
  process.execPath,
  ...nodeFlags,
  join(root, 'scripts/run.mjs'),
  `sandbox/${path}`,
];
