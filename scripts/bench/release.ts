import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { $ } from 'zx/core';
import type { RunResult } from '../../src/core/run-result.ts';

/**
 * What a whole release costs beside what it waits for: `npm run bench:release`. One `release` of the embedded sandbox as a real
 * process; its own share is the wall time less the sandbox's start and stop, the programs of the gates and the artifacts, the
 * readiness window, the measuring of the current traffic, smoke and load, and the time in which traffic is observed.
 */
const projectRoot = resolve(import.meta.dirname, '../..');
const waiting = [
  /^(?:gates|artifacts|forecast|start)$/,
  /^(?:verify|check|observe|smoke) /,
  /^(?:watch|conclude-watch)$/,
];

interface Line {
  readonly type: string;
  readonly at: string;
  readonly step?: string;
  readonly durationMs?: number;
}

const began = performance.now();
const { stdout, stderr } = await $({
  cwd: projectRoot,
  nothrow: true,
  quiet: true,
  stdio: ['ignore', 'pipe', 'pipe'],
})`exec ${process.execPath} scripts/run.mjs release --json`;
const wallMs = performance.now() - began;
if (stdout === '') throw new Error(stderr);
const result = JSON.parse(stdout) as RunResult;
const journal = await readFile(join(projectRoot, 'reports', result.runId, 'journal.ndjson'), 'utf8');
const lines = journal
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Line);
const steps = lines.flatMap(({ type, step = '', durationMs = 0 }) =>
  type === 'step-finished' ? [{ step, durationMs }] : [],
);
const waitedMs = steps
  .filter(({ step }) => waiting.some((pattern) => pattern.test(step)))
  .reduce((sum, { durationMs }) => sum + durationMs, 0);
// What starts and stops an embedded target is outside of its run.
const outsideMs = Math.max(0, wallMs - result.durationMs);
const row = (name: string, ms: number) =>
  process.stdout.write(`${name.padEnd(44)}${(ms / 1000).toFixed(2).padStart(8)} s\n`);
process.stdout.write(`release of the sandbox: ${result.verdict.word}, exit code ${result.exitCode}\n`);
row('whole command', wallMs);
row('  sandbox start and stop', outsideMs);
for (const { step, durationMs } of steps) if (durationMs >= 500) row(`  ${step}`, durationMs);
row("  the suite's own share", wallMs - outsideMs - waitedMs);
process.exitCode = result.verdict.word === 'GO' ? 0 : 1;
