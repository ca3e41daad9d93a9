import type { Queryable } from './database.ts';

type Notification = { userId: string; jobId: string; category: 'bid' | 'payment' | 'job'; message: string };

export async function notify(database: Queryable, { userId, jobId, category, message }: Notification): Promise<void> {
  await database.query('INSERT INTO notifications (user_id, job_id, category, message) VALUES ($1, $2, $3, $4)', [
    userId,
    jobId,
    category,
    message,
  ]);
}
