// `npm run bench:rollback`: from the judgement NO-GO to all traffic read back on the old colour. Prints the median of 20.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunEvidence, RunResult } from '../../src/core/run-result.ts';
import { median, resultOf, startBenchSandbox } from './sandbox.ts';

const rounds = 20;
await using sandbox = await startBenchSandbox(['--green', 'freetask@1.5.0-errors']);
const targetFile = await sandbox.targetFile({
  readiness: { stableFor: '200ms', interval: '50ms', budget: '10s' },
  rollout: {
    dwell: '1s',
    holdBudget: '200ms',
    interval: '200ms',
    warmUp: '0s',
    minimum: { requests: 60, payments: 5 },
    synthetic: false,
  },
});
// Users, none of whom pays: a stage that cannot be shown to be good within its time goes back as degraded.
const readers = setInterval(() => void fetch(`${sandbox.publicAddress}/jobs`).catch(() => undefined), 10);
const took: number[] = [];
while (took.length < rounds) {
  const door = sandbox.door('deploy', ['--target', targetFile, '--release', 'freetask@1.5.0-errors', '--json']);
  const { exitCode, result } = await resultOf<RunResult>(door);
  const { rollout } = JSON.parse(
    await readFile(join(sandbox.reports, result.runId, 'evidence.json'), 'utf8'),
  ) as RunEvidence;
  const judged = rollout?.events.find((event) => event.type === 'judged' && event.word === 'NO-GO');
  const back = rollout?.events.findLast((event) => event.type === 'done' && event.shares !== undefined);
  if (exitCode !== 1 || !judged || !back)
    throw new Error(`round ${took.length + 1} was no rollback: exit code ${exitCode}, ${result.verdict.because}`);
  took.push(Date.parse(back.at) - Date.parse(judged.at));
  process.stdout.write(`${took.length} of ${rounds}: ${took.at(-1)} ms\n`);
}
clearInterval(readers);
process.stdout.write(
  `from NO-GO to weight 0 read back: median ${median(took)} ms, at most ${Math.max(...took)} ms, of ${rounds}\n`,
);
