import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { $ } from 'zx/core';
import type { RunEvidence, RunResult } from '../../src/core/run-result.ts';

/**
 * What a verification costs beside the tools that it waits for: `npm run bench:verify -- [rounds]`. Each round is a whole
 * `verify` of the embedded sandbox as a real process; its own share is the wall time less the waiting for the sandbox, the
 * readiness window, the tools, and the commands that stop and start an instance.
 */
const rounds = Number(process.argv[2] ?? 3);
const projectRoot = resolve(import.meta.dirname, '../..');

interface Round {
  readonly verdict: string;
  readonly wallMs: number;
  readonly sandboxMs: number;
  readonly readinessMs: number;
  readonly smokeMs: number;
  readonly loadMs: number;
  readonly shutdownMs: number;
  readonly ownMs: number;
}

const measured: Round[] = [];
for (let round = 1; round <= rounds; round += 1) {
  process.stderr.write(`round ${round} of ${rounds}\n`);
  measured.push(await measure());
}
const median = (pick: (round: Round) => number) =>
  measured.map(pick).toSorted((a, b) => a - b)[Math.floor(measured.length / 2)] ?? 0;
const columns: [string, (round: Round) => number][] = [
  ['whole command', ({ wallMs }) => wallMs],
  ['  sandbox start and stop', ({ sandboxMs }) => sandboxMs],
  ['  readiness window', ({ readinessMs }) => readinessMs],
  ['  Newman and Playwright', ({ smokeMs }) => smokeMs],
  ['  k6', ({ loadMs }) => loadMs],
  ['  instances stopped and started', ({ shutdownMs }) => shutdownMs],
  ["  the suite's own share", ({ ownMs }) => ownMs],
];
process.stdout.write(
  `verify of the sandbox, median of ${rounds}: ${measured.map(({ verdict }) => verdict).join(', ')}\n`,
);
for (const [name, pick] of columns)
  process.stdout.write(`${name.padEnd(34)}${(median(pick) / 1000).toFixed(2).padStart(7)} s\n`);
process.exitCode = measured.every(({ verdict }) => verdict === 'GO') ? 0 : 1;

async function measure(): Promise<Round> {
  const began = performance.now();
  // A verdict that is not GO is a measurement as well, so its exit code is no error.
  const { stdout } = await $({
    cwd: projectRoot,
    nothrow: true,
    quiet: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })`exec ${process.execPath} scripts/run.mjs verify --env green --json`;
  const wallMs = performance.now() - began;
  const result = JSON.parse(stdout) as RunResult;
  const folder = join(projectRoot, 'reports', result.runId);
  const evidence = JSON.parse(await readFile(join(folder, 'evidence.json'), 'utf8')) as RunEvidence;
  const journal = (await readFile(join(folder, 'journal.ndjson'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { at: string; type: string; step?: string; durationMs?: number });
  const durationOf = (wanted: string, step?: string): number => {
    const line = journal.find((each) => each.type === wanted && each.step === step);
    // Counted as 0, it would be part of the suite's own share.
    if (line?.durationMs === undefined) throw new Error(`the journal has no duration of ${step ?? wanted}`);
    return line.durationMs;
  };
  const parts = {
    sandboxMs: durationOf('step-finished', 'start') + durationOf('target-stopped'),
    readinessMs: evidence.readiness?.stableMs ?? 0,
    smokeMs: Math.max(0, ...evidence.smoke.map(({ outcome }) => outcome.durationMs)),
    loadMs: evidence.load?.outcome.durationMs ?? 0,
    shutdownMs: result.steps.find(({ id }) => id === 'shutdown')?.durationMs ?? 0,
  };
  const waited = Object.values(parts).reduce((sum, each) => sum + each, 0);
  return { verdict: result.verdict.word, wallMs, ...parts, ownMs: wallMs - waited };
}
