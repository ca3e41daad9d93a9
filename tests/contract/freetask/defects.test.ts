import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrateUp } from '../../../sandbox/api/migrations.ts';
import { releases } from '../../../sandbox/releases.ts';
import { askOtp, bid, call, escrow, listItems, logIn, metric, postJob, release, verifyOtp } from './caller.ts';
import { startInstance, startPostgres, type Instance } from './deployment.ts';

/** The symptom of each defect: a short probe that distinguishes the defective release from the healthy one. */
const symptoms: Record<string, (instance: Instance) => Promise<unknown>> = {
  slow: async ({ url }) => {
    await Promise.all(
      Array.from({ length: 8 }, () => call(url, 'POST /auth/refresh', { body: { refreshToken: 'x' } })),
    );
    const within = (seconds: string) =>
      metric(url, 'http_request_duration_seconds_bucket', `le="${seconds}"`, 'route="/auth/refresh"');
    return { anyWithin400ms: (await within('0.4')) !== 0, anyOver1s: (await within('1')) !== 8 };
  },
  errors: async ({ url }) => {
    const token = await logIn(url, 'client');
    const reads = await Promise.all(Array.from({ length: 50 }, () => call(url, 'GET /jobs', { token })));
    const failed = reads.filter(({ status }) => status === 500);
    return { failed: failed.length, counted: await metric(url, 'http_requests_total', 'status="500"') };
  },
  payments: async ({ url }) => {
    const token = await logIn(url, 'client');
    const jobs = await Promise.all(Array.from({ length: 24 }, () => postJob(url, token)));
    const payments = await Promise.all(jobs.map((job) => escrow(url, token, job)));
    const declined = payments.filter(({ status }) => status === 402);
    return { declined: declined.length, counted: await metric(url, 'payment_attempts_total', 'failure', 'escrow') };
  },
  'chat-open': async ({ url }) => {
    const [client, freelancer] = await Promise.all([logIn(url, 'client'), logIn(url, 'freelancer')]);
    const chat = `/chat/${await postJob(url, client)}/messages`;
    const { status: write } = await call(url, `POST ${chat}`, { token: freelancer, body: { message: 'Hi' } });
    const { status: read } = await call(url, `GET ${chat}`, { token: freelancer });
    return { write, read };
  },
  'otp-reuse': async ({ url }) => {
    const otp = await askOtp(url, 'client@example.com');
    await verifyOtp(url, 'client@example.com', otp);
    return { second: (await verifyOtp(url, 'client@example.com', otp)).status };
  },
  'double-release': async ({ url }) => {
    const [client, freelancer] = await Promise.all([logIn(url, 'client'), logIn(url, 'freelancer')]);
    const job = await postJob(url, client);
    await bid(url, freelancer, job);
    await escrow(url, client, job);
    await release(url, client, job, randomUUID());
    const { status: second } = await release(url, client, job, randomUUID());
    const { items } = await listItems(url, freelancer, '/wallet/transactions');
    return { second, payouts: items.filter((item) => item['jobId'] === job).length };
  },
  'bid-unchecked': async ({ url }) => {
    const [client, token] = await Promise.all([logIn(url, 'client'), logIn(url, 'freelancer')]);
    const jobId = await postJob(url, client);
    return { bare: (await call(url, 'POST /bids', { token, body: { jobId } })).status };
  },
  'readiness-flaps': async ({ url }) => {
    const seen = new Set<number>();
    for (let probes = 0; probes < 42; probes += 1) {
      seen.add((await call(url, 'GET /readyz')).status);
      await sleep(100);
    }
    return { seen: [...seen] };
  },
  'health-lies': async ({ url }) => ({
    health: (await call(url, 'GET /healthz')).status,
    ready: (await call(url, 'GET /readyz')).status,
    login: (await call(url, 'POST /auth/login', { body: { email: 'admin@example.com' } })).status,
  }),
  'memory-leak': async ({ url, exited }) => {
    const end = exited.then(() => 'died');
    for (let round = 0; round < 30; round += 1) {
      const calls = Array.from({ length: 20 }, () => fetch(`${url}/jobs`).then((response) => response.text()));
      await Promise.allSettled(calls);
    }
    return { process: await Promise.race([end, sleep(200, 'lives')]) };
  },
  'shutdown-drops': async (instance) => {
    const upload = httpRequest(`${instance.url}/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': 20 },
    });
    const outcome = new Promise((resolve) => {
      upload.once('response', () => resolve('answered')).on('error', () => resolve('dropped'));
    });
    upload.write('{"refreshToken"');
    await call(instance.url, 'GET /healthz');
    instance.kill('SIGTERM');
    await sleep(150);
    upload.end(':"x"}');
    return { request: await outcome };
  },
};

const broken: Record<string, unknown> = {
  slow: { anyWithin400ms: false, anyOver1s: true },
  errors: { failed: 2, counted: 2 },
  payments: { declined: 2, counted: 2 },
  'chat-open': { write: 201, read: 200 },
  'otp-reuse': { second: 200 },
  'double-release': { second: 200, payouts: 2 },
  'bid-unchecked': { bare: 201 },
  'readiness-flaps': { seen: [200, 503] },
  'health-lies': { health: 200, ready: 200, login: 500 },
  'memory-leak': { process: 'died' },
  'shutdown-drops': { request: 'dropped' },
};

const healthy: Record<string, unknown> = {
  slow: { anyWithin400ms: true },
  errors: { failed: 0, counted: undefined },
  payments: { declined: 0, counted: 0 },
  'chat-open': { write: 403, read: 403 },
  'otp-reuse': { second: 401 },
  'double-release': { second: 409, payouts: 1 },
  'bid-unchecked': { bare: 422 },
  'readiness-flaps': { seen: [200] },
  'health-lies': { health: 200, ready: 200, login: 200 },
  'memory-leak': { process: 'lives' },
  'shutdown-drops': { request: 'answered' },
};

const defectOf = (name: string): string => name.replace(/^freetask@[\d.]+-?/, '');
const defective = releases.filter(({ defects }) => Object.keys(defects).length > 0);

/** Lower than in the sandbox, so that the leak ends the process in seconds; enough for a healthy instance. */
const heapMb = 96;

/** Defects that do not affect each other share an instance, because starting processes takes most of the time. */
const groups = [
  ['slow'],
  ['chat-open', 'otp-reuse', 'double-release', 'bid-unchecked', 'readiness-flaps'],
  ['health-lies'],
  ['memory-leak'],
  ['errors', 'payments', 'shutdown-drops'],
];

let postgres: Awaited<ReturnType<typeof startPostgres>>;
let databaseUrl: string;

beforeAll(async () => {
  postgres = await startPostgres();
  databaseUrl = await postgres.newDatabase();
  await migrateUp(databaseUrl);
}, 30_000);

afterAll(async () => postgres?.[Symbol.asyncDispose]());

test('every defect of the catalogue has a symptom here, and a clause that must catch it', () => {
  const probed = Object.keys(symptoms).toSorted();
  expect(defective.map(({ name }) => defectOf(name)).toSorted()).toEqual(probed);
  expect(groups.flat().toSorted()).toEqual(probed);
  const uncaught = releases.filter(({ clauses }) => clauses.length === 0).map(({ name }) => name);
  expect(uncaught).toEqual(['freetask@1.4.0', 'freetask@1.5.0', 'freetask@1.6.0']);
});

test.concurrent.each(groups.map((group) => ({ group })))(
  'a release with $group has its symptoms',
  async ({ group }) => {
    const chosen = defective.filter(({ name }) => group.includes(defectOf(name)));
    const defects = Object.assign({}, ...chosen.map((each) => each.defects));
    await using instance = await startInstance({ databaseUrl, defects, heapMb });
    for (const defect of group) {
      expect({ [defect]: await symptoms[defect]?.(instance) }).toEqual({ [defect]: broken[defect] });
    }
  },
);

test.concurrent('the healthy release has none of them', async () => {
  await using instance = await startInstance({ databaseUrl, heapMb });
  const { 'shutdown-drops': checkShutdownProbe, ...others } = symptoms;
  const seen = await Promise.all(
    Object.entries(others).map(async ([defect, probe]) => [defect, await probe(instance)]),
  );
  seen.push(['shutdown-drops', await checkShutdownProbe?.(instance)]);
  expect(Object.fromEntries(seen)).toMatchObject(healthy);
  expect(await instance.exited).toBe(0);
});
