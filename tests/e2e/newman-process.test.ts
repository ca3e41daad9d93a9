import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SmokeEvidence } from '../../src/core/evidence.ts';
import type { OtpDelivery } from '../../src/core/service.ts';
import { runNewman } from '../../src/runners/newman.ts';
import { isAlive } from '../../src/system/process.ts';
import {
  fine,
  good,
  type Item,
  judge,
  type NewmanDouble,
  requestItem,
  startNewmanDouble,
  statuses,
  token,
  writeCollection,
} from './support/newman-double.ts';
import { runnerContext } from './support/runner-context.ts';

/** Newman as a process of its own: what it leaves, how it ends, and that none of its ends is a pass. */
let double: NewmanDouble;
beforeAll(async () => {
  double = await startNewmanDouble();
});
afterAll(() => double[Symbol.asyncDispose]());

interface Options {
  readonly budgetMs?: number;
  readonly otp?: OtpDelivery;
  readonly environmentFile?: string;
  readonly signal?: AbortSignal;
  /** JavaScript that the child runs before anything else. */
  readonly preload?: string;
  readonly prepare?: (runFolder: string) => Promise<void>;
}

type Finished = SmokeEvidence & { readonly runFolder: string; readonly progress: readonly string[] };

async function run(items: readonly Item[] | string, options: Options = {}): Promise<Finished> {
  const { budgetMs = 20_000, otp, environmentFile, signal, preload, prepare } = options;
  const runFolder = await mkdtemp(join(double.folder, 'run-'));
  const collection = await writeCollection(runFolder, typeof items === 'string' ? items : items.map(requestItem));
  await prepare?.(runFolder);
  const preloadFile = join(runFolder, 'preload.mjs');
  if (preload !== undefined) await writeFile(preloadFile, preload);
  const progress: string[] = [];
  const evidence = await runNewman(
    {
      target: double.target(otp),
      collection,
      sessionsFile: join(runFolder, 'private/sessions.json'),
      budgetMs,
      ...(environmentFile === undefined ? {} : { environmentFile }),
    },
    runnerContext(runFolder, {
      toolEnv: {
        PATH: process.env['PATH'] ?? '',
        ...(preload === undefined ? {} : { NODE_OPTIONS: `--import ${preloadFile}` }),
      },
      ...(signal === undefined ? {} : { signal }),
      emit: (event) => {
        if (event.type === 'step-progress') progress.push(event.text);
      },
    }),
  );
  return { ...evidence, runFolder, progress };
}

it('a collection that passes: version, progress and exit code 0', async () => {
  const evidence = await run([fine]);
  expect(judge(evidence)).toMatchObject({ status: 'pass' });
  expect(evidence.progress).toEqual(['Postman: fine']);
  expect(evidence.outcome.exitCode).toBe(0);
  expect(createRequire(import.meta.url)('newman/package.json')).toMatchObject({ version: evidence.outcome.version });
});

it('exit code 0 alone is no pass', async () => {
  const evidence = await run([fine, { name: 'skipping', tests: "pm.test.skip('later', () => {});" }]);
  expect(evidence.outcome.exitCode).toBe(0);
  expect(judge(evidence).status).toBe('error');
});

describe('an asynchronous test, which newman counts as passed', () => {
  it('fails its own step when it rejects', async () => {
    const rejecting = { name: 'later', tests: "pm.test('x', async () => { pm.expect(1).to.eql(2); });" };
    const evidence = await run([rejecting, fine]);
    expect(judge(evidence)).toMatchObject({
      status: 'fail',
      because: expect.stringContaining('expected 1 to deeply equal 2') as string,
    });
    expect(statuses(evidence)).toEqual([
      ['later', 'fail'],
      ['fine', 'pass'],
    ]);
  });

  it('is no pass when it never settles', async () => {
    const evidence = await run([
      { name: 'endless', tests: "pm.test('x', async () => { await new Promise(() => {}); });" },
    ]);
    expect(judge(evidence)).toMatchObject({
      status: 'error',
      because: expect.stringContaining('"endless" has an async pm.test') as string,
    });
  });

  it('fails when it is passed by name', async () => {
    const tests = "const late = async () => { pm.expect(1).to.eql(2); };\npm.test('x', late);";
    expect(judge(await run([{ name: 'hidden', tests }])).status).toBe('fail');
  });
});

describe('a report', () => {
  /** A green report of an earlier run, where this run writes its own. */
  const prepare = async (runFolder: string) => {
    const assertions = [{ name: 'a', ok: true, skipped: false }];
    const request = { itemId: '1', startedAt: '', durationMs: 1, method: 'GET', url: '', scriptErrors: [] };
    const green = {
      items: [{ id: '1', name: 'old', folder: '' }],
      failures: [],
      problems: [],
      executions: [{ ...request, assertions }],
    };
    await mkdir(join(runFolder, 'newman'));
    await writeFile(join(runFolder, 'newman/report.json'), JSON.stringify(green));
  };

  it('of an earlier run is not read: the collection is no JSON', async () => {
    expect(judge(await run('{ not json', { prepare }))).toMatchObject({
      status: 'error',
      because: expect.stringContaining('collection.json is not JSON') as string,
    });
  });

  it('of an earlier run is not read: the environment file is missing', async () => {
    const environmentFile = join(double.folder, 'nowhere.json');
    expect(judge(await run([fine], { prepare, environmentFile }))).toMatchObject({
      status: 'error',
      because: expect.stringContaining('there is no file') as string,
    });
  });

  it('of an earlier run is not read: the process was killed', async () => {
    const evidence = await run([fine], { prepare, preload: 'process.kill(process.pid, "SIGKILL");' });
    expect(judge(evidence)).toMatchObject({ status: 'error', because: 'newman left no report' });
    expect(evidence.outcome.signal).toBe('SIGKILL');
  });

  it('that is not JSON is no pass', async () => {
    const preload = `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(process.argv.at(-1).replace('private/newman-input.json', 'newman/report.json'), '{"items": ['));`;
    expect(judge(await run([fine], { preload }))).toMatchObject({
      status: 'error',
      because: expect.stringContaining('report cannot be read') as string,
    });
  });

  it('holds no token and no code, which only the private file shares', async () => {
    const shout =
      'pm.test(`${pm.response.text()} ${pm.request.url}`, () => pm.expect(pm.response.text()).to.eql("1"));';
    const evidence = await run([
      { name: 'requests', path: '/auth/login', body: { email: 'client@example.com' }, tests: shout },
      { name: 'enters', path: '/auth/verify-otp', body: { email: 'client@example.com', otp: '135791' }, tests: shout },
      { name: 'in the address', path: `/jobs?token=${token}`, tests: shout },
    ]);
    const files = await Promise.all(evidence.files.map((file) => readFile(join(evidence.runFolder, file), 'utf8')));
    for (const secret of [token, 'refresh-me-9876', '135791']) expect(files.join()).not.toContain(secret);
    expect(JSON.stringify(evidence.steps)).not.toContain('135791');
    const sessions: unknown = JSON.parse(await readFile(join(evidence.runFolder, 'private/sessions.json'), 'utf8'));
    expect(sessions).toMatchObject({
      client: { email: 'client@example.com', accessToken: token, refreshToken: 'refresh-me-9876' },
    });
  });

  it('does not hold a code that a command fetched', async () => {
    const tests =
      "pm.sendRequest(pm.variables.get('otp_url') + '?email=client%40example.com', (error, answer) => {\n  pm.test('code', () => pm.expect(answer.text()).to.eql('246810'));\n  pm.test(`code ${answer.text()}`, () => {});\n});";
    const otp: OtpDelivery = {
      from: 'command',
      command: [process.execPath, '-e', 'console.log("your code: 246810")', '{email}'],
    };
    const evidence = await run([{ name: 'code', tests }], { otp });
    expect(judge(evidence)).toMatchObject({ status: 'pass' });
    expect(await readFile(join(evidence.runFolder, 'newman/report.json'), 'utf8')).not.toContain('246810');
  });
});

describe('the process', () => {
  it.each([
    ['a request that is never answered', { name: 'silent', path: '/silent', tests: good }],
    ['a script without an end', { name: 'endless', tests: `${good}\nwhile (true) {}` }],
  ])('is stopped at the end of its budget, by %s', async (_, item) => {
    const evidence = await run([fine, item], { budgetMs: 10_000 });
    expect(evidence.outcome).toMatchObject({ timedOut: true });
    expect(judge(evidence).status).toBe('fail');
    expect(evidence.steps[0], 'what was recorded before is kept').toMatchObject({ name: 'fine', status: 'pass' });
  });

  it('is stopped by an interruption, and the steps until then are kept', async () => {
    const interruption = new AbortController();
    double.onSilent = () => interruption.abort('SIGINT');
    const preload = `import { writeFileSync } from 'node:fs'; writeFileSync(process.argv.at(-1) + '.pid', String(process.pid));`;
    const evidence = await run([fine, { name: 'silent', path: '/silent', tests: good }], {
      signal: interruption.signal,
      preload,
    });
    double.onSilent = () => undefined;
    expect(evidence.outcome).toMatchObject({ interrupted: true, timedOut: false });
    expect(evidence.steps[0]).toMatchObject({ name: 'fine', status: 'pass' });
    expect(judge(evidence).status).not.toBe('pass');
    const pid = Number(await readFile(join(evidence.runFolder, 'private/newman-input.json.pid'), 'utf8'));
    expect(isAlive(pid)).toBe(false);
  });
});
