import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeSmoke } from '../../src/core/judge/smoke.ts';
import type { SmokeEvidence } from '../../src/core/evidence.ts';
import type { Target } from '../../src/core/target.ts';
import { runNewman } from '../../src/runners/newman.ts';

/** Ways in which newman itself exits with 0 although nothing was verified, each with the real newman. */

let server: Server;
let address: string;
let folder: string;
/** Seconds that /limited refuses for; counted down by every question. */
let refusals = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'newman-false-greens-'));
  server = createServer((request, response) => {
    const id = { 'x-request-id': 'r-1', 'content-type': 'application/json' };
    if (request.url === '/broken') return void response.writeHead(500, id).end('{"requestId":"r-1"}');
    if (request.url === '/silent') return;
    if (request.url === '/limited' && refusals > 0) {
      refusals -= 1;
      return void response.writeHead(429, { ...id, 'retry-after': '1' }).end('{"requestId":"r-1"}');
    }
    return void response.writeHead(200, id).end('{"data":{},"requestId":"r-1"}');
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
  readonly tests?: string;
}

const request = ({ name, path = '/', tests }: Item) => ({
  name,
  request: {
    method: 'GET',
    url: { raw: `{{base_url}}${path}`, host: ['{{base_url}}'], path: path.split('/').filter(Boolean) },
  },
  ...(tests === undefined ? {} : { event: [{ listen: 'test', script: { type: 'text/javascript', exec: [tests] } }] }),
});

const target = (otp: Target['otp'] = { from: 'response' }): Target => ({
  name: 'double',
  kind: 'sandbox',
  environment: { name: 'green', api: address, metrics: [] },
  paths: { auth: '/auth', api: '', health: '/healthz', ready: '/readyz' },
  users: { client: 'client@example.com', freelancer: 'freelancer@example.com' },
  otp,
  readiness: { stableForMs: 1, intervalMs: 1, budgetMs: 1 },
  smoke: { budgetMs: 20_000 },
  load: { profile: 'stage' },
});

interface Options {
  readonly budgetMs?: number;
  readonly otp?: Target['otp'];
  readonly stale?: boolean;
}

async function walk(
  items: readonly Item[] | string,
  { budgetMs = 20_000, otp, stale }: Options = {},
): Promise<SmokeEvidence & { runFolder: string }> {
  const runFolder = await mkdtemp(join(folder, 'run-'));
  const collection = join(runFolder, 'collection.json');
  const schema = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';
  await writeFile(
    collection,
    typeof items === 'string' ? items : JSON.stringify({ info: { name: 'double', schema }, item: items.map(request) }),
  );
  if (stale) {
    const green = {
      items: [{ id: '1', name: 'old', folder: '' }],
      failures: [],
      executions: [
        {
          itemId: '1',
          name: 'old',
          startedAt: '',
          durationMs: 1,
          method: 'GET',
          url: '',
          scriptErrors: [],
          assertions: [{ name: 'a', ok: true, skipped: false }],
        },
      ],
    };
    await import('node:fs/promises').then(({ mkdir }) => mkdir(join(runFolder, 'newman')));
    await writeFile(join(runFolder, 'newman/report.json'), JSON.stringify(green));
  }
  const evidence = await runNewman(
    { target: target(otp), collection, sessionsFile: join(runFolder, 'sessions.json'), budgetMs },
    {
      runFolder,
      projectRoot: resolve(import.meta.dirname, '../..'),
      toolEnv: { PATH: process.env['PATH'] ?? '' },
      signal: new AbortController().signal,
      emit: () => undefined,
      mask: (text) => text,
    },
  );
  return { ...evidence, runFolder };
}

const judge = (evidence: SmokeEvidence) =>
  judgeSmoke({ id: 'smoke.newman', title: 'Smoke', evidence, budgetMs: 20_000 });
const good = "pm.test('fine', () => pm.response.to.have.status(200));";

describe('newman', () => {
  it('passes what is right', async () => {
    const evidence = await walk([{ name: 'fine', tests: good }]);
    expect(judge(evidence)).toMatchObject({ status: 'pass' });
    expect(evidence.steps[0]).toMatchObject({
      httpStatus: 200,
      requestIds: ['r-1'],
      assertions: [{ name: 'fine', ok: true }],
    });
  });

  it('a request that asserts nothing is no pass, even when it answers 500', async () => {
    const evidence = await walk([
      { name: 'fine', tests: good },
      { name: 'unasserted', path: '/broken' },
    ]);
    expect(evidence.outcome.exitCode).toBe(0);
    expect(judge(evidence)).toMatchObject({ status: 'error', because: expect.stringContaining('unasserted') });
  });

  it('an empty collection is no pass', async () => {
    const evidence = await walk([]);
    expect(evidence.outcome.exitCode).toBe(0);
    expect(judge(evidence)).toMatchObject({ status: 'error', because: expect.stringContaining('no requests') });
  });

  it('skipped tests are no pass', async () => {
    const evidence = await walk([{ name: 'skipping', tests: "pm.test.skip('later', () => {});" }]);
    expect(judge(evidence)).toMatchObject({ status: 'error', because: expect.stringContaining('skipping') });
  });

  it('requests hidden by setNextRequest(null) are no pass', async () => {
    const evidence = await walk([
      { name: 'first', tests: `${good} pm.execution.setNextRequest(null);` },
      { name: 'hidden', tests: good },
    ]);
    expect(evidence.outcome.exitCode).toBe(0);
    expect(judge(evidence)).toMatchObject({ status: 'error', because: expect.stringContaining('hidden') });
  });

  it('a failing asynchronous test is never counted as passed', async () => {
    const evidence = await walk([{ name: 'later', tests: "pm.test('x', async () => { pm.expect(1).to.eql(2); });" }]);
    expect(judge(evidence).status).not.toBe('pass');
  });

  it('a failing assertion, an exception in a script and a refused connection fail', async () => {
    const wrong = await walk([{ name: 'wrong', path: '/broken', tests: good }]);
    expect(judge(wrong)).toMatchObject({ status: 'fail', requestIds: ['r-1'], clauses: ['3.1', '3.2d'] });
    const thrown = await walk([{ name: 'throws', tests: 'throw new Error("no");' }]);
    expect(judge(thrown)).toMatchObject({ status: 'fail', because: expect.stringContaining('throws') });
  });

  it('a report of an earlier run is not taken for this one', async () => {
    const evidence = await walk('{ not json', { stale: true });
    expect(evidence.problems).toEqual(['newman left no report']);
    expect(judge(evidence).status).toBe('error');
  });

  it('a request that is never answered ends with the budget, and not with a pass', async () => {
    const evidence = await walk([{ name: 'silent', path: '/silent', tests: good }], { budgetMs: 4000 });
    expect(judge(evidence).status).toBe('fail');
    expect(evidence.outcome.durationMs).toBeLessThan(15_000);
  });

  it('a file of the machine does not travel with a request', async () => {
    const evidence = await walk(
      JSON.stringify({
        info: { name: 'thief', schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json' },
        item: [
          {
            name: 'steals',
            request: { method: 'POST', url: `${address}/`, body: { mode: 'file', file: { src: '/etc/hostname' } } },
            event: [
              {
                listen: 'test',
                script: {
                  exec: ["pm.test('nothing was sent', () => pm.expect(pm.request.body.isEmpty()).to.eql(true));", good],
                },
              },
            ],
          },
        ],
      }),
    );
    expect(evidence.steps).toHaveLength(1);
  });

  it('a rate limit is waited out, and one that stays says nothing about the release', async () => {
    const collection = await readFile(
      resolve(import.meta.dirname, '../../postman/freetask-e2e.postman_collection.json'),
      'utf8',
    );
    const { event } = JSON.parse(collection) as { event: unknown };
    const withRules = JSON.stringify({
      info: { name: 'limited', schema: 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json' },
      event,
      item: [
        request({ name: 'limited', path: '/limited', tests: `if (pm.response.code !== 429) { ${good} }` }),
        request({ name: 'next', tests: good }),
      ],
    });
    refusals = 1;
    const limitedOnce = await walk(withRules);
    expect(judge(limitedOnce).status).toBe('pass');
    expect(limitedOnce.steps.map(({ name }) => name)).toEqual(['limited', 'next']);
    refusals = 99;
    const always = await walk(withRules);
    expect(judge(always)).toMatchObject({ status: 'inconclusive', because: expect.stringContaining('rate limit') });
    refusals = 0;
  });

  it('a code from a command reaches the collection, and no file of the run', async () => {
    const tests =
      "pm.test('code', (done) => { pm.sendRequest(pm.variables.get('otp_url') + '?email=a%40b.c', (error, answer) => { pm.expect(answer.text()).to.eql('246810'); done(error); }); });";
    const evidence = await walk([{ name: 'code', tests }], {
      otp: { from: 'command', command: [process.execPath, '-e', 'console.log("your code: 246810")'] },
    });
    expect(judge(evidence)).toMatchObject({ status: 'pass' });
    expect(await readFile(join(evidence.runFolder, 'newman/report.json'), 'utf8')).not.toContain('246810');
  });
});
