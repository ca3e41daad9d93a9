import { z } from 'zod';

/** LoadRunner of src/core/load-runner.ts, as a run's evidence has it. */
export const loadRunnerSchema = z.object({
  number: z.int().positive(),
  pod: z.string().exactOptional(),
  requests: z.int().nonnegative().exactOptional(),
  exitCode: z.int().nullable(),
  reason: z.string().exactOptional(),
  lateMs: z.number().exactOptional(),
  heartbeatLateMs: z.number().exactOptional(),
});
