import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { inTransaction, type Queryable } from '../database.ts';
import { Refusal } from '../envelope.ts';
import { jobId, money } from '../fields.ts';
import { findJob, type Job } from '../jobs.ts';
import { notify } from '../notifications.ts';
import { countAttempt, pay } from '../payments.ts';
import type { Services } from '../services.ts';

const escrowBody = z.object({ jobId, amount: money });
const releaseBody = z.object({ jobId });

type Answer = { jobId: string; payment_state: string; status: string };

export function addPaymentRoutes(app: FastifyInstance, services: Services): void {
  const { tokens, metrics, database } = services;

  app.post('/payments/escrow', { onRequest: tokens.allow('client') }, async (request, reply) => {
    const body = escrowBody.parse(request.body);
    const { answer } = await countAttempt(metrics, 'escrow', () =>
      inTransaction(database, (client) => escrow(client, services, request.user.id, body)),
    );
    void reply.code(201);
    return answer;
  });

  app.post('/payments/release', { onRequest: tokens.allow('client') }, async (request) => {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string' || key === '' || key.length > 200) {
      throw new Refusal(400, 'The header Idempotency-Key is required');
    }
    const body = releaseBody.parse(request.body);
    const { answer } = await countAttempt(metrics, 'release', () =>
      inTransaction(database, (client) => release(client, services, request.user.id, { ...body, key })),
    );
    return answer;
  });
}

/** The job stays locked from reading its state to the end of the transaction, so money moves once. */
async function lockOwnJob(client: Queryable, id: string, userId: string): Promise<Job> {
  const job = await findJob(client, id, 'lock');
  if (job.ownerId !== userId) throw new Refusal(403, 'Only the owner of the job may pay for it');
  return job;
}

async function escrow(
  client: Queryable,
  { provider }: Services,
  userId: string,
  { jobId: id, amount }: z.infer<typeof escrowBody>,
) {
  const job = await lockOwnJob(client, id, userId);
  if (job.paymentState !== 'PENDING_ESCROW' || !['OPEN', 'IN_PROGRESS'].includes(job.status)) {
    throw new Refusal(409, 'Job does not wait for escrow');
  }
  await pay(provider);
  await client.query(
    `UPDATE jobs SET payment_state = 'ESCROWED', status = 'IN_PROGRESS', escrow_amount = $2 WHERE id = $1`,
    [job.id, amount],
  );
  await moveMoney(client, { userId, jobId: job.id, type: 'ESCROW', amount: -amount });
  const answer: Answer = { jobId: job.id, payment_state: 'ESCROWED', status: 'IN_PROGRESS' };
  return { answer, replayed: false };
}

async function release(
  client: Queryable,
  { provider, settings }: Services,
  userId: string,
  { jobId: id, key }: { jobId: string; key: string },
) {
  const job = await lockOwnJob(client, id, userId);
  const earlier = await answerUnder(client, userId, key);
  if (earlier) {
    if (earlier.jobId !== job.id) throw new Refusal(422, 'This Idempotency-Key was used for another job');
    return { answer: earlier, replayed: true };
  }
  const again = settings.defects.releaseRepeats && job.paymentState === 'RELEASED';
  if (job.paymentState !== 'ESCROWED' && !again) throw new Refusal(409, 'Payment not in escrowed state');
  await pay(provider);

  const payee = await findPayee(client, job);
  await client.query(`UPDATE jobs SET payment_state = 'RELEASED', status = 'COMPLETED' WHERE id = $1`, [job.id]);
  await moveMoney(client, { userId: payee, jobId: job.id, type: 'RELEASE', amount: job.escrowAmount ?? 0 });
  const answer: Answer = { jobId: job.id, payment_state: 'RELEASED', status: 'COMPLETED' };
  // Stored only once the money has moved: a declined payment may be retried with the same key.
  await client.query('INSERT INTO idempotency_keys (user_id, key, job_id, answer) VALUES ($1, $2, $3, $4)', [
    userId,
    key,
    job.id,
    answer,
  ]);
  return { answer, replayed: false };
}

async function answerUnder(client: Queryable, userId: string, key: string): Promise<Answer | undefined> {
  const { rows } = await client.query<{ answer: Answer }>(
    'SELECT answer FROM idempotency_keys WHERE user_id = $1 AND key = $2',
    [userId, key],
  );
  return rows[0]?.answer;
}

/** The contract has no step that accepts a bid, so the first bidder is paid; without a bid the money returns. */
async function findPayee(client: Queryable, job: Job): Promise<string> {
  const { rows } = await client.query<{ freelancer_id: string }>(
    'SELECT freelancer_id FROM bids WHERE job_id = $1 ORDER BY created_at LIMIT 1',
    [job.id],
  );
  return rows[0]?.freelancer_id ?? job.ownerId;
}

type Transfer = { userId: string; jobId: string; type: 'ESCROW' | 'RELEASE'; amount: number };

async function moveMoney(client: Queryable, { userId, jobId: id, type, amount }: Transfer): Promise<void> {
  await client.query('INSERT INTO wallet_transactions (user_id, job_id, type, amount) VALUES ($1, $2, $3, $4)', [
    userId,
    id,
    type,
    amount,
  ]);
  const message = type === 'ESCROW' ? `${-amount} paid into escrow` : `${amount} paid out`;
  await notify(client, { userId, jobId: id, category: 'payment', message });
}
