import { z } from 'zod';
import type { FlagsSettings } from '../core/flags.ts';
import { tokenSchema } from './courtesy-schema.ts';
import { durationSchema } from './duration.ts';
import { addressSchema, commandWith } from './target-schemas.ts';

const owned = z.array(z.string().min(1)).min(1, 'at least one name, * for any characters').exactOptional();
const timeout = durationSchema.exactOptional();

/** Flags and config overrides that a rollback restores (4.2.2); src/core/flags.ts explains each setting. */
export const flagsSchema = z.discriminatedUnion('driver', [
  z.strictObject({
    driver: z.literal('file'),
    file: z.string().min(1),
    key: z.string().min(1).default('flags'),
    owned,
  }),
  z
    .strictObject({
      driver: z.literal('command'),
      read: commandWith(),
      set: commandWith('name'),
      remove: commandWith('name'),
      timeout,
      readTimeout: timeout,
      owned,
    })
    .transform(({ timeout: timeoutMs, readTimeout: readTimeoutMs, ...rest }) => ({
      ...rest,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(readTimeoutMs === undefined ? {} : { readTimeoutMs }),
    })),
  z
    .strictObject({
      driver: z.literal('unleash'),
      url: addressSchema,
      project: z.string().min(1).default('default'),
      environment: z.string().min(1),
      token: tokenSchema,
      timeout,
      owned,
    })
    .transform(({ timeout: timeoutMs, ...rest }) => ({ ...rest, ...(timeoutMs === undefined ? {} : { timeoutMs }) })),
]) satisfies z.ZodType<FlagsSettings>;
