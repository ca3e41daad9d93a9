import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import type { JudgeSettings, RolloutSettings } from '../core/rollout/settings.ts';
import { formatMs } from '../core/slo.ts';
import { durationSchema, spanSchema } from './duration.ts';
import { judgeOverridesSchema, judgeSchema, mergeJudge } from './judge-settings.ts';
import { parseYaml, placeOfKey } from './yaml-file.ts';

const stagesSchema = z
  .array(z.number().gt(0).max(100))
  .min(1)
  .refine(
    (stages) => stages.every((share, index) => share > (stages[index - 1] ?? 0)),
    'each share has to be higher than the one before',
  )
  .refine((stages) => stages.at(-1) === 100, 'the last share has to be 100');

const settings = {
  stages: stagesSchema,
  dwell: durationSchema,
  holdBudget: spanSchema,
  warmUp: spanSchema,
  interval: durationSchema,
  minimum: z.strictObject({ requests: z.int().positive(), payments: z.int().positive() }),
  latency: z.strictObject({ interval: durationSchema, sustained: durationSchema }),
  watch: z.strictObject({ for: durationSchema, smokeEvery: durationSchema.exactOptional() }),
  keepWarm: spanSchema,
  synthetic: z.union([
    z.literal(false),
    z.strictObject({ profile: z.string(), rate: z.number().positive().exactOptional() }),
  ]),
  rolling: z.strictObject({
    by: z.enum(['instance', 'zone']),
    batch: z.int().positive(),
    maxSurge: z.int().positive('clause 2.R2 asks for at least one surge instance'),
    maxUnavailable: z.int().nonnegative(),
  }),
  routerRetry: spanSchema,
  blind: z.strictObject({ retryUpTo: durationSchema, endAfter: durationSchema }),
  proof: spanSchema,
  drain: durationSchema.refine((ms) => ms <= 30_000, 'clause 2.R4 allows 30 s at most'),
  judge: judgeSchema,
};

/** config/rollout.yaml: every setting is required. */
export const rolloutFileSchema = z.strictObject(settings);

/** Every setting of a target file is optional: config/rollout.yaml has the SOP's values. */
export const rolloutOverridesSchema = z.strictObject({
  ...z.strictObject(settings).partial().shape,
  minimum: settings.minimum.partial().optional(),
  latency: settings.latency.partial().optional(),
  rolling: settings.rolling.partial().optional(),
  watch: settings.watch.partial().optional(),
  blind: settings.blind.partial().optional(),
  judge: judgeOverridesSchema.optional(),
});
export type RolloutOverrides = z.output<typeof rolloutOverridesSchema>;

/** config/rollout.yaml with the overrides of the target file. Throws UserError with file, line and key. */
export function parseRolloutSettings(file: string, text: string, overrides: RolloutOverrides = {}): RolloutSettings {
  const own = parseYaml(file, text, rolloutFileSchema, {
    next: ['git diff config/rollout.yaml   shows what was changed; its comments explain every key'],
  });
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  const merged = {
    ...own,
    ...given,
    minimum: { ...own.minimum, ...defined(overrides.minimum) },
    latency: { ...own.latency, ...defined(overrides.latency) },
    rolling: { ...own.rolling, ...defined(overrides.rolling) },
    watch: { ...own.watch, ...defined(overrides.watch) },
    blind: { ...own.blind, ...defined(overrides.blind) },
  };
  const judge = mergeJudge(own.judge, overrides.judge);
  requireSamples(
    judge,
    overrides.judge?.sample ? 'rollout.judge.sample.every' : placeOfKey(file, text, ['judge', 'sample', 'every']),
  );
  return {
    stages: merged.stages,
    dwellMs: merged.dwell,
    holdBudgetMs: merged.holdBudget,
    warmUpMs: merged.warmUp,
    intervalMs: merged.interval,
    minimum: merged.minimum,
    latency: { intervalMs: merged.latency.interval, sustainedMs: merged.latency.sustained },
    watch: {
      forMs: merged.watch.for,
      ...(merged.watch.smokeEvery === undefined ? {} : { smokeEveryMs: merged.watch.smokeEvery }),
    },
    keepWarmMs: merged.keepWarm,
    synthetic: merged.synthetic,
    rolling: merged.rolling,
    routerRetryMs: merged.routerRetry,
    blind: { retryUpToMs: merged.blind.retryUpTo, endAfterMs: merged.blind.endAfter },
    proofMs: merged.proof,
    drainMs: merged.drain,
    judge,
  };
}

/** A sample that is longer than the longest one never counts: the fast lane would be off without a word of it. */
function requireSamples({ sample: { everyMs, longestMs } }: JudgeSettings, place: string): void {
  if (everyMs <= longestMs) return;
  throw new UserError(
    `${place}: ${formatMs(everyMs)} is longer than judge.sample.longest, ${formatMs(longestMs)}, so that no sample would count.`,
    [`rollout: { judge: { sample: { every: 1s, longest: 2s } } } in the target file`],
  );
}

const defined = (value: object | undefined): object =>
  Object.fromEntries(Object.entries(value ?? {}).filter(([, each]) => each !== undefined));
