// `npm run bench:watch-cost`: what watching costs. The pages of 20 instances read over HTTP; one update of the judge with the pages
// of 100 instances; the memory of a watch of 30 minutes, the size of its journal, and reading that back into the state of the
// rollout. CPU times.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseRolloutSettings } from '../../src/config/rollout-settings.ts';
import { parseSlos } from '../../src/config/slo-file.ts';
import type { JudgeState } from '../../src/core/judge/judge-state.ts';
import { judgeEvent } from '../../src/core/judge/rollout.ts';
import { decide } from '../../src/core/judge/stage.ts';
import { addObservation, enterStage, startJudge } from '../../src/core/judge/stage-state.ts';
import { defaultMetricNames } from '../../src/core/metric-names.ts';
import { foldRollout, type RolloutEvent } from '../../src/core/rollout/advance.ts';
import { planBlueGreen } from '../../src/core/rollout/plan.ts';
import type { Stage } from '../../src/core/rollout/step.ts';
import { schemaVersion } from '../../src/core/run-result.ts';
import { countSide } from '../../src/flows/rollout/count-side.ts';
import { readLine } from '../../src/journal/journal-line.ts';
import { readPage, type Scrape, scrapeAll } from '../../src/sources/scrape.ts';
import { scenarios } from './judges/scenarios.ts';
import { observationOf, sampleOf } from './judges/shiproom.ts';
import { simulateRelease } from './judges/traffic.ts';
import { median } from './sandbox.ts';

const instances = 100;
const watchSeconds = 1800;
const intervalSeconds = 10;
const half = instances / 2;

const projectRoot = resolve(import.meta.dirname, '../..');
const read = (file: string) => readFile(join(projectRoot, file), 'utf8');
const slos = parseSlos('config/slo.yaml', await read('config/slo.yaml'));
const counted = { slos, names: defaultMetricNames };
const settings = parseRolloutSettings('config/rollout.yaml', await read('config/rollout.yaml'));
const stage: Stage = { share: 100, canary: { kind: 'colour', colour: 'green' } };
const plan = planBlueGreen({ release: 'new', previousRelease: 'old', live: 'blue', settings });
const [healthy] = scenarios;
if (!healthy) throw new Error('no scenario');
const seconds = simulateRelease(healthy, { blips: 'none', rate: 50, seed: 1 }).slice(-watchSeconds);

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Median and 95 % of CPU times in ms. */
function times(values: readonly number[]): string {
  const ascending = values.toSorted((a, b) => a - b);
  const most = ascending[Math.ceil(0.95 * ascending.length) - 1] ?? Number.NaN;
  return `${median(values).toFixed(2)} ms (95 %: ${most.toFixed(2)} ms)`;
}

/** CPU time of this process, so that a busy machine gives the same number. */
function timed<Result>(run: () => Result): { readonly result: Result; readonly ms: number } {
  const before = process.cpuUsage();
  const result = run();
  const { user, system } = process.cpuUsage(before);
  return { result, ms: (user + system) / 1000 };
}

/** The metrics page of one instance after so many intervals; the series of a service with ten routes. */
function pageText(instance: number, interval: number): string {
  const total = interval * (5 + (instance % 3));
  const lines = Array.from({ length: 10 }, (_, route) => {
    const labels = `route="/route-${route}"`;
    const buckets = [0.05, 0.1, 0.2, 0.4, 0.8, 1, 2, 5].map(
      (le, index) =>
        `http_request_duration_seconds_bucket{${labels},le="${le}"} ${Math.min(total, interval * (index + 1))}`,
    );
    return [
      `http_requests_total{${labels},status="200"} ${total}`,
      `http_requests_total{${labels},status="500"} ${Math.floor(interval / 50)}`,
      ...buckets,
      `http_request_duration_seconds_bucket{${labels},le="+Inf"} ${total}`,
      `http_request_duration_seconds_count{${labels}} ${total}`,
    ];
  });
  const payments = [
    `payment_attempts_total{outcome="success"} ${interval}`,
    'payment_attempts_total{outcome="failure"} 0',
  ];
  return `${['process_start_time_seconds 1764000000', ...payments, ...lines.flat()].join('\n')}\n`;
}

function page(instance: number, interval: number): Scrape {
  const at = new Date(interval * intervalSeconds * 1000).toISOString();
  return readPage({ url: `http://10.0.0.${instance}/metrics`, at }, pageText(instance, interval), counted);
}

/** 20 instances over HTTP: their pages read and parsed, by the CPU time of this process; they answer in another one. */
async function measureScraping(): Promise<void> {
  const answering = `require('node:http').createServer((_, answer) => answer.end(process.env.PAGE)).listen(0, '127.0.0.1', function () { console.log(this.address().port); })`;
  const server = spawn(process.execPath, ['-e', answering], {
    env: { PAGE: pageText(1, 1) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  const urls = Array.from({ length: 20 }, (_, index) => `http://127.0.0.1:${Number(port)}/${index}/metrics`);
  const spent: number[] = [];
  for (let round = 0; round < 60; round += 1) {
    const before = process.cpuUsage();
    const scrapes = await scrapeAll(urls, counted, new AbortController().signal);
    const { user, system } = process.cpuUsage(before);
    const [problem] = scrapes.flatMap((scrape) => scrape.problem ?? []);
    if (problem !== undefined) throw new Error(problem);
    spent.push((user + system) / 1000);
  }
  server.kill();
  const percent = (median(spent) / (intervalSeconds * 1000)) * 100;
  print(
    `pages of ${urls.length} instances, read over HTTP: ${times(spent)}; every ${intervalSeconds} s ${percent.toFixed(2)} % of a core`,
  );
}

/** 100 instances, half of each colour: their pages counted, and the judge's update with a decision. */
function measureUpdate(): void {
  const pages = (interval: number): Scrape[] =>
    Array.from({ length: instances }, (_, instance) => page(instance, interval));
  let state = enterStage(startJudge({ slos, settings }), stage);
  let before = pages(0);
  const counting: number[] = [];
  const judging: number[] = [];
  for (let interval = 1; interval <= watchSeconds / intervalSeconds; interval += 1) {
    const now = pages(interval);
    const sides = timed(() => ({
      canary: countSide(before.slice(0, half), now.slice(0, half), counted),
      baseline: countSide(before.slice(half), now.slice(half), counted),
    }));
    if (!sides.result.canary.complete) throw new Error(sides.result.canary.problems.join());
    before = now;
    const observation = {
      ...observationOf([], slos, interval * intervalSeconds),
      lengthMs: intervalSeconds * 1000,
      canary: sides.result.canary.counts,
      baseline: sides.result.baseline.counts,
    };
    const update = timed(() => {
      state = addObservation(state, observation);
      return decide(state);
    });
    counting.push(sides.ms);
    judging.push(update.ms);
  }
  print(
    `pages of ${instances} instances, counted: ${times(counting)}; one update of the judge with its decision: ${times(judging)}`,
  );
}

/** A watch at full green as a run does it: every event validated, appended, and judged. */
function measureWatch(): void {
  globalThis.gc?.();
  const lines: string[] = [];
  const events: RolloutEvent[] = [];
  const sampling: number[] = [];
  let judge: JudgeState = startJudge({ slos, settings });
  for (const [index, second] of seconds.entries()) {
    const end = index + 1;
    const due: RolloutEvent[] = [{ type: 'sampled', stage, sample: sampleOf(second, end) }];
    if (end % intervalSeconds === 0) {
      const observation = observationOf(seconds.slice(end - intervalSeconds, end), slos, end);
      due.push({ type: 'observed', stage, observation });
    }
    for (const event of due) {
      const line = lineOf(event);
      const { ms } = timed(() => {
        readLine(line, 'the event to be appended');
        judge = judgeEvent(judge, event);
      });
      if (event.type === 'sampled') sampling.push(ms);
      else decide(judge);
      lines.push(line);
      events.push(event);
    }
  }
  if (judge.current?.decided) throw new Error('the healthy release was rolled back');
  const journal = `${lines.join('\n')}\n`;
  const rssMb = process.memoryUsage().rss / 1024 / 1024;
  print(`one sample of the router, validated and judged: ${times(sampling)}`);
  print(
    `watch of ${watchSeconds / 60} minutes: ${lines.length} events, journal ${(journal.length / 1e6).toFixed(2)} MB, process ${rssMb.toFixed(0)} MB`,
  );
  const folding = Array.from({ length: 9 }, () => timed(() => fold(journal)).ms);
  print(`reading that journal back into the state of the rollout and of its judge: ${times(folding)}`);
}

function fold(journal: string): JudgeState {
  const events: RolloutEvent[] = journal
    .split('\n')
    .slice(0, -1)
    .flatMap((text, index) => {
      const line = readLine(text, `line ${index + 1}`);
      if (line.type === 'sampled') return [line];
      return line.type === 'rollout' ? [line.event] : [];
    });
  foldRollout(plan, events);
  return events.reduce(judgeEvent, startJudge({ slos, settings }));
}

/** As the run's folder writes it. */
function lineOf(event: RolloutEvent): string {
  const at = new Date(0).toISOString();
  return JSON.stringify({ v: schemaVersion, at, ...(event.type === 'sampled' ? event : { type: 'rollout', event }) });
}

await measureScraping();
measureUpdate();
measureWatch();
