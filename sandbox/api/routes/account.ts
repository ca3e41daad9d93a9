import type { FastifyInstance } from 'fastify';
import { text } from '../fields.ts';
import { pageQuery, selectPage } from '../page.ts';
import type { Services } from '../services.ts';

const notificationQuery = pageQuery.extend({ category: text(100).optional() });

/** What belongs to the caller alone: transactions and notifications. */
export function addAccountRoutes(app: FastifyInstance, { database, tokens }: Services): void {
  const onRequest = tokens.allow();
  const order = 'created_at DESC, id DESC';

  app.get('/wallet/transactions', { onRequest }, async (request) => {
    const selection = {
      columns: 'id, job_id AS "jobId", type, amount::float8 AS amount, created_at AS "createdAt"',
      from: 'wallet_transactions WHERE user_id = $1',
      values: [request.user.id],
      order,
    };
    return selectPage(database, selection, pageQuery.parse(request.query));
  });

  app.get('/notifications', { onRequest }, async (request) => {
    const { category, ...page } = notificationQuery.parse(request.query);
    const selection = {
      columns: 'id, job_id AS "jobId", category, message, created_at AS "createdAt"',
      from: 'notifications WHERE user_id = $1 AND ($2::text IS NULL OR category = $2)',
      values: [request.user.id, category],
      order,
    };
    return selectPage(database, selection, page);
  });
}
