import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Refusal } from '../envelope.ts';
import { jobId, money, text } from '../fields.ts';
import { findJob } from '../jobs.ts';
import { notify } from '../notifications.ts';
import type { Services } from '../services.ts';

const checkedBody = z.object({ jobId, amount: money, message: text(500) });
const uncheckedBody = z.object({ jobId, amount: money.default(0), message: z.string().default('') });

export function addBidRoutes(app: FastifyInstance, { database, tokens, settings }: Services): void {
  // Schema 3 renames the column.
  const message = settings.release.schema >= 3 ? 'cover_letter' : 'message';
  const bidBody = settings.defects.bidUnchecked ? uncheckedBody : checkedBody;

  app.post('/bids', { onRequest: tokens.allow('freelancer') }, async (request, reply) => {
    const body = bidBody.parse(request.body);
    const job = await findJob(database, body.jobId);
    // The INSERT itself checks the status, which another request may change at this moment.
    const { rows } = await database.query<object>(
      `INSERT INTO bids (job_id, freelancer_id, amount, ${message})
       SELECT id, $2, $3, $4 FROM jobs WHERE id = $1 AND status = 'OPEN'
       RETURNING id, job_id AS "jobId", amount::float8 AS amount, created_at AS "createdAt"`,
      [job.id, request.user.id, body.amount, body.message],
    );
    if (rows.length === 0) throw new Refusal(409, 'Job is not open for bids');
    await notify(database, { userId: job.ownerId, jobId: job.id, category: 'bid', message: `Bid on "${job.title}"` });
    void reply.code(201);
    return rows[0];
  });
}
