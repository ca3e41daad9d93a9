import { z } from 'zod';

const otpSchema = z.discriminatedUnion('from', [
  z.object({ from: z.literal('response') }),
  z.object({ from: z.literal('fixed'), code: z.string() }),
  z.object({ from: z.literal('command'), command: z.tuple([z.string()], z.string()).readonly() }),
]);

/** The child's input, passed in a private file because a fixed OTP may be in it. */
export const childInputSchema = z.object({
  collection: z.string(),
  environmentFile: z.string().optional(),
  /** CSV or JSON: one iteration for each row. */
  dataFile: z.string().optional(),
  /** They override the environment file, which may have been written for the other colour. */
  variables: z.record(z.string(), z.string()),
  otp: otpSchema,
  /** The environment of the command that fetches an OTP. */
  commandEnv: z.record(z.string(), z.string()),
  report: z.string(),
  /** One line for each part of the report, written while newman runs. */
  stream: z.string(),
  sessionsFile: z.string(),
  /** By the name of the user in the target file. */
  emails: z.record(z.string(), z.string()),
  /** Names of the headers of an answer. */
  headers: z.object({ requestId: z.string().optional(), release: z.string().optional() }),
  /** What a log-in's answer looks like, and where it is asked for. */
  login: z.object({
    verify: z.string().optional(),
    envelope: z.string().optional(),
    access: z.string(),
    refresh: z.string(),
  }),
  timeoutMs: z.number(),
  requestTimeoutMs: z.number(),
  /** Pause before each request: the rate limit of the target file. */
  delayMs: z.number().default(0),
});
export type ChildInput = z.infer<typeof childInputSchema>;

const executionSchema = z.object({
  itemId: z.string(),
  startedAt: z.string(),
  durationMs: z.number(),
  method: z.string(),
  url: z.string(),
  status: z.number().optional(),
  requestId: z.string().optional(),
  release: z.string().optional(),
  requestError: z.string().optional(),
  /** A 429 that says when it ends: the suite's own requests may be the cause, whatever the route. */
  limited: z.boolean().optional(),
  scriptErrors: z.array(z.string()),
  assertions: z.array(
    z.object({ name: z.string(), ok: z.boolean(), skipped: z.boolean(), message: z.string().optional() }),
  ),
  /** How often the same request had this same outcome: a collection may poll. */
  tries: z.number().default(1),
  /** Origins that were asked, those of redirects and of requests of the scripts included. */
  origins: z.array(z.string()).default([]),
  /** Names of variables that were sent as `{{name}}`. */
  unfilled: z.array(z.string()).default([]),
  /** Tests that passed without an assertion, and why. */
  notes: z.array(z.string()).default([]),
});
export type ChildExecution = z.infer<typeof executionSchema>;

/** The child's report: names, times and ids, but no header and no body, so that no token gets into it. */
export const childReportSchema = z.object({
  items: z.array(z.object({ id: z.string(), name: z.string(), folder: z.string() })),
  executions: z.array(executionSchema),
  /** Everything that newman counts as a failure, whether or not an execution shows it. */
  failures: z.array(z.string()),
  /** Why the run may not be believed, or did not complete. */
  problems: z.array(z.string()),
  /** Between an answer that names the end of a rate limit and the next request. */
  waitedMs: z.number().optional(),
});
export type ChildReport = z.infer<typeof childReportSchema>;

/** Begins a line of the child about a wait; every other line is a request that has ended. */
export const waitMark = '~ ';

export const childPartSchema = z.union([
  z.object({ items: childReportSchema.shape.items }),
  z.object({ execution: executionSchema }),
]);
export type ChildPart = z.infer<typeof childPartSchema>;
