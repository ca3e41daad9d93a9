import { z } from 'zod';
import type { Observation, Sample } from '../core/rollout/observation.ts';

export const sharesSchema = z.object({ blue: z.number(), green: z.number() });
export const servedSchema = z.object({ requests: z.int().nonnegative(), failed: z.int().nonnegative() });
const counts = z.record(z.string(), z.object({ events: z.int().nonnegative(), trials: z.int().nonnegative() }));
/** One reading of a stage, as its journal has it. */
export const observationSchema = z.object({
  at: z.string(),
  lengthMs: z.number(),
  observed: z.boolean(),
  shares: sharesSchema.exactOptional(),
  canary: counts,
  baseline: counts,
  edges: z
    .record(z.string(), z.object({ belowMs: z.number().exactOptional(), aboveMs: z.number().exactOptional() }))
    .exactOptional(),
  above: z
    .object({
      canary: counts,
      baseline: counts,
      users: counts.exactOptional(),
      baselineUsers: counts.exactOptional(),
    })
    .exactOptional(),
  unknown: z.record(z.string(), z.string()).exactOptional(),
  share: z.number().exactOptional(),
  front: servedSchema.exactOptional(),
  connectErrors: z.record(z.string(), z.int().nonnegative()).exactOptional(),
  users: counts.exactOptional(),
  synthetic: counts.exactOptional(),
  baselineUsers: counts.exactOptional(),
  baselineSynthetic: counts.exactOptional(),
  served: z.object({ canary: servedSchema, baseline: servedSchema }).exactOptional(),
  ready: z.boolean().exactOptional(),
  problems: z.array(z.string()),
}) satisfies z.ZodType<Observation>;

/** The router's counters of one second, and those of k6 where it sends requests to both sides. */
export const sampleSchema = z.object({
  at: z.string(),
  lengthMs: z.number(),
  strata: z.array(z.object({ canary: servedSchema, baseline: servedSchema })),
  front: servedSchema.exactOptional(),
}) satisfies z.ZodType<Sample>;
