import { z } from 'zod';
import type { FlagChange, FlagSnapshot } from '../core/flags.ts';

const schema = z.object({
  flags: z.record(z.string(), z.string()).exactOptional(),
  changes: z
    .array(z.object({ name: z.string(), from: z.string().exactOptional(), to: z.string().exactOptional() }))
    .exactOptional(),
});

/** What a snapshot of flags has recorded; empty where the journal holds something else. */
export function parseFlagData(data: unknown): {
  readonly flags?: FlagSnapshot;
  readonly changes?: readonly FlagChange[];
} {
  const { data: parsed } = schema.safeParse(data);
  return parsed ?? {};
}
