import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeSmoke } from '../../src/core/judge/smoke.ts';
import type { SmokeEvidence } from '../../src/core/evidence.ts';
import type { Target } from '../../src/core/target.ts';
import { runNewman } from '../../src/runners/newman.ts';
import { isAlive } from '../../src/system/process.ts';

/** Ways in which newman itself exits with 0 although nothing was verified, each with the real newman. */

const projectRoot = resolve(import.meta.dirname, '../..');
const schema = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';
const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjbGllbnQifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ';

let server: Server;
let address: string;
let folder: string;
/** How often /auth/login still refuses. */
let refusals = 0;
/** The body that the last request to / came with. */
let received = '';
let askedOfSilent = () => {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'newman-false-greens-'));
  server = createServer((request, response) => {
    const id = { 'x-request-id': 'r-1', 'content-type': 'application/json' };
    const answer = (status: number, body: object, headers = {}) =>
      void response.writeHead(status, { ...id, ...headers }).end(JSON.stringify({ ...body, requestId: 'r-1' }));
    request.setEncoding('utf8').once('data', (body: string) => (received = body));
    if (request.url === '/broken') return answer(500, { error: { message: 'broken' } });
    if (request.url === '/silent') return askedOfSilent();
    if (request.url === '/other-limit') return answer(429, { error: { message: 'too many' } }, { 'retry-after': '1' });
    if (request.url === '/auth/login' && refusals > 0) {
      refusals -= 1;
      return answer(429, { error: { message: 'too many' } }, { 'retry-after': '1' });
    }
    if (request.url === '/auth/verify-otp')
      return answer(200, { data: { accessToken: token, refreshToken: 'refresh-me-9876' } });
    return answer(200, { data: { otpSent: true, otp: '135791' } });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Item {
  readonly name: string;
  readonly path?: string;
  readonly before?: string;
  readonly tests?: string;
  readonly body?: object;
}

const script = (listen: string, exec: string | undefined) =>
  exec === undefined ? [] : [{ listen, script: { type: 'text/javascript', exec: exec.split('\n') } }];

const request = ({ name, path = '/', before, tests, body }: Item) => ({
  name,
  request: {
    method: body ? 'POST' : 'GET',
    url: { raw: `{{base_url}}${path}`, host: ['{{base_url}}'], path: path.split('/').filter(Boolean) },
    ...(body ? { body: { mode: 'raw', raw: JSON.stringify(body) } } : {}),
  },
  event: [...script('prerequest', before), ...script('test', tests)],
});

const target = (otp: Target['otp'] = { from: 'response' }): Target => ({
  name: 'double',
  kind: 'embedded',
  environment: { name: 'green', api: address, metrics: [] },
  paths: { auth: '/auth', api: '', health: '/healthz', ready: '/readyz' },
  users: { client: 'client@example.com', freelancer: 'freelancer@example.com' },
  otp,
  env: [],
  readiness: { stableForMs: 1, intervalMs: 1, budgetMs: 1 },
  smoke: { budgetMs: 20_000 },
  load: { profile: 'stage' },
});

interface Options {
  readonly budgetMs?: number;
  readonly otp?: Target['otp'];
  readonly event?: unknown;
  readonly environmentFile?: string;
  readonly signal?: AbortSignal;
  /** JavaScript that the child runs before anything else. */
  readonly preload?: string;
  readonly prepare?: (runFolder: string) => Promise<void>;
}

type Walked = SmokeEvidence & { readonly runFolder: string; readonly progress: readonly string[] };

async function walk(items: readonly Item[] | string, options: Options = {}): Promise<Walked> {
  const runFolder = await mkdtemp(join(folder, 'run-'));
  const collection = join(runFolder, 'collection.json');
  const event = options.event === undefined ? {} : { event: options.event };
  await writeFile(
    collection,
    typeof items === 'string'
      ? items
      : JSON.stringify({ info: { name: 'double', schema }, ...event, item: items.map(request) }),
  );
  await options.prepare?.(runFolder);
  const preload = join(runFolder, 'preload.mjs');
  if (options.preload !== undefined) await writeFile(preload, options.preload);
  const progress: string[] = [];
  const evidence = await runNewman(
    {
      target: target(options.otp),
      collection,
      sessionsFile: join(runFolder, 'private/sessions.json'),
      budgetMs: options.budgetMs ?? 20_000,
      ...(options.environmentFile === undefined ? {} : { environmentFile: options.environmentFile }),
    },
    {
      runFolder,
      projectRoot,
      toolEnv: {
        PATH: process.env['PATH'] ?? '',
        ...(options.preload === undefined ? {} : { NODE_OPTIONS: `--import ${preload}` }),
      },
      signal: options.signal ?? new AbortController().signal,
      emit: (event_) => {
        if (event_.type === 'step-progress') progress.push(event_.text);
      },
      mask: (text) => text,
    },
  );
  return { ...evidence, runFolder, progress };
}

const judge = (evidence: SmokeEvidence) =>
  judgeSmoke({ id: 'smoke.newman', title: 'Smoke', evidence, budgetMs: 20_000 });
const good = "pm.test('fine', () => pm.response.to.have.status(200));";
const fine: Item = { name: 'fine', tests: good };
const statuses = (evidence: SmokeEvidence) => evidence.steps.map(({ name, status }) => [name, status]);

describe('newman', () => {
  it('passes what is right', async () => {
    const evidence = await walk([fine]);
    expect(judge(evidence)).toMatchObject({ status: 'pass' });
    expect(evidence.steps[0]).toMatchObject({
      httpStatus: 200,
      requestIds: ['r-1'],
      assertions: [{ name: 'fine', ok: true }],
    });
    expect(evidence.progress).toEqual(['Postman: fine']);
    expect(createRequire(import.meta.url)('newman/package.json')).toMatchObject({ version: evidence.outcome.version });
  });

  it('a request that asserts nothing is no pass, even when it answers 500', async () => {
    const evidence = await walk([fine, { name: 'unasserted', path: '/broken' }]);
    expect(evidence.outcome.exitCode).toBe(0);
    expect(judge(evidence)).toMatchObject({
      status: 'error',
      because: expect.stringContaining('"unasserted" asserts nothing'),
    });
  });

  it('an empty collection is no pass', async () => {
    const evidence = await walk([]);
    expect(evidence.outcome.exitCode).toBe(0);
    expect(judge(evidence)).toMatchObject({ status: 'error', because: expect.stringContaining('no requests') });
  });

  it('skipped tests are no pass, not even beside others', async () => {
    const evidence = await walk([{ name: 'skipping', tests: `${good} pm.test.skip('later', () => {});` }]);
    expect(evidence.outcome.exitCode).toBe(0);
    expect(judge(evidence)).toMatchObject({ status: 'error', because: expect.stringContaining('skipping') });
  });

  it('requests that a script leaves out are no pass', async () => {
    const hidden = await walk([
      { name: 'first', tests: `${good} pm.execution.setNextRequest(null);` },
      { ...fine, name: 'hidden' },
    ]);
    expect(hidden.outcome.exitCode).toBe(0);
    expect(judge(hidden)).toMatchObject({ status: 'error', because: expect.stringContaining('hidden') });
    const skipped = await walk([fine, { ...fine, name: 'skipped', before: 'pm.execution.skipRequest();' }]);
    expect(skipped.outcome.exitCode).toBe(0);
    expect(judge(skipped)).toMatchObject({ status: 'error', because: expect.stringContaining('skipped') });
  });

  it('an asynchronous test is never counted as passed', async () => {
    const failing = await walk([
      { name: 'later', tests: "pm.test('x', async () => { pm.expect(1).to.eql(2); });" },
      fine,
    ]);
    expect(judge(failing)).toMatchObject({
      status: 'fail',
      because: expect.stringContaining('expected 1 to deeply equal 2'),
    });
    expect(statuses(failing)).toEqual([
      ['later', 'fail'],
      ['fine', 'pass'],
    ]);
    const endless = await walk([
      { name: 'endless', tests: "pm.test('x', async () => { await new Promise(() => {}); });" },
    ]);
    expect(judge(endless)).toMatchObject({
      status: 'error',
      because: expect.stringContaining('"endless" has an async pm.test'),
    });
    const hidden = await walk([
      { name: 'hidden', tests: "const late = async () => { pm.expect(1).to.eql(2); };\npm.test('x', late);" },
    ]);
    expect(judge(hidden).status).toBe('fail');
  });

  it('a failing assertion, an exception in a script and a refused connection fail under the name of their request', async () => {
    const wrong = await walk([{ name: 'wrong', path: '/broken', tests: good }]);
    expect(judge(wrong)).toMatchObject({ status: 'fail', requestIds: ['r-1'], clauses: ['3.1', '3.2d'] });
    expect(wrong.outcome.exitCode).toBe(1);
    const thrown = await walk([
      fine,
      { ...fine, name: 'throws', before: 'throw new Error("no");' },
      { ...fine, name: 'last' },
    ]);
    expect(statuses(thrown)).toEqual([
      ['fine', 'pass'],
      ['throws', 'fail'],
      ['last', 'pass'],
    ]);
    const early = await walk([
      fine,
      { ...fine, name: 'early', before: "pm.test('before', () => pm.expect(1).to.eql(2));" },
    ]);
    expect(statuses(early)).toEqual([
      ['fine', 'pass'],
      ['early', 'fail'],
    ]);
    const refused = await walk(
      JSON.stringify({
        info: { name: 'x', schema },
        item: [{ ...request(fine), name: 'nobody', request: 'http://127.0.0.1:1/' }],
      }),
    );
    expect(judge(refused)).toMatchObject({ status: 'fail', because: expect.stringContaining('"nobody"') });
    expect(refused.steps[0]?.error).toContain('ECONNREFUSED');
  });

  it('a collection or an environment that cannot be read is told as such, and an old report not taken for this run’s', async () => {
    const prepare = async (runFolder: string) => {
      const assertions = [{ name: 'a', ok: true, skipped: false }];
      const execution = {
        itemId: '1',
        startedAt: '',
        durationMs: 1,
        method: 'GET',
        url: '',
        scriptErrors: [],
        assertions,
      };
      const green = {
        items: [{ id: '1', name: 'old', folder: '' }],
        failures: [],
        problems: [],
        executions: [execution],
      };
      await mkdir(join(runFolder, 'newman'));
      await writeFile(join(runFolder, 'newman/report.json'), JSON.stringify(green));
    };
    const broken = await walk('{ not json', { prepare });
    expect(judge(broken)).toMatchObject({
      status: 'error',
      because: expect.stringContaining('collection.json cannot be read'),
    });
    const missing = await walk([fine], { environmentFile: join(folder, 'nowhere.json') });
    expect(judge(missing)).toMatchObject({ status: 'error', because: expect.stringContaining('there is no file') });
    const killed = await walk([fine], { prepare, preload: 'process.kill(process.pid, "SIGKILL");' });
    expect(judge(killed)).toMatchObject({ status: 'error', because: 'newman left no report' });
    expect(killed.outcome.signal).toBe('SIGKILL');
  });

  it('a report that cannot be read is no pass', async () => {
    const preload = `import { writeFileSync } from 'node:fs';
process.on('exit', () => writeFileSync(process.argv[2].replace('private/newman-question.json', 'newman/report.json'), '{"items": ['));`;
    const evidence = await walk([fine], { preload });
    expect(judge(evidence)).toMatchObject({
      status: 'error',
      because: expect.stringContaining('report cannot be read'),
    });
  });

  it('a request that is never answered ends with the budget', async () => {
    const evidence = await walk([{ name: 'silent', path: '/silent', tests: good }], { budgetMs: 3000 });
    expect(evidence.outcome).toMatchObject({ timedOut: true });
    expect(judge(evidence).status).toBe('fail');
  });

  it('a script without an end is killed with its process', async () => {
    const evidence = await walk([{ name: 'endless', tests: `${good}\nwhile (true) {}` }], { budgetMs: 4000 });
    expect(evidence.outcome).toMatchObject({ timedOut: true });
    expect(judge(evidence).status).toBe('fail');
  });

  it('an interruption ends it at once and keeps what was seen', async () => {
    const interruption = new AbortController();
    askedOfSilent = () => interruption.abort('SIGINT');
    const preload = `import { writeFileSync } from 'node:fs'; writeFileSync(process.argv[2] + '.pid', String(process.pid));`;
    const evidence = await walk([fine, { name: 'silent', path: '/silent', tests: good }], {
      signal: interruption.signal,
      preload,
    });
    askedOfSilent = () => {};
    expect(evidence.outcome).toMatchObject({ interrupted: true, timedOut: false });
    expect(evidence.steps[0]).toMatchObject({ name: 'fine', status: 'pass' });
    expect(judge(evidence).status).not.toBe('pass');
    const pid = Number(await readFile(join(evidence.runFolder, 'private/newman-question.json.pid'), 'utf8'));
    expect(isAlive(pid)).toBe(false);
  });

  it('a file of the machine does not travel with a request', async () => {
    const secret = join(folder, 'secret.txt');
    await writeFile(secret, 'do not send me');
    const steals = { method: 'POST', url: `${address}/`, body: { mode: 'file', file: { src: secret } } };
    received = '';
    const item = [{ name: 'steals', request: steals, event: script('test', good) }];
    const evidence = await walk(JSON.stringify({ info: { name: 'thief', schema }, item }));
    expect(evidence.steps[0]).toMatchObject({ httpStatus: 200 });
    expect(received).toBe('');
  });
});

describe('the rate limit of the login', () => {
  const unlessLimited = `if (pm.response.code !== 429) { ${good} }`;
  const login: Item = { name: 'login', path: '/auth/login', tests: unlessLimited };
  const ownRules = async () => {
    const file = join(projectRoot, 'postman/freetask-e2e.postman_collection.json');
    const { item } = JSON.parse(await readFile(file, 'utf8')) as { item: { name: string; event?: unknown }[] };
    return item.find(({ name }) => name === '2 Log in')?.event;
  };

  it('is waited out and then no step of its own', async () => {
    refusals = 1;
    const evidence = await walk([login, fine], { event: await ownRules() });
    expect(judge(evidence).status).toBe('pass');
    expect(statuses(evidence)).toEqual([
      ['login', 'pass'],
      ['fine', 'pass'],
    ]);
  });

  it('says nothing about the release when it stays, whoever wrote the collection', async () => {
    refusals = 99;
    const ours = await walk([login, { ...fine, path: '/broken' }], { event: await ownRules() });
    const others = await walk([
      { ...login, tests: good },
      { ...fine, path: '/broken' },
    ]);
    refusals = 0;
    expect(judge(ours)).toMatchObject({ status: 'inconclusive', because: expect.stringContaining('rate limit') });
    expect(statuses(ours).at(-1)).toEqual(['fine', 'not-run']);
    expect(judge(others)).toMatchObject({ status: 'inconclusive', because: expect.stringContaining('rate limit') });
  });

  it('excuses no other route', async () => {
    const evidence = await walk([{ name: 'jobs', path: '/other-limit', tests: good }]);
    expect(judge(evidence).status).toBe('fail');
  });
});

describe('what the collection must not know, and what no file may tell', () => {
  const asksForCode = {
    name: 'code',
    tests:
      "pm.sendRequest(pm.variables.get('otp_url') + '?email=a%40b.c', (error, answer) => {\n  pm.test('code', () => pm.expect(answer.text()).to.eql('246810'));\n  pm.test(`told ${answer.text()}`, () => {});\n});",
  };
  const command = (says: string): Target['otp'] => ({
    from: 'command',
    command: [process.execPath, '-e', `console.log(${JSON.stringify(says)})`, '{email}'],
  });

  it('a code from a command reaches the collection, and no file of the run', async () => {
    const evidence = await walk([asksForCode], { otp: command('your code: 246810') });
    expect(judge(evidence)).toMatchObject({ status: 'pass' });
    expect(await readFile(join(evidence.runFolder, 'newman/report.json'), 'utf8')).not.toContain('246810');
  });

  /** Our own request for a code, and then one that sends what it got. */
  async function askForCode(otp: Target['otp']): Promise<Walked> {
    const file = join(projectRoot, 'postman/freetask-e2e.postman_collection.json');
    const { item } = JSON.parse(await readFile(file, 'utf8')) as {
      item: { item: { name: string; event: unknown }[] }[];
    };
    const own = item.flatMap((each) => each.item).find(({ name }) => name === 'Log in: client asks for a code');
    const asks = { ...request({ name: 'asks', path: '/auth/login' }), event: own?.event };
    const sends = request({ ...fine, name: 'sends', body: { otp: '{{client_otp}}' } });
    received = '';
    return walk(JSON.stringify({ info: { name: 'double', schema }, item: [asks, sends] }), { otp });
  }

  it.each([
    ['the answer', { from: 'response' }, '135791'],
    ['the target file', { from: 'fixed', code: '112233' }, '112233'],
    ['a command', command('your code: 246810'), '246810'],
  ] as const)('our collection takes its code from %s', async (_, otp, code) => {
    const evidence = await askForCode(otp);
    expect(judge(evidence).status).toBe('pass');
    expect(received).toBe(JSON.stringify({ otp: code }));
  });

  it('a mailbox that is empty is no failure of the release', async () => {
    const evidence = await askForCode(command('no mail'));
    expect(statuses(evidence)).toEqual([
      ['asks', 'pass'],
      ['sends', 'not-run'],
    ]);
    expect(judge(evidence)).toMatchObject({
      status: 'error',
      because: expect.stringMatching(/the OTP command .* printed no six digits/),
    });
  });

  it('tokens and codes are shared by the private file and stand in no other', async () => {
    const shout =
      'pm.test(`seen ${pm.response.text()} ${pm.request.url}`, () => pm.expect(pm.response.text()).to.eql("1"));';
    const evidence = await walk([
      { name: 'asks', path: '/auth/login', body: { email: 'client@example.com' }, tests: shout },
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
});
