import { z } from 'zod';
import type { LoadProfiles } from '../core/load-plan.ts';
import { durationSchema, spanSchema } from './duration.ts';
import { parseYaml } from './yaml-file.ts';

const shapeSchema = z.strictObject({
  share: z.number().positive(),
  requests: z.int().positive(),
  payments: z.int().nonnegative().default(0),
});

const profileSchema = z
  .strictObject({
    title: z.string().min(1),
    rate: z.number().positive(),
    start: z.number().nonnegative(),
    stopOnBreach: z.boolean().default(false),
    stages: z
      .array(z.strictObject({ to: z.number().nonnegative(), /** 0s: a jump. */ over: spanSchema }))
      .transform((stages) => stages.map(({ to, over }) => ({ to, overMs: over }))),
  })
  .refine(({ stages }) => stages.some(({ overMs }) => overMs > 0), 'its stages have no duration')
  .refine(({ start, stages }) => start > 0 || stages.some(({ to }) => to > 0), 'its rate is always 0');

const name = z.string().regex(/^[a-z]+(-[a-z]+)*$/, 'lower case words with dashes');

export const loadProfilesFileSchema = z
  .strictObject({
    users: z.array(z.string().min(1)).default([]),
    patience: durationSchema,
    mix: z.record(name, shapeSchema).refine((mix) => Object.keys(mix).length > 0, 'at least one scenario'),
    profiles: z.record(name, profileSchema),
  })
  .transform(({ users, patience, mix, profiles }): LoadProfiles => ({ users, patienceMs: patience, mix, profiles }));

/** The profiles of config/load-profiles.yaml. Throws UserError with file, line and key. */
export const parseLoadProfiles = (file: string, text: string): LoadProfiles =>
  parseYaml(file, text, loadProfilesFileSchema, {
    next: ['git diff config/load-profiles.yaml   shows what was changed; its comments explain every key'],
  });
