import { z } from 'zod';
import type { DatabaseSettings } from '../core/database.ts';
import { durationSchema } from './duration.ts';
import { commandWith, withoutUndefined } from './target-schemas.ts';

const addressSchema = z.string().regex(/^postgres(ql)?:\/\//, 'an address that starts with postgres://');

/** Clause 1.2: where the pending migrations are measured before they run. */
export const databaseSchema = z.union(
  [
    z.strictObject({ off: z.string().min(1, 'the reason') }),
    z
      .strictObject({
        scratch: addressSchema.exactOptional(),
        live: addressSchema.exactOptional(),
        apply: commandWith('database', 'id', 'release').exactOptional(),
        sql: commandWith('id', 'release').exactOptional(),
        inTransaction: z.boolean().default(true),
        ignore: z.array(z.string().min(1)).default([]),
        largeTable: z
          .strictObject({
            rows: z.int().positive().default(100_000),
            megabytes: z.number().positive().default(64),
          })
          .prefault({}),
        timeout: durationSchema.prefault('15m'),
      })
      .transform(({ largeTable, timeout, ...rest }): DatabaseSettings => ({
        ...withoutUndefined(rest),
        largeTable: { rows: largeTable.rows, bytes: largeTable.megabytes * 1024 * 1024 },
        timeoutMs: timeout,
      })),
  ],
  { error: "{ scratch: '${SCRATCH_DATABASE_URL}', … }, or { off: REASON }" },
);
