import { z } from 'zod';
import type { DatabaseEvidence } from '../core/database.ts';
import type { Unmeasured } from '../core/preflight.ts';
import { migrationClasses } from '../core/rollout/migrations.ts';

const count = z.int().nonnegative();
const text = z.string();
const texts = z.array(text);
const classSchema = z.enum(migrationClasses as readonly ['expand', 'contract', 'irreversible']);

const differenceSchema = z.object({
  object: text,
  change: z.enum(['added', 'removed', 'changed']),
  class: z.enum(['expand', 'contract', 'irreversible', 'unknown']),
  reason: text,
  breaks: text.exactOptional(),
  losesData: z.literal(true).exactOptional(),
});

const pendingSchema = z.object({
  id: text,
  class: classSchema,
  because: text,
  revertible: z.boolean(),
  declared: z.boolean(),
  durationMs: z.number().nonnegative().exactOptional(),
  differences: z.array(differenceSchema).exactOptional(),
  changedSchema: z.boolean().exactOptional(),
  schemaStatements: count.exactOptional(),
});

const lintSchema = z.object({
  version: text,
  read: texts,
  findings: z.array(
    z.object({
      migration: text,
      line: z.int().positive(),
      rule: text,
      group: z.enum(['lock', 'incompatible', 'timeout', 'style', 'syntax', 'unknown']),
      message: text,
      statement: text,
      tables: texts.exactOptional(),
    }),
  ),
  problems: texts,
});

const liveSchema = z.object({
  serverVersion: count,
  sizes: z.array(z.object({ table: text, rows: count.exactOptional(), bytes: count })),
  drift: z.array(differenceSchema),
});

const measuredSchema = z.object({
  files: texts,
  release: text,
  driver: text,
  listed: count.exactOptional(),
  refused: text.exactOptional(),
  problems: texts,
  pending: z.array(pendingSchema),
  scratch: z
    .object({
      database: text,
      serverVersion: count,
      objects: count,
      failed: z.object({ migration: text, pending: z.boolean(), problem: text }).exactOptional(),
    })
    .exactOptional(),
  noScratch: text.exactOptional(),
  lint: lintSchema.exactOptional(),
  noLint: text.exactOptional(),
  live: liveSchema.exactOptional(),
  lock: z.object({ timeoutMs: z.number(), retries: count }).exactOptional(),
  largeTable: z.object({ rows: z.number(), bytes: z.number() }),
}) satisfies z.ZodType<DatabaseEvidence>;

const unmeasuredSchema = z.object({
  unmeasured: z.union([z.object({ off: text }), z.object({ missing: text })]) satisfies z.ZodType<Unmeasured>,
});

export const databaseEvidenceSchema = z.union([measuredSchema, unmeasuredSchema]);
