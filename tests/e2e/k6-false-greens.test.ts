import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseLoadProfiles } from '../../src/config/load-profiles.ts';
import { parseSlos } from '../../src/config/slo-file.ts';
import { readTools } from '../../src/config/tools.ts';
import type { LoadEvidence } from '../../src/core/evidence.ts';
import { judgeLoad } from '../../src/core/judge/load.ts';
import { type LoadProfiles, planLoad } from '../../src/core/load-plan.ts';
import type { Slo } from '../../src/core/slo.ts';
import { runK6 } from '../../src/runners/k6.ts';
import { type Spoil, startTinyFreeTask } from '../../scripts/bench/tiny-freetask.ts';

/** Runs that k6 itself ends with 0, or reports as passed, although nothing was verified: each with the real k6. */

const projectRoot = resolve(import.meta.dirname, '../..');
let folder: string;
let slos: Slo[];
let profiles: LoadProfiles;
let k6: { path: string; version: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'k6-false-greens-'));
  const config = (name: string) => readFile(join(projectRoot, 'config', name), 'utf8');
  slos = parseSlos('slo.yaml', await config('slo.yaml')).map((slo) => ({ ...slo, minSamples: 20 }));
  profiles = parseLoadProfiles('load-profiles.yaml', await config('load-profiles.yaml'));
  const tools = await readTools(projectRoot, process.env['SHIPROOM_TOOLS_DIR']);
  if (!tools.k6) throw new Error('k6 is not set up');
  k6 = tools.k6;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Options {
  readonly url: string;
  readonly program?: string;
  readonly durationMs?: number;
  readonly budgetMs?: number;
  readonly interruptAfterMs?: number;
  /** Project whose load scripts are run. */
  readonly root?: string;
  readonly expectedRelease?: string;
  /** Folder of an earlier run. */
  readonly runFolder?: string;
}

async function load({
  url,
  program = k6.path,
  durationMs = 1200,
  budgetMs,
  interruptAfterMs,
  root = projectRoot,
  expectedRelease,
  runFolder: earlier,
}: Options): Promise<LoadEvidence & { runFolder: string }> {
  const runFolder = earlier ?? (await mkdtemp(join(folder, 'run-')));
  const sessionsFile = join(folder, 'sessions.json');
  const session = {
    email: 'client@example.com',
    accessToken: 'a-token-that-is-s3cret',
    refreshToken: 'a-refresh-token',
    expiresAt: Date.now() + 900_000,
  };
  await writeFile(sessionsFile, JSON.stringify({ client: session, freelancer: session }));
  const interrupter = new AbortController();
  if (interruptAfterMs !== undefined) setTimeout(() => interrupter.abort('SIGINT'), interruptAfterMs);
  const evidence = await runK6(
    {
      target: {
        name: 'double',
        kind: 'embedded',
        environment: { name: 'green', api: url, metrics: [] },
        paths: { auth: '/auth', api: '', health: '/healthz', ready: '/readyz' },
        users: { client: 'client@example.com', freelancer: 'freelancer@example.com' },
        otp: { from: 'response' },
        env: [],
        readiness: { stableForMs: 1, intervalMs: 1, budgetMs: 1 },
        smoke: { budgetMs: 1 },
        load: { profile: 'stage' },
      },
      slos,
      plan: planLoad(profiles, { profile: 'stage', rate: 120, durationMs }),
      sessionsFile,
      k6: { path: program, version: '2.2.0' },
      ...(budgetMs === undefined ? {} : { budgetMs }),
      ...(expectedRelease === undefined ? {} : { expectedRelease }),
    },
    {
      runFolder,
      projectRoot: root,
      toolEnv: { PATH: process.env['PATH'] ?? '' },
      signal: interrupter.signal,
      emit: () => undefined,
      mask: (text) => text,
    },
  );
  return { ...evidence, runFolder };
}

async function loadTiny(spoil: Spoil, more: Partial<Options> = {}) {
  await using tiny = await startTinyFreeTask(spoil);
  return await load({ url: tiny.url, ...more });
}

const statuses = (evidence: LoadEvidence) =>
  Object.fromEntries(judgeLoad(evidence, slos).map(({ id, status }) => [id, status]));

/** A copy of the load scripts in which every scenario is `act`. */
async function scenariosOf(act: string): Promise<string> {
  const root = await mkdtemp(join(folder, 'other-'));
  await cp(join(projectRoot, 'load'), join(root, 'load'), { recursive: true });
  const scenarios = join(root, 'load/scenarios');
  for (const name of await readdir(scenarios)) {
    const path = join(scenarios, name);
    const exported = /export (?:const|(?:async )?function) (\w+)/.exec(await readFile(path, 'utf8'))?.[1] ?? '';
    await writeFile(path, `export const ${exported} = (): void => {\n  ${act}\n};\n`);
  }
  return root;
}

/** A program instead of k6: `inspect` is k6's own, `run` is the given shell command. */
async function fakeK6(run: string): Promise<string> {
  const path = join(folder, `k6-${Math.random().toString(36).slice(2)}`);
  await writeFile(
    path,
    `#!/bin/sh\nif [ "$1" = inspect ]; then exec ${k6.path} "$@"; fi\nwhile [ "$1" != --summary-export ]; do shift; done\nsummary="$2"\n${run}\n`,
  );
  await chmod(path, 0o755);
  return path;
}

describe('k6', () => {
  it('counts the answers of a healthy target, and keeps its dashboard and no token', async () => {
    const evidence = await loadTiny(() => undefined, { durationMs: 2500 });
    const { 'load.run': run, 'load.answers': answers, 'load.pace': pace } = statuses(evidence);
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
    const evidence = await loadTiny(({ method }) => (method === 'GET' ? { delayMs: 1100 } : { delayMs: 450 }));
    expect(statuses(evidence)).toMatchObject({ 'load.latency-p50': 'fail', 'load.latency-p95': 'fail' });
    expect(evidence.outcome.exitCode).toBe(99);
  });

  it('server errors are counted, and so are payments that fail', async () => {
    let count = 0;
    const evidence = await loadTiny((request) => {
      count += 1;
      return request.url?.startsWith('/payments') && count % 3 === 0
        ? { status: 500, text: '{"error":{"message":"no"}}' }
        : undefined;
    });
    expect(statuses(evidence)).toMatchObject({ 'load.server-errors': 'fail', 'load.payment-success': 'fail' });
  });

  it('expected statuses with an empty body are wrong answers', async () => {
    const evidence = await loadTiny(({ method, url }) => ({
      status: method === 'POST' && !url?.endsWith('/release') ? 201 : 200,
      text: '{}',
    }));
    const { 'load.answers': answers, 'load.server-errors': errors } = statuses(evidence);
    expect(answers).toBe('fail');
    expect(errors, 'no answer was a 5xx').not.toBe('fail');
  });

  it('a port without a listener: every request is unanswered', async () => {
    const evidence = await load({ url: 'http://127.0.0.1:9' });
    expect(evidence.unanswered).toBeGreaterThan(0);
    expect(statuses(evidence)['load.server-errors']).toBe('fail');
  });

  it('another release than the expected one is counted', async () => {
    const evidence = await loadTiny(() => undefined, { expectedRelease: 'freetask@2' });
    expect(evidence.wrongRelease.events).toBe(evidence.wrongRelease.trials);
  });

  it('an exception in every iteration, which k6 ends with 0, is no pass', async () => {
    const evidence = await loadTiny(() => undefined, { root: await scenariosOf("throw new Error('broken');") });
    expect(evidence.exceptions).toBeGreaterThan(0);
    const decided = statuses(evidence);
    expect(decided['load.run']).toBe('error');
    expect(Object.entries(decided).filter(([id, status]) => status === 'pass' && id !== 'load.pace')).toEqual([]);
  });

  it('a run without requests, in which k6 passes every threshold without samples, is no pass', async () => {
    const evidence = await loadTiny(() => undefined, { root: await scenariosOf('') });
    expect(evidence.requests).toBe(0);
    const decided = statuses(evidence);
    expect(decided['load.run']).toBe('error');
    expect(Object.entries(decided).filter(([id, status]) => status === 'pass' && id !== 'load.pace')).toEqual([]);
  });

  it('a summary that was not written is no pass, although one of an earlier run is in the folder', async () => {
    const runFolder = await mkdtemp(join(folder, 'run-'));
    await mkdir(join(runFolder, 'k6'));
    await writeFile(join(runFolder, 'k6/summary.json'), '{"metrics":{},"root_group":{"checks":{}}}');
    const decided = statuses(await load({ url: 'http://127.0.0.1:9', program: await fakeK6('exit 0'), runFolder }));
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
    const decided = statuses(await load({ url: 'http://127.0.0.1:9', program: await fakeK6(run) }));
    expect(decided['load.run']).toBe('error');
    expect(Object.values(decided)).not.toContain('pass');
  });

  it('a time limit and an interruption stop it, and neither is a pass', async () => {
    const late = await loadTiny(() => undefined, { budgetMs: 700, durationMs: 30_000 });
    expect(late.outcome.timedOut).toBe(true);
    expect(statuses(late)['load.run']).toBe('error');
    const interrupted = await loadTiny(() => undefined, { interruptAfterMs: 700, durationMs: 30_000 });
    expect(interrupted.outcome.interrupted).toBe(true);
    expect(statuses(interrupted)['load.run']).toBe('error');
    expect(interrupted.outcome.durationMs).toBeLessThan(20_000);
  });
});
