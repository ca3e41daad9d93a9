import { targetAt } from '../contract/support/target-at.ts';
import { mkdir, mkdtemp, rm, writeFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeSmoke } from '../../src/core/judge/smoke.ts';
import type { SmokeEvidence } from '../../src/core/evidence.ts';
import { runPlaywright } from '../../src/runners/playwright.ts';
import { serviceDefaults } from '../contract/support/service-defaults.ts';

/** Ways in which Playwright itself exits with 0, or leaves an old report, although nothing was verified. */

const projectRoot = resolve(import.meta.dirname, '../..');
let folder: string;

beforeAll(async () => {
  // Below the project, so that the tests find @playwright/test.
  await mkdir(join(projectRoot, 'reports'), { recursive: true });
  folder = await mkdtemp(join(projectRoot, 'reports/playwright-false-greens-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Options {
  readonly config?: string;
  readonly budgetMs?: number;
  /** Interrupts the run at the first step that has ended. */
  readonly interrupt?: boolean;
  readonly projects?: readonly string[];
}

async function run(
  tests: string,
  { config = '{}', budgetMs = 30_000, interrupt = false, projects }: Options = {},
): Promise<SmokeEvidence> {
  const own = await mkdtemp(join(folder, 'run-'));
  await writeFile(
    join(own, 'playwright.config.ts'),
    `import { defineConfig } from '@playwright/test';\nexport default defineConfig(${config});`,
  );
  await writeFile(join(own, 'some.spec.ts'), `import { test, expect } from '@playwright/test';\n${tests}`);
  // A green report of an earlier run, where this run writes its own.
  const green = {
    suites: [
      {
        specs: [
          {
            title: 'old',
            file: 'old',
            tests: [
              {
                projectName: '',
                expectedStatus: 'passed',
                status: 'expected',
                results: [{ status: 'passed', duration: 1 }],
              },
            ],
          },
        ],
      },
    ],
    errors: [],
    stats: { expected: 1, unexpected: 0, flaky: 0, skipped: 0 },
  };
  await writeFile(join(own, 'playwright-report.json'), JSON.stringify(green));
  const interrupter = new AbortController();
  return runPlaywright(
    {
      target: targetAt('http://127.0.0.1:1', { smoke: { budgetMs, ours: serviceDefaults.smoke } }),
      folder: own,
      sessionsFile: join(own, 'sessions.json'),
      loginsFinishedFile: join(own, 'sessions.json.over'),
      sessionsWaitMs: 0,
      chromium: undefined,
      budgetMs,
      projects,
    },
    {
      runFolder: join(own, 'out'),
      projectRoot,
      toolEnv: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', TMPDIR: folder },
      signal: interrupter.signal,
      emit: ({ type }) => {
        if (interrupt && type === 'step-progress') interrupter.abort('SIGINT');
      },
      mask: (text) => text.replaceAll('s3cret', '‹masked›'),
    },
  );
}

const judge = (evidence: SmokeEvidence) =>
  judgeSmoke({ id: 'smoke.playwright', title: 'Smoke', evidence, budgetMs: 30_000 });
const good = "test('fine', () => expect(1).toBe(1));";

describe('Playwright', () => {
  it('a test that passes, in any folder, is a pass', async () => {
    const evidence = await run(good);
    expect(judge(evidence)).toMatchObject({ status: 'pass' });
    expect(evidence.steps).toMatchObject([{ name: 'fine', status: 'pass' }]);
  });

  it('keeps what it compiled out of the temporary folder, in which others write too', async () => {
    await run(good);
    expect((await readdir(folder)).filter((name) => name.startsWith('playwright-transform-cache'))).toEqual([]);
  });

  it('steps of a test are steps of the journey, and the one that failed is named', async () => {
    const evidence = await run(
      "test('journey', async () => { await test.step('one', () => {}); await test.step('two', () => { expect('s3cret').toBe('x'); }); });",
    );
    expect(evidence.steps.map(({ name, status }) => [name, status])).toEqual([
      ['one', 'pass'],
      ['two', 'fail'],
    ]);
    expect(judge(evidence)).toMatchObject({ status: 'fail', because: expect.stringContaining('two') });
    expect(JSON.stringify(evidence)).not.toContain('s3cret');
  });

  it('nothing but skipped tests is no pass', async () => {
    const evidence = await run("test.skip('later', () => {});");
    expect(evidence.outcome.exitCode).toBe(0);
    expect(judge(evidence)).toMatchObject({ status: 'error', because: expect.stringContaining('later') });
  });

  it('one skipped test among good ones is no pass', async () => {
    const evidence = await run(`${good} test('conditional', () => { test.skip(true, 'not today'); });`);
    expect(evidence.outcome.exitCode).toBe(0);
    expect(judge(evidence).status).toBe('error');
  });

  it('a test that is expected to fail is no pass', async () => {
    const evidence = await run("test('known bug', () => { test.fail(); expect(1).toBe(2); });");
    expect(evidence.outcome.exitCode).toBe(0);
    expect(judge(evidence).status).toBe('error');
  });

  it('no tests at all is no pass, and the old report is not read', async () => {
    const evidence = await run('');
    expect(evidence.steps).toEqual([]);
    expect(judge(evidence)).toMatchObject({ status: 'error', because: expect.stringContaining('No tests found') });
  });

  it('a test that passed in a retry is degraded', async () => {
    const evidence = await run("test('flaky', async ({}, info) => { expect(info.retry).toBe(1); });", {
      config: '{ retries: 1 }',
    });
    expect(evidence.outcome.exitCode).toBe(0);
    expect(judge(evidence)).toMatchObject({ status: 'fail', clauses: ['3.1', '4.1c'] });
  });

  it('a test that did not run because another one failed is not-run and not skipped', async () => {
    const config =
      "{ projects: [{ name: 'first', testMatch: 'some.spec.ts', grep: /broken/ }, { name: 'second', dependencies: ['first'], grep: /fine/ }] }";
    const evidence = await run(`${good} test('broken', () => expect(1).toBe(2));`, { config });
    expect(evidence.steps.map(({ name, status }) => [name, status])).toEqual(
      expect.arrayContaining([
        ['fine', 'not-run'],
        ['broken', 'fail'],
      ]),
    );
    expect(judge(evidence).status).toBe('fail');
  });

  it('a global time-out is no pass', async () => {
    const evidence = await run(`${good} test('slow', () => new Promise(() => {}));`, {
      config: '{ globalTimeout: 2500, workers: 1 }',
    });
    expect(judge(evidence).status).not.toBe('pass');
    expect(evidence.problems.join()).toContain('Timed out');
  });

  it('a configuration that cannot be read leaves no report, and the old one is not read', async () => {
    const evidence = await run(good, { config: '{ testDir: ' });
    expect(evidence.problems.join()).toContain('Playwright left no report');
    expect(judge(evidence).status).toBe('error');
  });

  it('a project that ran nothing is named', async () => {
    const evidence = await run(good, {
      projects: ['api', 'browser'],
      config: "{ projects: [{ name: 'api' }, { name: 'browser', testMatch: 'nothing.spec.ts' }] }",
    });
    expect(evidence.problems.join()).toContain('browser');
    expect(judge(evidence).status).toBe('error');
  });

  it('a spent budget and an interruption end it, and neither is a pass', async () => {
    const hanging = "test('hangs', async () => { await test.step('starts', () => {}); await new Promise(() => {}); });";
    const late = await run(hanging, { budgetMs: 3000 });
    expect(late.outcome).toMatchObject({ timedOut: true });
    expect(judge(late)).toMatchObject({ status: 'fail', because: expect.stringContaining('budget') });
    const interrupted = await run(hanging, { interrupt: true });
    expect(interrupted.outcome).toMatchObject({ interrupted: true });
    expect(judge(interrupted).status).toBe('error');
  });
});
