import { z } from 'zod';
import { interventionSchema, receiptSchema } from './receipt-schema.ts';
import type { RolloutEvent } from '../core/rollout/advance.ts';
import { decisionLines } from '../core/rollout/decision-line.ts';
import { type Decision, decisionWords } from '../core/rollout/decided.ts';
import { migrationClasses } from '../core/rollout/migrations.ts';
import { type RolloutPlan, strategies } from '../core/rollout/plan.ts';
import type { RollbackParts } from '../core/rollout/rollback-parts.ts';
import { judgeSettingsSchema } from './judge-schema.ts';
import { observationSchema, sampleSchema, servedSchema, sharesSchema } from './observation-schema.ts';
import { colour, stage, step } from './step-schema.ts';
import type { RolloutRecord, TimedRolloutEvent } from '../core/rollout/record.ts';

/** A rollout as its journal records it, read back to be resumed. */
const startedProcess = z.object({ host: z.string(), pid: z.int(), startedAtTicks: z.string().exactOptional() });

const decision = {
  id: z.string(),
  decision: z.enum(decisionWords),
  by: z.string(),
  because: z.string(),
  digest: z.string(),
  extendMs: z.number().positive().exactOptional(),
};
export const decisionSchema = z.object(decision) satisfies z.ZodType<Decision>;

const eventOptions = [
  z.object({ type: z.literal('intended'), step }),
  z.object({ type: z.literal('command-started'), process: startedProcess }),
  z.object({
    type: z.literal('done'),
    step,
    summary: z.string(),
    shares: sharesSchema.exactOptional(),
    front: servedSchema.exactOptional(),
    releases: z.record(z.string(), z.string()).exactOptional(),
    endings: z.array(z.object({ name: z.string(), code: z.int().nullable(), killed: z.boolean() })).exactOptional(),
    lingering: z.array(z.string()).exactOptional(),
    exit: z.object({ code: z.int().nullable(), killed: z.boolean() }).exactOptional(),
    problems: z.array(z.string()).exactOptional(),
    data: z.unknown().exactOptional(),
  }),
  z.object({ type: z.literal('failed'), step, because: z.string() }),
  z.object({ type: z.literal('observed'), stage, observation: observationSchema }),
  z.object({ type: z.literal('sampled'), stage, sample: sampleSchema }),
  z.object({ type: z.literal('stepped-back'), stage, because: z.string() }),
  z.object({
    type: z.literal('judged'),
    stage,
    word: z.enum(['GO', 'NO-GO', 'HOLD']),
    because: z.string(),
    line: z.enum(decisionLines).exactOptional(),
  }),
  z.object({ type: z.literal('aborted'), because: z.string() }),
  z.object({ type: z.literal('decided'), stage: stage.exactOptional(), ...decision }),
  z.object({ type: z.literal('paused'), because: z.string() }),
  z.object({ type: z.literal('resumed'), unobservedMs: z.number() }),
] as const;
const event = z.discriminatedUnion('type', eventOptions) satisfies z.ZodType<RolloutEvent>;

const settings = z.object({
  stages: z.array(z.number()),
  dwellMs: z.number(),
  holdBudgetMs: z.number(),
  warmUpMs: z.number(),
  intervalMs: z.number(),
  minimum: z.object({ requests: z.number(), payments: z.number() }),
  latency: z.object({ intervalMs: z.number(), sustainedMs: z.number() }),
  keepWarmMs: z.number(),
  synthetic: z.union([z.literal(false), z.object({ profile: z.string(), rate: z.number().exactOptional() })]),
  rolling: z.object({
    by: z.enum(['instance', 'zone']),
    batch: z.number(),
    maxSurge: z.number(),
    maxUnavailable: z.number(),
  }),
  // Absent in journals of earlier versions.
  routerRetryMs: z.number().default(300_000),
  blind: z.object({ retryUpToMs: z.number(), endAfterMs: z.number() }).exactOptional(),
  proofMs: z.number().exactOptional(),
  drainMs: z.number(),
  // Absent in journals of earlier versions, whose plans have no watch.
  watch: z.object({ forMs: z.number(), smokeEveryMs: z.number().exactOptional() }).default({ forMs: 1_800_000 }),
  judge: judgeSettingsSchema,
});
const rollbackParts = z.object({
  flags: z.union([z.literal(true), z.literal('owned')]).exactOptional(),
  migrations: z
    .array(z.object({ id: z.string(), class: z.enum(migrationClasses), because: z.string(), revertible: z.boolean() }))
    .exactOptional(),
  incident: z.literal(true).exactOptional(),
  ticket: z.literal(true).exactOptional(),
  sentry: z.literal(true).exactOptional(),
  proof: z.literal(true).exactOptional(),
}) satisfies z.ZodType<RollbackParts>;
const flagSnapshot = z.record(z.string(), z.string());
const planBase = {
  release: z.string(),
  verb: z.enum(['watch', 'rollback', 'release']).exactOptional(),
  retried: z.object({ runId: z.string(), because: z.string() }).exactOptional(),
  settings,
  rollback: rollbackParts.exactOptional(),
  undoes: z
    .object({
      runId: z.string(),
      shares: sharesSchema.exactOptional(),
      flags: z.object({
        before: flagSnapshot.exactOptional(),
        released: flagSnapshot.exactOptional(),
        promoted: flagSnapshot.exactOptional(),
      }),
      startPrevious: z.literal(true).exactOptional(),
    })
    .exactOptional(),
  steps: z.array(step),
};
const planOfInstances = z.discriminatedUnion('strategy', [
  z.object({
    ...planBase,
    strategy: z.literal('blue-green'),
    live: colour,
    idle: colour,
    previousRelease: z.string().exactOptional(),
  }),
  z.object({
    ...planBase,
    strategy: z.literal('rolling'),
    live: colour,
    previousRelease: z.string(),
    batches: z.array(z.array(z.string())),
    surge: z.array(z.string()),
  }),
  z.object({
    ...planBase,
    strategy: z.literal('in-place'),
    live: z.literal('public'),
    previousRelease: z.string().exactOptional(),
    before: z.object({ live: z.string(), newest: z.string() }),
    own: z.string().exactOptional(),
  }),
]);
const planOfRuntime = z.object({
  ...planBase,
  strategy: z.literal('rolling'),
  rolledBy: z.literal('runtime'),
  live: colour,
  previousRelease: z.string().exactOptional(),
});
const plan = z.union([planOfRuntime, planOfInstances]) satisfies z.ZodType<RolloutPlan>;

const traffic = z.object({ requests: z.number(), payments: z.number() });
const forecast = z.array(
  z.object({
    share: z.number(),
    traffic,
    needsMs: z.object({ requests: z.number().exactOptional(), payments: z.number().exactOptional() }),
    takesMs: z.number().exactOptional(),
    synthetic: z.boolean(),
    // Absent in journals of earlier versions.
    proofs: z
      .array(
        z.object({ objective: z.string(), trials: z.number().exactOptional(), needsMs: z.number().exactOptional() }),
      )
      .default([]),
    cannotFire: z.array(z.string()),
  }),
);

const at = z.string();
const timedEvent = z.intersection(z.object({ at }), event) satisfies z.ZodType<TimedRolloutEvent>;

export const rolloutRecordSchema = z.object({
  plan,
  forecast,
  events: z.array(timedEvent),
}) satisfies z.ZodType<RolloutRecord>;

/** The lines of journal.ndjson from which a rollout's state is folded. */
export const plannedLineSchema = z.object({
  at,
  type: z.literal('rollout-planned'),
  targetKey: z.string(),
  plan,
  forecast,
  drivers: z.record(z.string(), z.string()).exactOptional(),
});
export const rolloutLineSchema = z.object({ at, type: z.literal('rollout'), event });
/** A line of its own: a reader that does not know samples passes over them. */
export const sampledLineSchema = z.object({ at, type: z.literal('sampled'), stage, sample: sampleSchema });

export const rolloutOutcomeSchema = z.object({
  strategy: z.enum(strategies),
  release: z.string(),
  previousRelease: z.string().exactOptional(),
  phase: z.enum(['planned', 'progressing', 'rolling-back', 'promoted', 'rolled-back', 'rollback-failed']),
  shares: sharesSchema.exactOptional(),
  users: servedSchema.exactOptional(),
  receipt: receiptSchema.exactOptional(),
  intervention: interventionSchema.exactOptional(),
  decisions: z.array(z.object({ at, share: z.number().exactOptional(), ...decision })).exactOptional(),
});
