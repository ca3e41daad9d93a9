import { z } from 'zod';

export const evidenceBase = { files: z.array(z.string()), problems: z.array(z.string()) };

export const outcomeSchema = z.object({
  tool: z.string(),
  version: z.string(),
  command: z.array(z.string()),
  exitCode: z.int().nullable(),
  signal: z.string().nullable(),
  timedOut: z.boolean(),
  interrupted: z.boolean(),
  startedAt: z.string(),
  durationMs: z.number(),
  stdout: z.string(),
  stderr: z.string(),
});
