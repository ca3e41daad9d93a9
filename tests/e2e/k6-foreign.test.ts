import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LoadEvidence } from '../../src/core/evidence.ts';
import type { ForeignScript } from '../../src/core/target.ts';
import { type Bench, openBench } from './support/k6-bench.ts';

/** k6 scripts of a target's own, each with the real k6 on a small server. */

let bench: Bench;
let server: Server;
let url: string;
let sometimes = 0;
beforeAll(async () => {
  bench = await openBench();
  server = createServer((request, response) => answer(request.url ?? '', response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await bench[Symbol.asyncDispose]();
});

function answer(path: string, response: ServerResponse): void {
  const [, location] = /^\/redirect\/(.+)/.exec(path) ?? [];
  if (location !== undefined) return void response.writeHead(302, { location: decodeURIComponent(location) }).end();
  const status = Number(/\/status\/(\d+)/.exec(path)?.[1] ?? 200);
  if (path.startsWith('/sometimes')) sometimes += 1;
  response.writeHead(path.startsWith('/sometimes') && sometimes % 4 === 0 ? 503 : status, {
    'X-App-Release': 'shop@1',
  });
  response.end(JSON.stringify({ path }));
}

/** The files of a script in a folder of their own; `script.js` or `script.ts` is the one that is run. */
async function write(
  files: Readonly<Record<string, string>>,
  more: Partial<ForeignScript> = {},
): Promise<ForeignScript> {
  const folder = await mkdtemp(join(bench.folder, 'own script '));
  await mkdir(join(folder, 'lib'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const path = join(folder, Object.keys(files)[0] ?? '');
  return {
    path,
    options: 'replaced',
    metrics: {},
    variables: { BASE_URL: '{api}' },
    iteration: { requests: 1 },
    ...more,
  };
}

const base = "import http from 'k6/http';\nimport { check } from 'k6';\nconst url = __ENV.BASE_URL;\n";

it('replaced: the plan runs every scenario of the script, in TypeScript, with its modules, files, setup and metrics', async () => {
  const script = await write(
    {
      'script.ts': `${base}import { Rate, Trend } from 'k6/metrics';
import { named } from './lib/named.js';
interface Data { readonly word: string }
const paid = new Rate('paid');
const quick = new Trend('quick');
export const options = {
  tags: { team: 'shop' },
  scenarios: {
    browse: { executor: 'constant-vus', vus: 1, duration: '10m' },
    pay: { executor: 'constant-vus', vus: 1, duration: '10m', exec: 'pay', env: { METHOD: 'card' } },
  },
  thresholds: { http_req_duration: ['p(95)<0'] },
};
export const setup = (): Data => ({ word: open === undefined ? '' : 'from setup' });
export default function (data: Data): void {
  check(named(url), { 'has the word': (r: { body: string }) => data.word === 'from setup' && r.body.includes('parrot') });
  quick.add(3);
}
export function pay(): void {
  paid.add(http.get(\`\${url}/pay?by=\${__ENV.METHOD}\`).status === 200);
}
export const handleSummary = () => ({ 'summary-of-theirs.json': '{}' });
`,
      'lib/named.js': `import { get } from 'k6/http';
const word = open('./word.txt').trim();
export const named = (url) => get(\`\${url}/named/\${word}\`, { tags: { name: 'a name' } });
`,
      'lib/word.txt': 'parrot\n',
    },
    { metrics: { 'payment-success': 'paid', 'latency-p50': 'quick', 'latency-p95': 'http_req_waiting' } },
  );
  const evidence = await bench.load({ url, script, rate: 100, expectedRelease: 'shop@1' });
  expect(evidence.outcome.exitCode).toBe(0);
  expect(bench.statuses(evidence)['load.answers']).toBe('pass');
  expect(evidence.requests).toBeGreaterThan(60);
  expect(evidence.iterations).toBe(evidence.requests);
  expect(evidence.slo['payment-success']).toEqual({ events: 0, trials: evidence.slo['payment-success']?.trials });
  expect(evidence.slo['latency-p50']?.trials).toBe(
    evidence.iterations - (evidence.slo['payment-success']?.trials ?? 0),
  );
  expect(evidence.releases).toEqual([{ name: 'shop@1', answers: evidence.requests }]);
  expect(evidence.script).toMatchObject({ options: 'replaced', thresholds: [], elsewhere: { answers: 0 } });
});

it('replaced: 5xx and a failing payment are counted; the checks of those answers fail nothing a second time', async () => {
  const script = await write(
    {
      'script.js': `${base}import { Rate } from 'k6/metrics';
const failed = new Rate('failed_payments');
export default async function () {
  http.batch({ a: url + '/status/500', b: ['GET', url + '/status/200'] });
  await http.asyncRequest('GET', url + '/status/502');
  const response = http.get(url + '/sometimes');
  check(response, { 'status is 200': (r) => r.status === 200 });
  failed.add(response.status !== 200);
  if (response.status !== 200) throw new Error('no json');
}
`,
    },
    { metrics: { 'payment-success': '!failed_payments', 'server-errors': 'http_req_failed' } },
  );
  const evidence = await bench.load({ url, script });
  const { 'payment-success': failed, 'server-errors': errors } = evidence.slo;
  expect(failed?.events).toBeGreaterThan(5);
  expect(failed?.trials).toBe(evidence.iterations);
  expect(errors).toEqual({ events: 2 * evidence.iterations + (failed?.events ?? 0), trials: evidence.requests });
  expect(evidence.exceptions).toBe(0);
  expect(bench.statuses(evidence)).toMatchObject({
    'load.answers': 'pass',
    'load.server-errors': 'fail',
    'load.payment-success': 'fail',
  });
});

it('kept: a crossed threshold fails by its expression, and one without a sample proves nothing', async () => {
  const script = await write(
    {
      'script.js': `${base}import { Counter } from 'k6/metrics';
const orders = new Counter('orders');
export const options = {
  vus: 2,
  duration: '1s',
  thresholds: { orders: ['count>=100000'], http_req_duration: ['p(95)<2000'], 'http_req_duration{name:none}': ['p(95)<1'] },
};
export default function () {
  orders.add(1);
  check(http.get(url), { ok: (r) => r.status === 200 });
}
`,
    },
    { options: 'kept' },
  );
  const evidence = await bench.load({ url, script });
  const { 'load.thresholds': thresholds, 'load.payment-success': payments } = bench.judge(evidence);
  expect(thresholds).toMatchObject({ status: 'fail', because: 'Crossed: orders: count>=100000.' });
  expect(evidence.script?.thresholds.filter(({ samples }) => !samples).map(({ metric }) => metric)).toEqual([
    'http_req_duration{name:none}',
  ]);
  expect(payments).toMatchObject({
    status: 'inconclusive',
    because: 'No metric of the script is mapped to it; name one: load.metrics.payment-success of the target file.',
  });
  expect(evidence.profile).toBe('of script.js');
  expect(evidence.problems).toEqual([]);
});

it('a script with the address of another service: both origins are named, and nothing passes', async () => {
  await using other = createServer((_, response) => void response.end('ok')).listen(0, '127.0.0.1');
  await once(other, 'listening');
  const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const script = await write({
    'script.js': `${base}import ws from 'k6/ws';
export default () => {
  check(http.get('${elsewhere}/x', { tags: { name: 'x' } }), { ok: (r) => r.status === 200 });
  http.get(url + '/redirect/' + encodeURIComponent('${elsewhere}/y'));
  ws.connect('${elsewhere.replace('http', 'ws')}/chat', () => undefined);
};`,
  });
  const evidence = await bench.load({ url, script });
  // Of each visit: an answer, that after a redirect of the target, and a WebSocket; the redirect is the target's own answer.
  const { requests, iterations } = evidence;
  expect(evidence.script?.elsewhere).toEqual({ origins: [elsewhere], answers: 3 * iterations });
  expect(requests).toBe(3 * iterations);
  expect(evidence.slo['server-errors']).toEqual({ events: 0, trials: iterations });
  expect(bench.judge(evidence)['load.run']?.status).toBe('error');
  expect(passed(evidence, 'load.pace')).toEqual([]);
  other.closeAllConnections();
});

it('an exception in every iteration, which k6 ends with 0: nothing passes', async () => {
  const text = `${base}export default function () { http.get(url); throw new Error('broken'); }`;
  const evidence = await bench.load({ url, script: await write({ 'script.js': text }) });
  expect(evidence.outcome.exitCode).toBe(0);
  expect(evidence.exceptions).toBe(evidence.iterations);
  expect(passed(evidence, 'load.answers', 'load.pace')).toEqual([]);
});

it.each([
  [
    'a test that aborts itself',
    `${base}import exec from 'k6/execution';\nexport default function () { http.get(url); exec.test.abort('enough'); }`,
    /exit code 108: aborted by the script/,
  ],
  [
    'a syntax error',
    'export default function () {\n  let = = 3;\n}\n',
    /k6 refuses the script: .*script\.js.*Unexpected token/,
  ],
  ['nothing that k6 could call', 'export const helper = 1;\n', /k6 refuses the script/],
  [
    'names of hosts that are sent elsewhere',
    `${base}export const options = { hosts: { 'shop.example': '127.0.0.1' } };\nexport default function () { http.get(url); }`,
    /the option `hosts`/,
  ],
])('%s: nothing passes', async (_, text, because) => {
  const evidence = await bench.load({ url, script: await write({ 'script.js': text }) });
  expect(evidence.problems.join('; ')).toMatch(because);
  expect(passed(evidence, 'load.answers')).toEqual([]);
});

/** The ids of the checks that passed, without those that may. */
const passed = (evidence: LoadEvidence, ...allowed: readonly string[]): string[] =>
  Object.entries(bench.statuses(evidence)).flatMap(([id, status]) =>
    status === 'pass' && !allowed.includes(id) ? [id] : [],
  );
