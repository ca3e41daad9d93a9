// `npm run bench:watch [-- --healthy 10 --rounds 3]`: releases on the live sandbox while users send 50 requests/s, with the SOP's own
// settings except for durations. Prints when each defective release was rolled back, and what became of the healthy ones.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { RunEvidence, RunResult } from '../../src/core/run-result.ts';
import { median, resultOf, startBenchSandbox } from './sandbox.ts';

const { values } = parseArgs({
  options: { healthy: { type: 'string', default: '10' }, rounds: { type: 'string', default: '3' } },
});
const rate = 50;

/**
 * The 95 % figure of the design in seconds, to which the shift and the readings of the counters add up to 5 s. Each has a release
 * of its own, because an instance that runs the release already is not started again; what is wrong with it is replaced.
 */
const defects = [
  { errorRate: 0.2, withinSeconds: 40 + 5, release: 'freetask@1.5.0-errors' },
  { errorRate: 0.05, withinSeconds: 190 + 5, release: 'freetask@1.5.0-payments' },
];

await using sandbox = await startBenchSandbox(['--green', 'none']);
const { runtime } = JSON.parse(await readFile(join(sandbox.folder, 'sandbox/target.json'), 'utf8')) as {
  runtime: { env: Record<string, string> };
};
const fileFor = (errorRate: number | undefined) =>
  sandbox.targetFile({
    smoke: { budget: '2m', playwright: false },
    ...(errorRate === undefined
      ? {}
      : { runtime: { ...runtime, env: { ...runtime.env, DEFECTS: JSON.stringify({ errorRate }) } } }),
    // What is undefined here is as in config/rollout.yaml.
    rollout: {
      dwell: '20s',
      holdBudget: '10m',
      warmUp: '10s',
      watch: { for: '30s' },
      proof: '10s',
      synthetic: false,
      interval: undefined,
      minimum: undefined,
      latency: undefined,
      judge: undefined,
    },
  });
const healthyFile = await fileFor(undefined);

const users = sandbox.door('load', [
  '--target',
  healthyFile,
  '--env',
  'public',
  '--rate',
  String(rate),
  '--duration',
  '100m',
  '--json',
]);
const usersEnded = resultOf<RunResult>(users);
await sleep(8000);
process.stdout.write(`users: ${rate} requests/s at ${sandbox.publicAddress}\n`);

for (const { errorRate, withinSeconds, release } of defects) {
  const file = await fileFor(errorRate);
  const seconds: number[] = [];
  while (seconds.length < Number(values.rounds)) {
    const { exitCode, result, toVerdict, line } = await ship(file, release);
    if (exitCode !== 1) throw new Error(`5xx ${errorRate}: exit code ${exitCode}, ${result.verdict.because}`);
    // One of its own probes may meet a 500, and such a release gets no traffic.
    if (toVerdict === undefined) {
      process.stdout.write(`5xx ${percent(errorRate)}: refused before its first traffic: ${result.verdict.because}\n`);
      continue;
    }
    seconds.push(toVerdict);
    process.stdout.write(`5xx ${percent(errorRate)}: rolled back after ${toVerdict.toFixed(1)} s by ${line}\n`);
  }
  process.stdout.write(
    `5xx ${percent(errorRate)}: median ${median(seconds).toFixed(1)} s, at most ${Math.max(...seconds).toFixed(1)} s; limit ${withinSeconds} s\n`,
  );
}

let promoted = 0;
let rolledBack = 0;
const shipped = Number(values.healthy);
for (let index = 0; index < shipped; index += 1) {
  const { exitCode, result, toVerdict } = await ship(
    healthyFile,
    index % 2 === 0 ? 'freetask@1.5.0' : 'freetask@1.6.0',
  );
  promoted += exitCode === 0 ? 1 : 0;
  rolledBack += toVerdict === undefined ? 0 : 1;
  process.stdout.write(
    `healthy release ${index + 1} of ${shipped}: ${result.verdict.word} after ${(result.durationMs / 1000).toFixed(0)} s\n`,
  );
  // A rollout that waits for a proof would block the next one.
  if (exitCode === 3) await resultOf(sandbox.door('deploy', ['--target', healthyFile, '--abort', '--json']));
}
users.kill('SIGINT');
const { result: load } = await usersEnded;
const { load: counted } = await evidenceOf(load);
const failed = counted?.slo['server-errors'];
process.stdout.write(
  `healthy releases: ${promoted} of ${shipped} promoted, ${rolledBack} rolled back\nusers: ${counted?.requests} requests, ${failed?.events} of ${failed?.trials} answers were 5xx\n`,
);

interface Shipped {
  readonly exitCode: number | null;
  readonly result: RunResult;
  /** Seconds from the read-back shift to the first stage until a verdict rolled it back; undefined where none did. */
  readonly toVerdict: number | undefined;
  readonly line: string;
}

async function ship(file: string, release: string): Promise<Shipped> {
  const command = ['--target', file, '--release', release, '--retry-rejected', 'benchmark', '--json'];
  const { exitCode, result } = await resultOf<RunResult>(sandbox.door('deploy', command));
  const { rollout } = await evidenceOf(result);
  const shift = rollout?.events.find(({ type, ...event }) => type === 'done' && 'shares' in event && event.shares);
  const judged = rollout?.events.find((event) => event.type === 'judged' && event.word === 'NO-GO');
  return {
    exitCode,
    result,
    toVerdict: shift && judged ? (Date.parse(judged.at) - Date.parse(shift.at)) / 1000 : undefined,
    line: judged?.type === 'judged' ? judged.because : '',
  };
}

async function evidenceOf({ runId }: RunResult): Promise<RunEvidence> {
  return JSON.parse(await readFile(join(sandbox.reports, runId, 'evidence.json'), 'utf8')) as RunEvidence;
}

function percent(share: number): string {
  return `${share * 100} %`;
}
