import { z } from 'zod';
import { type JudgeSettings, sopJudge } from '../core/rollout/settings.ts';

/** The settings of the judge as a rollout was planned with them; absent in journals of earlier versions. */
export const judgeSettingsSchema = z
  .object({
    mode: z.enum(['sop-confirmed', 'proof-only', 'sop-strict']),
    batchMs: z.number(),
    sample: z.object({ everyMs: z.number(), longestMs: z.number() }),
    alpha: z.object({ rollback: z.number(), fast: z.number(), hold: z.number() }),
    beta: z.number(),
    batches: z.object({ rollback: z.number(), hold: z.number(), latency: z.number() }),
    tolerance: z.object({ errors: z.number(), payments: z.number(), latency: z.number() }),
    literal: z.object({ windowMs: z.number(), confirmMs: z.number() }),
    fast: z.object({ leftOut: z.number(), beyond: z.number() }),
    restarts: z.number(),
    clusters: z.number(),
  })
  .default(sopJudge) satisfies z.ZodType<JudgeSettings>;
