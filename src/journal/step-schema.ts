import { z } from 'zod';
import type { RolloutStep, Stage } from '../core/rollout/step.ts';
import { sharesSchema } from './observation-schema.ts';

/** The steps of a rollout as its journal records them. */
export const colour = z.enum(['blue', 'green']);
const side = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('colour'), colour }),
  z.object({ kind: z.literal('instances'), names: z.array(z.string()) }),
  z.object({ kind: z.literal('running'), colour, release: z.string() }),
  z.object({ kind: z.literal('public') }),
]);
export const stage = z.object({
  share: z.number(),
  canary: side,
  stepBack: z.int().positive().exactOptional(),
}) satisfies z.ZodType<Stage>;

export const step = z.discriminatedUnion('do', [
  z.object({ do: z.literal('release'), colour, release: z.string() }),
  z.object({ do: z.literal('migrate'), release: z.string() }),
  z.object({ do: z.literal('verify'), side, release: z.string() }),
  z.object({ do: z.literal('check'), side, release: z.string() }),
  z.object({
    do: z.literal('shift'),
    shares: sharesSchema,
    rollback: z.literal(true).exactOptional(),
    stepBack: z.int().positive().exactOptional(),
  }),
  z.object({ do: z.literal('compare'), stage }),
  z.object({ do: z.literal('observe'), stage }),
  z.object({ do: z.literal('smoke'), stage, at: z.enum(['watch-start', 'watch-end']).exactOptional() }),
  z.object({ do: z.literal('judge'), stage }),
  z.object({ do: z.literal('confirm'), side, because: z.enum(['keep-warm', 'rollback']) }),
  z.object({ do: z.literal('start'), instance: z.string(), release: z.string() }),
  z.object({ do: z.literal('join'), instance: z.string() }),
  z.object({ do: z.literal('drain'), instance: z.string() }),
  z.object({ do: z.literal('stop'), instance: z.string() }),
  z.object({ do: z.literal('verify-live'), stage, release: z.string() }),
  z.object({ do: z.literal('roll'), release: z.string(), part: z.enum(['first', 'all']) }),
  z.object({ do: z.literal('roll-back'), release: z.string() }),
  z.object({ do: z.literal('replace'), release: z.string(), rollback: z.literal(true).exactOptional() }),
  z.object({
    do: z.literal('adopt'),
    stage,
    release: z.string(),
    shares: sharesSchema.exactOptional(),
    unobservedMs: z.number().nonnegative(),
  }),
  z.object({ do: z.literal('watch'), stage }),
  z.object({ do: z.literal('conclude-watch'), stage }),
  z.object({ do: z.literal('snapshot-flags'), at: z.enum(['released', 'promoted']).exactOptional() }),
  z.object({ do: z.literal('restore-flags') }),
  z.object({ do: z.literal('migrate-down'), ids: z.array(z.string()) }),
  z.object({ do: z.literal('notify-incident') }),
  z.object({ do: z.literal('open-ticket') }),
  z.object({ do: z.literal('record-failed-deploy') }),
  z.object({ do: z.literal('prove-rollback'), side }),
]) satisfies z.ZodType<RolloutStep>;
