// `npm run bench:rollback`: from the verdict NO-GO to all traffic read back on the old colour, while synthetic requests run.
// Prints the median of 20 rounds.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import type { RunEvidence, RunResult } from '../../src/core/run-result.ts';
import { median, resultOf, startBenchSandbox } from './sandbox.ts';

const rounds = 20;
await using sandbox = await startBenchSandbox(['--green', 'freetask@1.5.0-errors']);
const targetFile = await sandbox.targetFile({
  readiness: { stableFor: '200ms', interval: '50ms', budget: '10s' },
  rollout: {
    dwell: '1s',
    holdBudget: '30s',
    interval: '200ms',
    warmUp: '0s',
    minimum: { requests: 60, payments: 1 },
    synthetic: { profile: 'stage', rate: 20 },
    judge: { mode: 'sop-strict', batch: '200ms', sample: { every: '200ms' } },
  },
});
// The reads of the release fail at 4 %: the literal rule of 4.1b rolls it back, with k6 running.
const readers = setInterval(() => void fetch(`${sandbox.publicAddress}/jobs`).catch(() => undefined), 10);
const took: number[] = [];
while (took.length < rounds) {
  const command = sandbox.door('deploy', [
    '--target',
    targetFile,
    '--release',
    'freetask@1.5.0-errors',
    '--retry-rejected',
    'bench',
    '--json',
  ]);
  const { exitCode, result } = await resultOf<RunResult>(command);
  const { rollout } = JSON.parse(
    await readFile(join(sandbox.reports, result.runId, 'evidence.json'), 'utf8'),
  ) as RunEvidence;
  const judged = rollout?.events.find((event) => event.type === 'judged' && event.word === 'NO-GO');
  const back = rollout?.events.findLast((event) => event.type === 'done' && event.shares !== undefined);
  if (exitCode !== 1 || !judged || !back)
    throw new Error(`round ${took.length + 1} was no rollback: exit code ${exitCode}, ${result.verdict.because}`);
  if (!existsSync(join(sandbox.reports, result.runId, 'stage-10/k6'))) throw new Error('no synthetic requests ran');
  took.push(Date.parse(back.at) - Date.parse(judged.at));
  process.stdout.write(`${took.length} of ${rounds}: ${took.at(-1)} ms\n`);
}
clearInterval(readers);
process.stdout.write(
  `from NO-GO to weight 0 read back: median ${median(took)} ms, at most ${Math.max(...took)} ms, of ${rounds}\n`,
);
