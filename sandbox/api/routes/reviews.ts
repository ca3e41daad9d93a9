import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { Refusal } from '../envelope.ts';
import { jobId, text } from '../fields.ts';
import { findJob } from '../jobs.ts';
import type { Services } from '../services.ts';

const reviewBody = z.object({ jobId, rating: z.number().int().min(1).max(5), comment: text(500) });

export function addReviewRoutes(app: FastifyInstance, { database, tokens }: Services): void {
  app.post('/reviews', { onRequest: tokens.allow() }, async (request, reply) => {
    const body = reviewBody.parse(request.body);
    const job = await findJob(database, body.jobId);
    if (job.status !== 'COMPLETED') throw new Refusal(409, 'Only a completed job can be reviewed');
    const { rows } = await database.query<object>(
      `INSERT INTO reviews (job_id, user_id, rating, comment) VALUES ($1, $2, $3, $4)
       RETURNING id, job_id AS "jobId", rating, comment, created_at AS "createdAt"`,
      [job.id, request.user.id, body.rating, body.comment],
    );
    void reply.code(201);
    return rows[0];
  });
}
