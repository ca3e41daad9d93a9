import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { bid, call, metric, newAddress, postJob } from './caller.ts';
import { startDeployment, startInstance, type Deployment, type Instance } from './deployment.ts';

/** How long a busy machine may take; not a limit that is tested. */
const patience = { timeout: 10_000 };

let deployment: Deployment;
let other: Instance;
let jobId: string;

beforeAll(async () => {
  deployment = await startDeployment();
  other = await startInstance({ databaseUrl: deployment.databaseUrl });
  jobId = await postJob(deployment.url, deployment.client);
}, 30_000);

afterAll(async () => {
  await other?.[Symbol.asyncDispose]();
  await deployment?.stop();
});

function connect(url: string, job: string, token?: string): WebSocket {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new WebSocket(`${url.replace('http', 'ws')}/chat/${job}`, { headers });
}

/** The answer to a refused upgrade. */
async function refusal(socket: WebSocket): Promise<unknown> {
  const [, response] = await once(socket, 'unexpected-response');
  socket.on('error', () => {}).terminate();
  return {
    status: response.statusCode,
    release: response.headers['x-app-release'],
    requestId: response.headers['x-request-id'],
  };
}

async function join(url: string, token: string) {
  const socket = connect(url, jobId, token);
  const received: { type: string; payload: Record<string, unknown> }[] = [];
  socket.on('message', (data: Buffer) => received.push(JSON.parse(data.toString())));
  // Both events are emitted in the same tick, so both are awaited at once.
  const [[response]] = await Promise.all([once(socket, 'upgrade'), once(socket, 'open')]);
  return { socket, received, headers: response.headers, send: (frame: unknown) => socket.send(JSON.stringify(frame)) };
}

const refused = (status: number) => ({
  status,
  release: 'freetask@1.5.0',
  requestId: expect.stringMatching(/^[\da-f-]{36}$/),
});

test('users without access are refused before the upgrade', async () => {
  const { url, client, freelancer } = deployment;
  expect(await refusal(connect(url, jobId))).toEqual(refused(401));
  expect(await refusal(connect(url, jobId, 'forged'))).toEqual(refused(401));
  expect(await refusal(connect(url, jobId, freelancer))).toEqual(refused(403));
  expect(await refusal(connect(url, randomUUID(), client))).toEqual(refused(404));
  expect(await metric(url, 'http_requests_total', 'route="/chat/:jobId"', 'status="403"')).toBe(1);
  expect((await call(url, `GET /chat/${jobId}`, { token: client })).status).toBe(404);
});

test('a message to one instance reaches the sockets of all, sent by socket or over HTTP', async () => {
  const { url, client, freelancer } = deployment;
  await bid(url, freelancer, jobId);
  const here = await join(url, client);
  const there = await join(other.url, freelancer);
  expect(here.headers).toMatchObject({ 'x-app-release': 'freetask@1.5.0', 'x-app-color': 'green' });

  here.send({ type: 'typing' });
  here.send({ type: 'chat_message', message: 'Can you start on Monday?' });
  await expect.poll(() => there.received, patience).toHaveLength(2);
  const longest = '\u{1F6A2}'.repeat(1000);
  await call(other.url, `POST /chat/${jobId}/messages`, { token: freelancer, body: { message: longest } });
  await expect.poll(() => here.received, patience).toHaveLength(3);
  await expect.poll(() => there.received, patience).toHaveLength(3);

  expect(here.received).toEqual(there.received);
  expect(here.received).toMatchObject([
    { type: 'typing', payload: { userId: expect.any(String) } },
    { type: 'chat_message', payload: { jobId, message: 'Can you start on Monday?', attachment: false } },
    { type: 'chat_message', payload: { jobId, message: longest } },
  ]);
  here.socket.terminate();
  there.socket.terminate();
});

test('an unknown frame is answered to its sender alone', async () => {
  const { url, client } = deployment;
  const sender = await join(url, client);
  const observer = await join(url, client);
  for (const frame of ['no object', { type: 'shout' }, { type: 'chat_message', message: 'x'.repeat(2001) }])
    sender.send(frame);
  await expect.poll(() => sender.received.map(({ type }) => type), patience).toEqual(['error', 'error', 'error']);
  expect(observer.received).toEqual([]);
  sender.socket.terminate();
  observer.socket.terminate();
});

test('calls are counted across instances: five logins are five, wherever they arrive', async () => {
  const headers = newAddress();
  const logins = [deployment.url, other.url, deployment.url, other.url, deployment.url, other.url].map((url) =>
    call(url, 'POST /auth/login', { body: { email: 'admin@example.com' }, headers }),
  );
  const statuses = (await Promise.all(logins)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 429)).toHaveLength(1);
  expect(statuses.filter((status) => status === 200)).toHaveLength(5);
});
