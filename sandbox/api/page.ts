import { z } from 'zod';
import type { Database } from './database.ts';

export const pageQuery = z.object({
  page: z.coerce.number().int().min(1).max(1_000_000).default(1),
  pageSize: z.coerce.number().int().min(1).max(50).default(20),
});

/** `columns` are named as the answer names them; a caller's input is passed in `values` and never in the text. */
type Selection = { columns: string; from: string; values: readonly unknown[]; order: string };

export async function selectPage(
  database: Database,
  { columns, from, values, order }: Selection,
  { page, pageSize }: z.infer<typeof pageQuery>,
) {
  const limits = `LIMIT $${values.length + 1} OFFSET $${values.length + 2}`;
  const [items, count] = await Promise.all([
    database.query<object>(`SELECT ${columns} FROM ${from} ORDER BY ${order} ${limits}`, [
      ...values,
      pageSize,
      (page - 1) * pageSize,
    ]),
    database.query<{ total: number }>(`SELECT count(*)::int AS total FROM ${from}`, [...values]),
  ]);
  return { items: items.rows, page, pageSize, total: count.rows[0]?.total };
}
