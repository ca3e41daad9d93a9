import { z } from 'zod';
import type { ReleaseIdentity } from '../core/target.ts';
import { commandWith, pathSchema } from './target-schemas.ts';

/** What shows which release an instance runs; src/core/target.ts explains each. */
export const identitySchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('header'), name: z.string().regex(/^[\w-]+$/, 'the name of a header') }),
  z.strictObject({ from: z.literal('route'), path: pathSchema, field: z.string().min(1) }),
  z.strictObject({ from: z.literal('command'), command: commandWith('place', 'address') }),
  z.strictObject({ from: z.literal('runtime') }),
  z.strictObject({ from: z.literal('none'), because: z.string().min(1, 'the reason why this is accepted') }),
]) satisfies z.ZodType<ReleaseIdentity>;
