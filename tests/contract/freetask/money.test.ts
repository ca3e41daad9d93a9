import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bid, call, escrow, listItems, metric, postJob, refusal, release } from './caller.ts';
import { startDeployment, type Deployment } from './deployment.ts';

let deployment: Deployment;
let url: string;
let client: string;
let freelancer: string;

beforeAll(async () => {
  deployment = await startDeployment();
  ({ url, client, freelancer } = deployment);
}, 30_000);

afterAll(async () => deployment?.stop());

const unknownJob = randomUUID();

async function escrowedJob(): Promise<string> {
  const jobId = await postJob(url, client);
  await bid(url, freelancer, jobId);
  expect((await escrow(url, client, jobId)).status).toBe(201);
  return jobId;
}

const movements = async (token: string, jobId: string) =>
  (await listItems(url, token, '/wallet/transactions?pageSize=50')).items.filter((item) => item['jobId'] === jobId);

test('money goes from the client into escrow and on to the freelancer', async () => {
  const jobId = await postJob(url, client);
  await bid(url, freelancer, jobId);
  const paid = await escrow(url, client, jobId);
  expect(paid.body.data).toEqual({ jobId, payment_state: 'ESCROWED', status: 'IN_PROGRESS' });
  expect(refusal(await escrow(url, client, jobId))).toBe(409);
  const released = await release(url, client, jobId, randomUUID());
  expect(released.status).toBe(200);
  expect(released.body.data).toEqual({ jobId, payment_state: 'RELEASED', status: 'COMPLETED' });
  expect(await movements(client, jobId)).toMatchObject([{ type: 'ESCROW', amount: -100 }]);
  expect(await movements(freelancer, jobId)).toMatchObject([{ type: 'RELEASE', amount: 100 }]);
});

test('money moves once: the same key answers the same, a new key is refused', async () => {
  const jobId = await escrowedJob();
  const key = randomUUID();
  const first = await release(url, client, jobId, key);
  const again = await release(url, client, jobId, key);
  expect({ status: again.status, data: again.body.data }).toEqual({ status: 200, data: first.body.data });
  expect(refusal(await release(url, client, jobId, randomUUID()), 'Payment not in escrowed state')).toBe(409);
  expect(await movements(freelancer, jobId)).toHaveLength(1);
  expect(refusal(await release(url, client, await escrowedJob(), key))).toBe(422);
});

test('money moves once when two releases come at the same moment', async () => {
  const jobId = await escrowedJob();
  const keys = ['a', 'a', 'b', 'b'].map((key) => `${jobId}-${key}`);
  const statuses = (await Promise.all(keys.map((key) => release(url, client, jobId, key)))).map(({ status }) => status);
  expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 200, 409, 409]);
  expect(await movements(freelancer, jobId)).toHaveLength(1);
});

test('money does not move for other users, unknown jobs, open jobs or without a key', async () => {
  const jobId = await postJob(url, client);
  expect(refusal(await release(url, client, unknownJob, randomUUID()))).toBe(404);
  expect(refusal(await escrow(url, client, unknownJob))).toBe(404);
  expect(refusal(await release(url, client, jobId, randomUUID()), 'Payment not in escrowed state')).toBe(409);
  expect(refusal(await call(url, 'POST /payments/release', { token: client, body: { jobId } }))).toBe(400);
});

test('payments are counted by outcome: one for each that was made, none for a refusal or a replay', async () => {
  const outcomes = async () => ({
    escrows: await metric(url, 'payment_attempts_total', 'kind="escrow"', 'outcome="success"'),
    releases: await metric(url, 'payment_attempts_total', 'kind="release"', 'outcome="success"'),
    failures: await metric(url, 'payment_attempts_total', 'outcome="failure"'),
  });
  const before = await outcomes();
  const jobId = await escrowedJob();
  for (const key of ['a', 'a', 'b']) await release(url, client, jobId, `${jobId}-${key}`);
  await escrow(url, client, jobId);
  expect(await outcomes()).toEqual({ escrows: before.escrows! + 1, releases: before.releases! + 1, failures: 0 });
});

test('a review is for a completed job, a webhook for a known one', async () => {
  const jobId = await postJob(url, client);
  const review = { token: freelancer, body: { jobId, rating: 5, comment: 'Paid at once' } };
  expect(refusal(await call(url, 'POST /reviews', review))).toBe(409);
  await escrow(url, client, jobId);
  await release(url, client, jobId, randomUUID());
  expect((await call(url, 'POST /reviews', review)).body.data).toMatchObject({ jobId, rating: 5 });
  expect(refusal(await call(url, 'POST /reviews', { ...review, body: { ...review.body, rating: 6 } }))).toBe(422);
  for (const provider of ['billplz', 'stripe']) {
    const answer = await call(url, `POST /webhooks/${provider}`, { body: { jobId, state: 'paid' } });
    expect({ status: answer.status, data: answer.body.data }).toEqual({ status: 202, data: { received: true } });
    expect(refusal(await call(url, `POST /webhooks/${provider}`, { body: { jobId: unknownJob, state: 'paid' } }))).toBe(
      404,
    );
  }
});
