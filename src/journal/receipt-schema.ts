import { z } from 'zod';
import type { Intervention } from '../core/rollout/intervention.ts';
import type { Receipt } from '../core/rollout/receipt.ts';
import { clauses, isClauseId } from '../core/sop.ts';

export const receiptSchema = z.object({
  because: z.string(),
  startedAt: z.string(),
  trafficBackMs: z.number().exactOptional(),
  steps: z.array(
    z.object({
      clause: z.enum(Object.keys(clauses).filter(isClauseId)),
      title: z.string(),
      status: z.enum(['done', 'problem', 'failed', 'skipped', 'open']),
      startedAt: z.string().exactOptional(),
      durationMs: z.number().exactOptional(),
      proof: z.string(),
      problems: z.array(z.string()),
    }),
  ),
}) satisfies z.ZodType<Receipt>;

export const interventionSchema = z.object({
  now: z.array(z.string()),
  tried: z.array(z.string()),
  commands: z.array(z.object({ purpose: z.string(), command: z.string() })),
}) satisfies z.ZodType<Intervention>;
