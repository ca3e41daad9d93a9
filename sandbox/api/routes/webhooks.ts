import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { jobId, text } from '../fields.ts';
import { findJob } from '../jobs.ts';
import type { Services } from '../services.ts';

const webhookBody = z.object({ jobId, state: text(100) });

/** Notices of the providers are recorded and move no money: their sender is not authenticated. */
export function addWebhookRoutes(app: FastifyInstance, { database }: Services): void {
  for (const provider of ['billplz', 'stripe']) {
    app.post(`/webhooks/${provider}`, async (request, reply) => {
      const body = webhookBody.parse(request.body);
      const job = await findJob(database, body.jobId);
      await database.query('INSERT INTO webhook_events (provider, job_id, state) VALUES ($1, $2, $3)', [
        provider,
        job.id,
        body.state,
      ]);
      void reply.code(202);
      return { received: true };
    });
  }
}
