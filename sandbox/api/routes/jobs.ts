import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { inTransaction } from '../database.ts';
import { Refusal } from '../envelope.ts';
import { money, text } from '../fields.ts';
import { findJob, jobColumns, jobStatuses, type JobStatus } from '../jobs.ts';
import { notify } from '../notifications.ts';
import { pageQuery, selectPage } from '../page.ts';
import type { Services } from '../services.ts';

const nextStatuses: Record<JobStatus, readonly JobStatus[]> = {
  OPEN: ['IN_PROGRESS', 'CANCELLED'],
  IN_PROGRESS: ['COMPLETED', 'CANCELLED'],
  COMPLETED: [],
  CANCELLED: [],
};

const listQuery = pageQuery.extend({
  status: z.enum(jobStatuses).optional(),
  category: text(100).optional(),
  search: text(200).optional(),
});

const jobBody = z.object({ title: text(120), description: text(10_000), category: text(100), budget: money });

/** Added by schema 2: a job may have a deadline. */
const deadlineBody = z.object({ deadline: z.iso.datetime().nullable().default(null) });

const statusBody = z.object({ status: z.enum(jobStatuses) });

export function addJobRoutes(app: FastifyInstance, { database, tokens, settings }: Services): void {
  const { schema } = settings.release;
  const columns = jobColumns(schema);

  app.get('/jobs', { onRequest: tokens.allow() }, async (request) => {
    const { status, category, search, ...page } = listQuery.parse(request.query);
    const selection = {
      columns,
      from: `jobs WHERE ($1::text IS NULL OR status = $1) AND ($2::text IS NULL OR category = $2)
        AND ($3::text IS NULL OR title ILIKE $3 OR description ILIKE $3)`,
      values: [status, category, search === undefined ? undefined : likePattern(search)],
      order: 'created_at DESC, id DESC',
    };
    return selectPage(database, selection, page);
  });

  app.post('/jobs', { onRequest: tokens.allow('client') }, async (request, reply) => {
    const { title, description, category, budget } = jobBody.parse(request.body);
    const values: unknown[] = [request.user.id, title, description, category, budget];
    if (schema >= 2) values.push(deadlineBody.parse(request.body).deadline);
    const { rows } = await database.query<object>(
      `INSERT INTO jobs (owner_id, title, description, category, budget ${schema >= 2 ? ', deadline' : ''})
       VALUES (${values.map((_, index) => `$${index + 1}`).join(', ')}) RETURNING ${columns}`,
      values,
    );
    void reply.code(201);
    return rows[0];
  });

  app.patch<{ Params: { id: string } }>('/jobs/:id/status', { onRequest: tokens.allow() }, async (request) => {
    const { status } = statusBody.parse(request.body);
    return inTransaction(database, async (client) => {
      const job = await findJob(client, request.params.id, 'lock');
      if (request.user.role !== 'admin' && request.user.id !== job.ownerId) {
        throw new Refusal(403, 'Only the owner of the job may change its status');
      }
      if (!nextStatuses[job.status].includes(status)) {
        throw new Refusal(409, `A job that is ${job.status} cannot become ${status}`);
      }
      const message = `"${job.title}" is now ${status}`;
      await notify(client, { userId: job.ownerId, jobId: job.id, category: 'job', message });
      const update = `UPDATE jobs SET status = $2 WHERE id = $1 RETURNING ${columns}`;
      const { rows } = await client.query<object>(update, [job.id, status]);
      return rows[0];
    });
  });
}

/** The wildcards of LIKE are literal characters in a user's search. */
function likePattern(search: string): string {
  return `%${search.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
