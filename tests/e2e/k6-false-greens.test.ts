import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, openBench } from './support/k6-bench.ts';

/** Runs that k6 itself ends with 0, or reports as passed, although nothing was verified: each with the real k6. */

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

/** A copy of the load scripts in which every scenario is `act`. */
const scenariosOf = (act: string): Promise<string> =>
  bench.changedScripts((path, text) => {
    const exported = /export (?:const|(?:async )?function) (\w+)/.exec(text)?.[1] ?? '';
    return path.startsWith('scenarios') ? `export const ${exported} = (): void => {\n  ${act}\n};\n` : text;
  });

/** A program instead of k6: `inspect` is k6's own, `run` is the given shell command. */
const fakeK6 = (run: string): Promise<string> =>
  bench.writeProgram(
    `if [ "$1" = inspect ]; then exec ${bench.k6Path} "$@"; fi\nwhile [ "$1" != --summary-export ]; do shift; done\nsummary="$2"\n${run}`,
  );

describe('k6', () => {
  it('counts the answers of a healthy target, and keeps its dashboard and no token', async () => {
    const evidence = await bench.loadTiny(() => undefined, { durationMs: 2500 });
    const { 'load.run': run, 'load.answers': answers, 'load.pace': pace } = bench.statuses(evidence);
    expect({ run, answers, pace }, evidence.problems.join()).toEqual({ run: 'pass', answers: 'pass', pace: 'pass' });
    expect(evidence.requests).toBeGreaterThan(150);
    expect(evidence.slo['payment-success']?.trials).toBeGreaterThan(20);
    expect(evidence.series.reduce((sum, { requests }) => sum + requests, 0)).toBeGreaterThan(60);
    expect(evidence.files).toContain('k6/dashboard.html');
    for (const name of await readdir(join(evidence.runFolder, 'k6'))) {
      expect(await readFile(join(evidence.runFolder, 'k6', name), 'utf8'), name).not.toContain('s3cret');
    }
  });

  it('a slow target fails both latency objectives', async () => {
    const evidence = await bench.loadTiny(({ method }) => (method === 'GET' ? { delayMs: 1100 } : { delayMs: 450 }));
    expect(bench.statuses(evidence)).toMatchObject({ 'load.latency-p50': 'fail', 'load.latency-p95': 'fail' });
    expect(evidence.outcome.exitCode).toBe(99);
  });

  it('server errors are counted, and so are payments that fail', async () => {
    let count = 0;
    const evidence = await bench.loadTiny((request) => {
      count += 1;
      return request.url?.startsWith('/payments') && count % 3 === 0
        ? { status: 500, text: '{"error":{"message":"no"}}' }
        : undefined;
    });
    expect(bench.statuses(evidence)).toMatchObject({ 'load.server-errors': 'fail', 'load.payment-success': 'fail' });
  });

  it('expected statuses with an empty body are wrong answers', async () => {
    const evidence = await bench.loadTiny(({ method, url }) => ({
      status: method === 'POST' && !url?.endsWith('/release') ? 201 : 200,
      text: '{}',
    }));
    const { 'load.answers': answers, 'load.server-errors': errors } = bench.statuses(evidence);
    expect(answers).toBe('fail');
    expect(errors, 'no answer was a 5xx').not.toBe('fail');
  });

  it('a port without a listener: every request is unanswered', async () => {
    const evidence = await bench.load({ url: 'http://127.0.0.1:9' });
    expect(evidence.unanswered).toBeGreaterThan(0);
    expect(bench.statuses(evidence)['load.server-errors']).toBe('fail');
  });

  it('another release than the expected one is counted', async () => {
    const evidence = await bench.loadTiny(() => undefined, { expectedRelease: 'freetask@2' });
    expect(evidence.wrongRelease.events).toBe(evidence.wrongRelease.trials);
  });

  it('an exception in every iteration, which k6 ends with 0, is no pass', async () => {
    const evidence = await bench.loadTiny(() => undefined, { root: await scenariosOf("throw new Error('broken');") });
    expect(evidence.exceptions).toBeGreaterThan(0);
    const decided = bench.statuses(evidence);
    expect(decided['load.run']).toBe('error');
    expect(Object.entries(decided).filter(([id, status]) => status === 'pass' && id !== 'load.pace')).toEqual([]);
  });

  it('a run without requests, in which k6 passes every threshold without samples, is no pass', async () => {
    const evidence = await bench.loadTiny(() => undefined, { root: await scenariosOf('') });
    expect(evidence.requests).toBe(0);
    const decided = bench.statuses(evidence);
    expect(decided['load.run']).toBe('error');
    expect(Object.entries(decided).filter(([id, status]) => status === 'pass' && id !== 'load.pace')).toEqual([]);
  });

  it('a summary that was not written is no pass, although one of an earlier run is in the folder', async () => {
    const runFolder = await mkdtemp(join(bench.folder, 'run-'));
    await mkdir(join(runFolder, 'k6'));
    await writeFile(join(runFolder, 'k6/summary.json'), '{"metrics":{},"root_group":{"checks":{}}}');
    const decided = bench.statuses(
      await bench.load({ url: 'http://127.0.0.1:9', program: await fakeK6('exit 0'), runFolder }),
    );
    expect(await readdir(join(runFolder, 'k6'))).not.toContain('summary.json');
    expect(decided['load.run']).toBe('error');
    expect(Object.values(decided)).not.toContain('pass');
  });

  it.each([
    ['a summary that was never written', 'exit 0'],
    ['a summary that cannot be read', 'echo "{ not json" > "$summary"; exit 0'],
    [
      'a summary without requests',
      `echo '{"metrics":{},"root_group":{"name":"","checks":{},"groups":{}}}' > "$summary"; exit 0`,
    ],
    ['a tool that was killed', 'kill -9 $$'],
    ['a script exception', 'exit 107'],
    ['a Go panic', 'exit 109'],
    ['a run that is marked as failed, which hides crossed thresholds', 'exit 110'],
  ])('%s is no pass', async (_, run) => {
    const decided = bench.statuses(await bench.load({ url: 'http://127.0.0.1:9', program: await fakeK6(run) }));
    expect(decided['load.run']).toBe('error');
    expect(Object.values(decided)).not.toContain('pass');
  });

  it('a time limit and an interruption stop it, and neither is a pass', async () => {
    const late = await bench.loadTiny(() => undefined, { budgetMs: 700, durationMs: 30_000 });
    expect(late.outcome.timedOut).toBe(true);
    expect(bench.statuses(late)['load.run']).toBe('error');
    const interrupted = await bench.loadTiny(() => undefined, { interruptAfterMs: 700, durationMs: 30_000 });
    expect(interrupted.outcome.interrupted).toBe(true);
    expect(bench.statuses(interrupted)['load.run']).toBe('error');
    expect(interrupted.outcome.durationMs).toBeLessThan(20_000);
  });
});
