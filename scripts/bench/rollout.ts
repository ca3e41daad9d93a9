// `npm run bench:rollout`: a healthy release from 0 to 100 % under 200 requests/s through HAProxy. Prints requests, failures,
// the added latency of each shift, and what the orchestrator itself costs while it observes.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunEvidence, RunResult } from '../../src/core/run-result.ts';
import { median, resultOf, startBenchSandbox } from './sandbox.ts';

const rate = 200;
const aroundMs = 5000;

await using sandbox = await startBenchSandbox(['--green', 'none']);
const targetFile = await sandbox.targetFile({
  smoke: { budget: '2m', playwright: false },
  rollout: { dwell: '10s', interval: '1s', synthetic: false, judge: { beta: 0.3 } },
});
process.stdout.write(`users: ${rate} requests/s at ${sandbox.publicAddress}\n`);
const load = sandbox.door('load', [
  '--target',
  targetFile,
  '--env',
  'public',
  '--rate',
  String(rate),
  '--duration',
  '95s',
  '--json',
]);
const loaded = resultOf<RunResult>(load);
await sleep(8000);
const deploy = sandbox.door('deploy', ['--target', targetFile, '--release', 'freetask@1.5.0', '--json']);
const shipped = resultOf<RunResult>(deploy);
const cost = watchCost(deploy.pid ?? 0);
const { exitCode, result } = await shipped;
const { cpuPercent, peakMb } = cost();
const { result: users } = await loaded;

const evidence = JSON.parse(await readFile(join(sandbox.reports, users.runId, 'evidence.json'), 'utf8')) as RunEvidence;
const rollout = JSON.parse(await readFile(join(sandbox.reports, result.runId, 'evidence.json'), 'utf8')) as RunEvidence;
const seen = evidence.load;
if (!seen) throw new Error('the users were not counted');
const errors = Object.values(seen.slo).map(({ events, trials }) => `${events} of ${trials}`);
process.stdout.write(`deploy: exit code ${exitCode}, ${(result.durationMs / 1000).toFixed(1)} s\n`);
process.stdout.write(
  `users: ${seen.requests} requests, ${seen.unanswered} unanswered, 5xx ${seen.slo['server-errors']?.events ?? '?'} (by objective: ${errors.join(', ')})\n`,
);

const began = Date.parse(seen.outcome.startedAt);
const p95Between = (from: number, to: number) =>
  seen.series.flatMap(({ second, p95Ms }) =>
    p95Ms !== undefined && began + second * 1000 >= from && began + second * 1000 < to ? [p95Ms] : [],
  );
for (const event of rollout.rollout?.events ?? []) {
  if (event.type !== 'done' || !event.shares) continue;
  const at = Date.parse(event.at);
  const before = median(p95Between(at - aroundMs, at));
  const after = median(p95Between(at, at + aroundMs));
  process.stdout.write(
    `shift to ${event.shares.green} % green: P95 ${before.toFixed(0)} ms before, ${after.toFixed(0)} ms after, ${(after - before).toFixed(0)} ms added\n`,
  );
}
process.stdout.write(
  `orchestrator while it observed: ${cpuPercent.toFixed(1)} % of one core, ${peakMb.toFixed(0)} MB at most\n`,
);

/** CPU of the deploy process itself, its tools not counted, from a moment after its start until it is asked. */
function watchCost(pid: number): () => { cpuPercent: number; peakMb: number } {
  const samples: { at: number; cpuMs: number; rssMb: number }[] = [];
  const timer = setInterval(() => {
    void Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/status`, 'utf8')]).then(
      ([stat, status]) => {
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const cpuMs = (Number(fields[11]) + Number(fields[12])) * 10;
        samples.push({ at: performance.now(), cpuMs, rssMb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024 });
      },
      () => undefined,
    );
  }, 500);
  return () => {
    clearInterval(timer);
    // Its start and its report at the end are no observation.
    const watched = samples.slice(8, -4);
    const [first, last] = [watched[0], watched.at(-1)];
    if (!first || !last) throw new Error('too short to be watched');
    return {
      cpuPercent: (100 * (last.cpuMs - first.cpuMs)) / (last.at - first.at),
      peakMb: Math.max(...watched.map(({ rssMb }) => rssMb)),
    };
  };
}
