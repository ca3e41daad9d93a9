import { z } from 'zod';
import type { Unmeasured } from '../core/preflight.ts';

export const unmeasuredSchema = z.union([
  z.strictObject({ off: z.string() }),
  z.strictObject({ missing: z.string() }),
]) satisfies z.ZodType<Unmeasured>;
