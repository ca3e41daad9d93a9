import { z } from 'zod';
import type { JudgeSettings } from '../core/rollout/settings.ts';
import { durationSchema, spanSchema } from './duration.ts';

const chance = z.number().gt(0).lt(1);
const batches = z.int().positive();
const odds = z.number().min(1);
const size = z.number().min(1, 'a mean size of clusters is at least 1');
const byKind = 'a mean size for each kind of event: { errors: 2, payments: 1, latency: 2, sessions: 1 }';

/** The key `judge` of config/rollout.yaml, which explains each of them. */
const judge = {
  mode: z.enum(['sop-confirmed', 'proof-only', 'sop-strict']),
  batch: durationSchema,
  sample: z.strictObject({ every: durationSchema, longest: durationSchema }),
  alpha: z.strictObject({ rollback: chance, fast: chance, hold: chance }),
  beta: chance,
  batches: z.strictObject({ rollback: batches, hold: batches, latency: batches }),
  tolerance: z.strictObject({ errors: odds, payments: odds, latency: odds }),
  literal: z.strictObject({ window: durationSchema, confirm: spanSchema }),
  fast: z.strictObject({ leftOut: z.int().nonnegative(), beyond: batches }),
  stepBack: z.strictObject({ mode: z.enum(['off', 'on']), for: durationSchema, most: batches }),
  restarts: z.int().min(2),
  clusters: z.strictObject({ errors: size, payments: size, latency: size, sessions: size }, byKind),
};

export const judgeSchema = z.strictObject(judge);
export const judgeOverridesSchema = z.strictObject({
  ...z.strictObject(judge).partial().shape,
  sample: judge.sample.partial().optional(),
  alpha: judge.alpha.partial().optional(),
  batches: judge.batches.partial().optional(),
  tolerance: judge.tolerance.partial().optional(),
  literal: judge.literal.partial().optional(),
  fast: judge.fast.partial().optional(),
  clusters: judge.clusters.partial().optional(),
  stepBack: judge.stepBack.partial().optional(),
});

export type JudgeFile = z.output<typeof judgeSchema>;
export type JudgeOverrides = z.output<typeof judgeOverridesSchema>;

/** The settings of the file with those of the target over them. */
export function mergeJudge(own: JudgeFile, overrides: JudgeOverrides = {}): JudgeSettings {
  const given = defined(overrides);
  const both = <
    Key extends 'sample' | 'alpha' | 'batches' | 'tolerance' | 'literal' | 'fast' | 'clusters' | 'stepBack',
  >(
    key: Key,
  ) => ({
    ...own[key],
    ...defined(overrides[key]),
  });
  const { mode, batch, beta, restarts } = { ...own, ...given };
  const [sample, literal, stepBack] = [both('sample'), both('literal'), both('stepBack')];
  return {
    mode,
    batchMs: batch,
    sample: { everyMs: sample.every, longestMs: sample.longest },
    alpha: both('alpha'),
    beta,
    batches: both('batches'),
    tolerance: both('tolerance'),
    literal: { windowMs: literal.window, confirmMs: literal.confirm },
    fast: both('fast'),
    stepBack: { mode: stepBack.mode, forMs: stepBack.for, most: stepBack.most },
    restarts,
    clusters: both('clusters'),
  };
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };
const defined = <T extends object>(value: T | undefined): Defined<T> =>
  Object.fromEntries(Object.entries(value ?? {}).filter(([, each]) => each !== undefined)) as Defined<T>;
