import { z } from 'zod';
import { type JudgeSettings, sopJudge } from '../core/rollout/settings.ts';

/** Journals of earlier versions have one number for all kinds. */
const byKind = (clusters: unknown): unknown =>
  typeof clusters === 'number'
    ? { errors: clusters, payments: clusters, latency: clusters, sessions: clusters }
    : clusters;

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
    stepBack: z.object({ mode: z.enum(['off', 'on']), forMs: z.number(), most: z.number() }).default(sopJudge.stepBack),
    restarts: z.number(),
    clusters: z.preprocess(
      byKind,
      z.object({ errors: z.number(), payments: z.number(), latency: z.number(), sessions: z.number() }),
    ),
  })
  .default(sopJudge) satisfies z.ZodType<JudgeSettings>;
