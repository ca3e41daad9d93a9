import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTinyFreeTask } from '../../scripts/bench/tiny-freetask.ts';
import { readTools } from '../../src/config/tools.ts';
import { type ClusterBench, openClusterBench } from '../contract/support/kubernetes/cluster-load.ts';
import { runJobController } from '../contract/support/kubernetes/job-controller.ts';
import type { Behaviour, Container } from '../contract/support/kubernetes/pod-doubles.ts';

/** Four real k6 with the arguments, files and segments of the Job's containers, against a server that counts. */

let bench: ClusterBench;
let folder: string;
let k6: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  bench = await openClusterBench();
  folder = await mkdtemp(join(tmpdir(), 'k6-runners-'));
  k6 = (await readTools(resolve(import.meta.dirname, '../..'), process.env['SHIPROOM_TOOLS_DIR'])).k6?.path ?? '';
});
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await bench[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

/** A container: its paths are below a folder of its own, and its port is a free one. */
const realK6 =
  (onStarted: (index: number, child: ChildProcess) => void = () => undefined): Behaviour =>
  async ({ index, args, files, sessions, end }: Container) => {
    const root = join(folder, `${started.length}-${index}`);
    await mkdir(join(root, 'test'), { recursive: true });
    await mkdir(join(root, 'sessions'));
    const moved = (text: string) =>
      text.replaceAll(/\/(test|sessions)\//g, `${root}/$1/`).replaceAll('/dev/termination-log', `${root}/message`);
    for (const [name, text] of Object.entries(files)) await writeFile(join(root, 'test', name), moved(text));
    await writeFile(join(root, 'sessions/sessions.json'), sessions);
    const port = await freePort();
    const address = `127.0.0.1:${port}`;
    const child = spawn(
      k6,
      args.map((each) => moved(each).replace('0.0.0.0:6565', address)),
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { PATH: process.env['PATH'], K6_NO_USAGE_REPORT: 'true' },
      },
    );
    started.push(child);
    let log = '';
    child.stderr?.on('data', (chunk) => (log += String(chunk)));
    child.on('exit', (code, signal) => {
      void readFile(join(root, 'message'), 'utf8')
        .catch(() => '')
        .then((message) => end(signal === null ? (code ?? 1) : 137, { message, log }));
    });
    const ask = async (init?: RequestInit) => {
      const answer = await fetch(`http://${address}/v1/status`, init);
      return answer.json();
    };
    return {
      status: () => ask(),
      patch: async (body) => {
        const answer = await ask({ method: 'PATCH', body: JSON.stringify(body) });
        onStarted(index, child);
        return answer;
      },
    };
  };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

it('four runners together send the plan exactly: each request that the target counted is in the sum', async () => {
  await using api = await bench.startApi();
  await using tiny = await startTinyFreeTask();
  runJobController(api, realK6());
  // No scenario of this plan has an arrival within 100 ms of the end, which a busy machine could move behind it.
  const durationMs = 3280;
  const evidence = await bench.load(api, {
    url: tiny.url,
    rate: 24,
    durationMs,
    realTime: true,
    startWithinMs: 60_000,
  });
  expect(evidence.problems).toEqual([]);
  // One request is the probe of the release before the load.
  expect(evidence.requests).toBe(tiny.requests() - 1);
  const planned = JSON.parse(await readFile(join(evidence.runFolder, 'k6/plan.json'), 'utf8')) as {
    scenarios: { startPerMinute: number }[];
  };
  // The first arrives at once.
  const arrivals = planned.scenarios.map(
    ({ startPerMinute }) => 1 + Math.floor((startPerMinute * durationMs) / 60_000),
  );
  expect(evidence.iterations + evidence.droppedIterations).toBe(arrivals.reduce((sum, each) => sum + each, 0));
  expect(evidence.runners?.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
  expect(evidence.checks).toMatchObject([{ name: 'answers as in the contract', fails: 0 }]);
  expect(bench.judge(evidence)['load.run']).toBe('pass');
});

it('a runner that is killed takes its part away: HOLD, with the exit code', async () => {
  await using api = await bench.startApi();
  await using tiny = await startTinyFreeTask();
  runJobController(
    api,
    realK6((index, child) => {
      if (index === 2) child.kill('SIGKILL');
    }),
  );
  const evidence = await bench.load(api, { url: tiny.url, durationMs: 2000, realTime: true, startWithinMs: 60_000 });
  expect(evidence.problems.join()).toMatch(/runner 3 of 4 .* was killed \(exit code 137/);
  expect(evidence.runners?.map(({ exitCode }) => exitCode)).toEqual([0, 0, 137, 0]);
  expect(bench.judge(evidence)['load.run']).toBe('error');
});
