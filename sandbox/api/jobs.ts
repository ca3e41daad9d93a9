import { isUuid, type Queryable } from './database.ts';
import { Refusal } from './envelope.ts';

export const jobStatuses = ['OPEN', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED'] as const;
export type JobStatus = (typeof jobStatuses)[number];

/**
 * A job as the API shows it. Columns are named and never `*`, so that a release of schema 1 also runs once
 * schema 2 has been applied.
 */
export function jobColumns(schema: number): string {
  const baseline = `id, owner_id AS "ownerId", title, description, category, budget::float8 AS budget, status,
    payment_state, created_at AS "createdAt"`;
  return schema >= 2 ? `${baseline}, deadline` : baseline;
}

/** What the rules need to know of a job. */
export type Job = {
  id: string;
  ownerId: string;
  title: string;
  status: JobStatus;
  paymentState: 'PENDING_ESCROW' | 'ESCROWED' | 'RELEASED';
  escrowAmount: number | null;
};

/** With `lock`, the row is locked until the transaction ends. */
export async function findJob(database: Queryable, id: string, lock?: 'lock'): Promise<Job> {
  const select = `SELECT id, owner_id AS "ownerId", title, status, payment_state AS "paymentState",
    escrow_amount::float8 AS "escrowAmount" FROM jobs WHERE id = $1 ${lock ? 'FOR UPDATE' : ''}`;
  const [job] = isUuid(id) ? (await database.query<Job>(select, [id])).rows : [];
  if (!job) throw new Refusal(404, 'Job not found');
  return job;
}
