import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readTools } from '../../src/config/tools.ts';
import type { SmokeEvidence } from '../../src/core/evidence.ts';
import type { Target } from '../../src/core/target.ts';
import { judgeSmoke } from '../../src/core/judge/smoke.ts';
import { runPlaywright } from '../../src/runners/playwright.ts';
import { runnerContext } from './support/runner-context.ts';
import { projectRoot } from './support/running-sandbox.ts';
import { startStubServer, type StubServer } from './support/stub-server.ts';
import { targetAt } from '../contract/support/target-at.ts';

/** Folders of others, which Playwright calls green although they asked somewhere else, asserted nothing, or ran a part. */
let folder: string;
let api: StubServer;
let other: StubServer;
let asked = 0;
const arrivals: number[] = [];
beforeAll(async () => {
  await mkdir(join(projectRoot, 'reports'), { recursive: true });
  folder = await mkdtemp(join(projectRoot, 'reports/playwright-foreign-'));
  api = await startStubServer((request, response) => {
    asked += 1;
    arrivals.push(Date.now());
    const { url = '' } = request;
    const header = { 'x-request-id': 'r-1', 'content-type': 'text/html' };
    if (url.startsWith('/away')) return response.writeHead(302, { location: `${other.url}/page` }).end();
    return response.writeHead(url === '/missing' ? 404 : 200, header).end('<h1>Hello</h1>');
  });
  other = await startStubServer((_, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>'),
  );
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function run(
  files: Readonly<Record<string, string>>,
  config = '{}',
  more: Partial<Target> = {},
): Promise<SmokeEvidence> {
  const own = await mkdtemp(join(folder, 'run-'));
  const head = "import { test, expect } from '@playwright/test';\n";
  const { chromium } = await readTools(projectRoot, process.env['SHIPROOM_TOOLS_DIR']);
  const browser = chromium ? `use: { launchOptions: { executablePath: '${chromium.path}' } }` : '';
  await writeFile(
    join(own, 'playwright.config.ts'),
    `import { defineConfig } from '@playwright/test';\nexport default defineConfig({ workers: 1, ${browser} }, ${config});`,
  );
  for (const [name, text] of Object.entries(files)) await writeFile(join(own, name), head + text);
  return runPlaywright(
    {
      target: targetAt(api.url, more),
      folder: own,
      sessionsFile: join(own, 'private/sessions.json'),
      loginsFinishedFile: join(own, 'private/over'),
      sessionsWaitMs: 0,
      chromium: undefined,
      budgetMs: 60_000,
      projects: undefined,
      variables: { OTHER: other.url, OWN_TOKEN: 't-1' },
    },
    runnerContext(join(own, 'out'), { toolEnv: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' } }),
  );
}

const judge = (evidence: SmokeEvidence) =>
  judgeSmoke({ id: 'smoke.playwright', title: 'Smoke', evidence, budgetMs: 60_000 });
const stepsIn = ({ steps }: SmokeEvidence) => Object.fromEntries(steps.map(({ name, ...step }) => [name, step]));

it('a focused test is found before anything is asked, whatever the configuration says', async () => {
  asked = 0;
  const evidence = await run(
    {
      'journey.spec.ts':
        "// left behind\ntest.only('alive', async ({ request }) => { expect((await request.get('/')).status()).toBe(200); });\ntest('pays', () => {});\ntest('chats', () => {});",
      'second.spec.ts': "test('hidden', () => { expect(1).toBe(2); });",
    },
    '{ forbidOnly: false }',
  );
  expect(judge(evidence)).toMatchObject({
    status: 'error',
    because: 'journey.spec.ts:3 is focused with .only, so 3 tests of 2 files did not run',
  });
  expect(asked).toBe(0);
});

it('an address of its own, a redirect, a page and a variable are held against the target', async () => {
  const evidence = await run({
    'some.spec.ts': `
test('own', async ({ request }) => { expect((await request.get('/missing')).status()).toBe(404); });
test('default', async () => { expect(process.env.SHIPROOM_API_URL + process.env.OWN_TOKEN).toBe('${api.url}t-1'); });
test('constant', async ({ request }) => { expect((await request.get(process.env.OTHER)).ok()).toBe(true); });
test('redirect', async ({ request }) => { expect((await request.get('/away')).ok()).toBe(true); });
test('fetch', async () => { expect((await fetch(process.env.OTHER)).ok).toBe(true); });
test('page', async ({ page }) => { await page.goto('/away'); await expect(page.getByRole('heading')).toHaveText('Hello'); });
test('picture', async ({ page }) => {
  await page.goto('/');
  await page.setContent('<h1>Hello</h1><img src="' + process.env.OTHER + '/a.png">');
  await expect(page.getByRole('heading')).toHaveText('Hello');
});`,
  });
  const steps = stepsIn(evidence);
  const askedBy = Object.entries(steps).filter(([, step]) => step.elsewhere?.includes(other.url));
  expect(
    askedBy.map(([name]) => name),
    evidence.outcome.stdout,
  ).toEqual(['constant', 'redirect', 'fetch', 'page']);
  expect(steps['own']).toMatchObject({ status: 'pass', method: 'GET', httpStatus: 404, requestIds: ['r-1'] });
  expect(judge(evidence)).toMatchObject({
    status: 'error',
    because: expect.stringContaining(
      `4 of 7 steps asked ${other.url}, which is not this target (${api.url})`,
    ) as string,
  });
});

it('an expectation that nobody awaits, that is caught, or that is of a promise, is no pass', async () => {
  const evidence = await run(
    {
      'some.spec.ts': `
test('open', async ({ page }) => {
  await page.setContent('<h1>Maintenance</h1>');
  void expect(page.getByRole('button')).toBeVisible({ timeout: 30_000 }).catch(() => {});
  await expect(page.getByRole('heading')).toHaveText('Maintenance');
});
test('caught', async () => { try { expect(1).toBe(2); } catch {} expect(1).toBe(1); });
test('promise', async () => {
  const answer = new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 100));
  expect(answer).toBeTruthy();
  expect(answer).not.toBeNull();
});
test('resolves', async ({ request }) => {
  // The promise of the test before is rejected meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await expect(request.get('/')).resolves.toBeTruthy();
});
test('honest', async () => { expect(1).toBe(1); });`,
    },
    '{ expect: { timeout: 2000 } }',
  );
  expect(
    evidence.steps.map(({ name, status }) => [name, status]),
    evidence.outcome.stdout,
  ).toEqual([
    ['open', 'not-run'],
    ['caught', 'not-run'],
    ['promise', 'not-run'],
    ['resolves', 'pass'],
    ['honest', 'pass'],
  ]);
  expect(stepsIn(evidence)['open']?.error).toBe('1 of 2 expectations was never awaited');
  expect(judge(evidence)).toMatchObject({
    status: 'error',
    because: expect.stringContaining('"promise": toBeTruthy asserts a promise') as string,
  });
});

it('what ran before Playwright was killed is kept, and is no pass', async () => {
  // The result of the first test is on disk before the second one ends the process.
  const evidence = await run({
    'some.spec.ts': `
import { readFile } from 'node:fs/promises';
const reported = () => readFile(process.env.SHIPROOM_PLAYWRIGHT_REPORT ?? '', 'utf8').catch(() => '');
test('first', () => { expect(1).toBe(1); });
test('second', async () => {
  await expect.poll(reported).toContain('"passed"');
  process.kill(process.ppid, 'SIGKILL');
});`,
  });
  expect(evidence.outcome.signal).toBe('SIGKILL');
  expect(stepsIn(evidence)).toMatchObject({ first: { status: 'pass' }, second: { status: 'not-run' } });
  expect(judge(evidence).status).toBe('error');
});

it('below a rate limit its requests are paced, and the time limit of a test is for the target', async () => {
  arrivals.length = 0;
  const asks = "for (const path of ['/a', '/b', '/c']) expect((await request.get(path)).status()).toBe(200);";
  const files = { 'paced.spec.ts': `test.setTimeout(1500);\ntest('asks', async ({ request }) => { ${asks} });` };
  const evidence = await run(files, '{}', { rateLimit: { requests: 1, perMs: 900 } });
  expect(judge(evidence)).toMatchObject({ status: 'pass' });
  const [first = 0, second = 0, third = 0] = arrivals;
  expect(Math.min(second - first, third - second)).toBeGreaterThan(500);
});
