import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  askOtp,
  bid,
  call,
  escrow,
  refusal,
  listItems,
  newAddress,
  postJob,
  sessionSchema,
  verifyOtp,
} from './caller.ts';
import { startDeployment, type Deployment } from './deployment.ts';

let deployment: Deployment;
let url: string;
let client: string;
let freelancer: string;
let admin: string;

beforeAll(async () => {
  deployment = await startDeployment();
  ({ url, client, freelancer, admin } = deployment);
}, 30_000);

afterAll(async () => deployment?.stop());

const unknownJob = randomUUID();

describe('every answer', () => {
  test('carries the request id in header and body, the release and the colour', async () => {
    const { headers, body } = await call(url, 'GET /healthz');
    expect(body).toEqual({ data: { status: 'ok' }, requestId: headers.get('x-request-id') });
    expect(headers.get('x-app-release')).toBe('freetask@1.5.0');
    expect(headers.get('x-app-color')).toBe('green');
  });

  test('reports what was wrong with the call, by status and envelope', async () => {
    expect(refusal(await call(url, 'GET /nowhere'))).toBe(404);
    expect(refusal(await call(url, 'GET /jobs'))).toBe(401);
    expect(refusal(await call(url, 'GET /jobs', { token: 'forged' }))).toBe(401);
    expect(refusal(await call(url, 'POST /jobs', { token: client, body: '{' }))).toBe(400);
    expect(refusal(await call(url, 'GET /jobs?pageSize=51', { token: client }))).toBe(422);
    const broken = await call(url, 'POST /jobs', { token: client, body: { title: 'x'.repeat(121), budget: -1 } });
    expect(refusal(broken)).toBe(422);
    const fields = ['title', 'description', 'category', 'budget'];
    expect(broken.body.error?.details).toEqual(
      fields.map((field) => expect.objectContaining({ field, message: expect.any(String) })),
    );
  });
});

test.each([
  ['GET /%zz HTTP/1.1\r\nhost: freetask\r\n\r\n', '400'],
  ['GET /jobs HTTP/9\r\n\r\n', '400'],
  [`GET /jobs HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, '431'],
])('a request too broken to be routed is answered like any other', async (request, status) => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').setEncoding('utf8');
  socket.write(request);
  const [answer] = await once(socket, 'data');
  socket.destroy();
  const [, requestId] = /x-request-id: (\S+)/.exec(answer) ?? [];
  expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
  expect(answer).toContain('x-app-release: freetask@1.5.0');
  expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ error: {}, requestId });
});

describe('login', () => {
  test('an OTP opens one session, once, and only for its own user', async () => {
    const email = 'client@example.com';
    const otp = await askOtp(url, email);
    expect(otp).toMatch(/^\d{6}$/);
    expect(refusal(await verifyOtp(url, 'admin@example.com', otp))).toBe(401);
    const first = await verifyOtp(url, email, otp);
    expect(first.status).toBe(200);
    expect(sessionSchema.parse(first.body.data).user.role).toBe('client');
    expect(refusal(await verifyOtp(url, email, otp))).toBe(401);
  });

  test('of two callers with the same OTP at the same moment, one is logged in', async () => {
    const otp = await askOtp(url, 'client@example.com');
    const attempts = await Promise.all(Array.from({ length: 4 }, () => verifyOtp(url, 'client@example.com', otp)));
    expect(attempts.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401]);
  });

  test('an unknown email is 404, a malformed one 422', async () => {
    const headers = newAddress();
    expect(refusal(await call(url, 'POST /auth/login', { body: { email: 'no@example.com' }, headers }))).toBe(404);
    expect(refusal(await call(url, 'POST /auth/login', { body: { email: 'no' }, headers }))).toBe(422);
  });

  test('a refresh token gives a new access token, a tampered one does not', async () => {
    const email = 'freelancer@example.com';
    const { body } = await verifyOtp(url, email, await askOtp(url, email));
    const { refreshToken } = sessionSchema.parse(body.data);
    const refreshed = await call(url, 'POST /auth/refresh', { body: { refreshToken } });
    expect(refreshed.body.data).toEqual({ accessToken: expect.any(String) });
    const tampered = await call(url, 'POST /auth/refresh', { body: { refreshToken: `${refreshToken}x` } });
    expect(refusal(tampered, 'Invalid refresh token')).toBe(401);
  });

  test.each([
    ['/auth/login', 5, { email: 'client@example.com' }],
    ['/auth/verify-otp', 10, { email: 'client@example.com', otp: '000000' }],
  ])('%s is limited to %i calls a minute for each client address', async (path, limit, body) => {
    const headers = newAddress();
    for (let calls = 0; calls < limit; calls += 1) {
      expect((await call(url, `POST ${path}`, { body, headers })).status).not.toBe(429);
    }
    const refused = await call(url, `POST ${path}`, { body, headers });
    expect(refusal(refused)).toBe(429);
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(0);
    expect(retryAfter).toBeLessThanOrEqual(60);
    expect((await call(url, `POST ${path}`, { body, headers: newAddress() })).status).not.toBe(429);
  });
});

describe('jobs and bids', () => {
  test('a new job is open, waits for escrow and stands first in the list', async () => {
    const id = await postJob(url, client, 'Mow 100% of_the lawn');
    const { items } = await listItems(url, freelancer, '/jobs');
    expect(items[0]).toMatchObject({ id, status: 'OPEN', payment_state: 'PENDING_ESCROW', budget: 120 });
    expect((await listItems(url, freelancer, '/jobs?search=100%25 of_the&category=garden')).total).toBe(1);
    expect((await listItems(url, freelancer, '/jobs?search=1_0%25 of')).total).toBe(0);
    expect((await listItems(url, freelancer, '/jobs?status=CANCELLED&search=Mow')).total).toBe(0);
    expect((await call(url, 'GET /jobs?page=99', { token: client })).body.data).toMatchObject({ items: [], page: 99 });
  });

  test('roles are kept apart', async () => {
    const jobId = await postJob(url, client);
    expect(refusal(await call(url, 'POST /jobs', { token: freelancer, body: {} }))).toBe(403);
    expect(refusal(await bid(url, client, jobId))).toBe(403);
    expect(refusal(await escrow(url, freelancer, jobId))).toBe(403);
  });

  test('a job changes its status as the contract allows and no other way', async () => {
    const id = await postJob(url, client);
    const move = (token: string, status: string) => call(url, `PATCH /jobs/${id}/status`, { token, body: { status } });
    expect(refusal(await move(freelancer, 'CANCELLED'))).toBe(403);
    expect(refusal(await move(client, 'COMPLETED'))).toBe(409);
    expect(refusal(await move(client, 'LOST'))).toBe(422);
    expect((await move(client, 'IN_PROGRESS')).body.data).toMatchObject({ id, status: 'IN_PROGRESS' });
    expect((await move(admin, 'COMPLETED')).status).toBe(200);
    expect(refusal(await move(client, 'CANCELLED'))).toBe(409);
    expect(
      refusal(await call(url, `PATCH /jobs/${unknownJob}/status`, { token: admin, body: { status: 'OPEN' } })),
    ).toBe(404);
  });

  test('a bid needs all its fields, a known job and an open one', async () => {
    const jobId = await postJob(url, client);
    const made = await bid(url, freelancer, jobId);
    expect(made.status).toBe(201);
    expect(made.body.data).toMatchObject({ id: expect.any(String), jobId, amount: 100 });
    for (const field of ['jobId', 'amount', 'message']) {
      const body = { jobId, amount: 1, message: 'x', [field]: undefined };
      expect(refusal(await call(url, 'POST /bids', { token: freelancer, body }))).toBe(422);
    }
    expect(refusal(await bid(url, freelancer, unknownJob))).toBe(404);
    expect(refusal(await bid(url, freelancer, 'not-a-uuid'))).toBe(404);
    await escrow(url, client, jobId);
    expect(refusal(await bid(url, freelancer, jobId))).toBe(409);
    const { items } = await listItems(url, client, '/notifications?category=bid&pageSize=1');
    expect(items[0]).toMatchObject({ jobId, category: 'bid' });
  });
});

describe('chat over HTTP', () => {
  test('is for the owner, bidders and admins', async () => {
    const jobId = await postJob(url, client);
    const write = (token: string, job = jobId) =>
      call(url, `POST /chat/${job}/messages`, { token, body: { message: 'Hello' } });
    expect(refusal(await write(freelancer), 'Chat access denied')).toBe(403);
    expect(refusal(await call(url, `GET /chat/${jobId}/messages`, { token: freelancer }), 'Chat access denied')).toBe(
      403,
    );
    expect(refusal(await write(client, unknownJob))).toBe(404);
    await bid(url, freelancer, jobId);
    for (const token of [freelancer, client, admin]) expect((await write(token)).status).toBe(201);
    expect(await listItems(url, client, `/chat/${jobId}/messages?pageSize=2`)).toMatchObject({
      total: 3,
      items: [{ jobId, message: 'Hello', attachment: false }, { jobId }],
    });
  });

  test('takes attachments up to 10 MB', async () => {
    const jobId = await postJob(url, client);
    const attach = (attachment: string) =>
      call(url, `POST /chat/${jobId}/messages`, { token: client, body: { message: 'See', attachment } });
    expect((await attach('aGVsbG8=')).body.data).toMatchObject({ attachment: true });
    expect(refusal(await attach('***'))).toBe(422);
    expect(refusal(await attach(Buffer.alloc(10 * 1024 * 1024 + 1).toString('base64')))).toBe(413);
    expect(refusal(await attach(Buffer.alloc(11 * 1024 * 1024).toString('base64')))).toBe(413);
  });
});
