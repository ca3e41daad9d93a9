import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { migrateUp } from '../../../sandbox/api/migrations.ts';
import { call, logIn, metric, postJob } from './caller.ts';
import { startInstance, startPostgres } from './deployment.ts';

/** How long a busy machine may take; not a limit that is tested. */
const patience = { timeout: 10_000 };

let postgres: Awaited<ReturnType<typeof startPostgres>>;

beforeAll(async () => {
  postgres = await startPostgres();
}, 30_000);

afterAll(async () => postgres?.[Symbol.asyncDispose]());

test.concurrent('routes stand under the prefixes of the deployment and are counted by route and status; probes are not', async () => {
  const databaseUrl = await postgres.newDatabase();
  await migrateUp(databaseUrl);
  await using instance = await startInstance({ databaseUrl, env: { AUTH_PREFIX: '/api/auth', API_PREFIX: '/api' } });
  const { url } = instance;
  const routes = ['GET /api/jobs', 'GET /api/jobs', 'POST /api/auth/login', 'GET /jobs', 'GET /healthz', 'GET /readyz'];
  const statuses = await Promise.all(routes.map(async (route) => (await call(url, route)).status));
  expect(statuses).toEqual([401, 401, 422, 404, 200, 200]);

  const labels = ['method="GET"', 'route="/api/jobs"', 'status="401"', 'release="freetask@1.5.0"', 'color="green"'];
  expect(await metric(url, 'http_requests_total', ...labels)).toBe(2);
  expect(await metric(url, 'http_requests_total', 'route="/api/auth/login"', 'status="422"')).toBe(1);
  for (const edge of ['0.4', '1']) {
    expect(await metric(url, 'http_request_duration_seconds_bucket', `le="${edge}"`, 'route="/api/jobs"')).toBe(2);
  }
  for (const label of ['healthz', 'readyz', 'metrics', 'route="/jobs"', 'unmatched']) {
    expect(await metric(url, 'http_requests_total', label)).toBeUndefined();
  }
});

test.concurrent('while the database is unreachable the instance is alive and not ready, and it recovers by itself', async () => {
  const databaseUrl = await postgres.newDatabase();
  const name = new URL(databaseUrl).pathname.slice(1);
  await migrateUp(databaseUrl);
  await using instance = await startInstance({ databaseUrl });
  expect((await call(instance.url, 'GET /readyz')).status).toBe(200);
  await postgres.administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await postgres.administer(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`);
  expect((await call(instance.url, 'GET /readyz')).body.error?.message).toBe('Not ready: the database does not answer');
  expect((await call(instance.url, 'GET /healthz')).status).toBe(200);
  expect((await call(instance.url, 'POST /auth/login', { body: { email: 'client@example.com' } })).status).toBe(500);
  await postgres.administer(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  await vi.waitFor(async () => expect((await call(instance.url, 'GET /readyz')).status).toBe(200), patience);
});

test.concurrent('SIGTERM: no longer ready, yet answers what is in flight, including a body that has not arrived yet, and exits 0', async () => {
  const databaseUrl = await postgres.newDatabase();
  await migrateUp(databaseUrl);
  await using instance = await startInstance({ databaseUrl, env: { SHUTDOWN_DELAY_MS: '1000' } });
  const token = await logIn(instance.url, 'client');
  const jobId = await postJob(instance.url, token);

  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const socket = new WebSocket(`${instance.url.replace('http', 'ws')}/chat/${jobId}`, { headers });
  await once(socket, 'open');
  const silent = connect(Number(new URL(instance.url).port), '127.0.0.1').on('error', () => {});
  await once(silent, 'connect');

  const body = JSON.stringify({ message: 'x'.repeat(2000) });
  const upload = httpRequest(`${instance.url}/chat/${jobId}/messages`, {
    method: 'POST',
    headers: { ...headers, 'content-length': body.length },
  });
  upload.write(body.slice(0, 100));
  await call(instance.url, 'GET /healthz');

  instance.kill('SIGTERM');
  await vi.waitFor(async () => expect((await call(instance.url, 'GET /readyz')).status).toBe(503), patience);
  await vi.waitFor(() => expect(fetch(`${instance.url}/healthz`)).rejects.toThrow('fetch failed'), patience);
  await sleep(100);
  upload.end(body.slice(100));
  const [response] = await once(upload, 'response');
  expect(response.statusCode).toBe(201);
  expect(response.headers.connection).toBe('close');
  expect(await instance.exited).toBe(0);
  silent.destroy();
});

test.concurrent('an instance that is stopped while it still connects to its database exits as well', async () => {
  const databaseUrl = await postgres.newDatabase();
  await migrateUp(databaseUrl);
  await using instance = await startInstance({ databaseUrl });
  const probes = Array.from({ length: 20 }, () => call(instance.url, 'GET /readyz').catch(() => undefined));
  instance.kill('SIGTERM');
  expect(await Promise.race([instance.exited, sleep(20_000, 'still running', { ref: false })])).toBe(0);
  await Promise.all(probes);
});

test.concurrent('every error reaches Sentry with its release and request id, even if the instance is stopped at once', async () => {
  let received = '';
  const sentry = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    request.on('end', () => response.end('{}'));
  }).listen(0, '127.0.0.1');
  await once(sentry, 'listening');
  const address = sentry.address();
  const port = typeof address === 'object' ? address?.port : undefined;

  const databaseUrl = await postgres.newDatabase();
  await using instance = await startInstance({
    databaseUrl,
    env: { SENTRY_DSN: `http://key@127.0.0.1:${port}/1` },
  });
  // Without its tables the release fails with an error that the contract does not define.
  const refresh = () => call(instance.url, 'POST /auth/refresh', { body: { refreshToken: 'x' } });
  const answers = [await refresh(), await refresh()];
  expect(await instance.stop()).toBe(0);
  expect(received).toContain('"release":"freetask@1.5.0"');
  for (const { status, body } of answers) {
    expect(status).toBe(500);
    expect(body.error).toEqual({ message: 'Internal server error' });
    expect(received).toContain(`"request_id":"${body.requestId}"`);
  }
  sentry.close();
});

test.concurrent('the web client is served beside the API, where there is one', async () => {
  const databaseUrl = await postgres.newDatabase();
  const webRoot = await mkdtemp(join(tmpdir(), 'freetask-web-'));
  await writeFile(join(webRoot, 'index.html'), '<!doctype html><title>FreeTask</title>');
  await using instance = await startInstance({ databaseUrl, env: { WEB_ROOT: webRoot } });
  const page = await fetch(`${instance.url}/`);
  expect(await page.text()).toContain('<title>FreeTask</title>');
  expect(page.headers.get('x-app-release')).toBe('freetask@1.5.0');
  expect((await call(instance.url, 'GET /missing.js')).status).toBe(404);
  expect((await call(instance.url, 'GET /jobs')).status).toBe(401);
  await rm(webRoot, { recursive: true });
});
