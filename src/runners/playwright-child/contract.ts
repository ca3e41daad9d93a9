import { z } from 'zod';

/**
 * What the reporter inside of Playwright writes. Its own JSON report does not say which assertions were evaluated, nor
 * when a step began, and it repeats the configuration with all its headers.
 */
const assertionSchema = z.object({
  name: z.string(),
  error: z.string().optional(),
  /** It had not ended when its test had: it was never awaited. */
  open: z.boolean().optional(),
});

const stepSchema = z.object({
  title: z.string(),
  /** Milliseconds since the epoch. */
  startedAt: z.number(),
  durationMs: z.number(),
  error: z.string().optional(),
  /** Every `expect` that was evaluated in it, at any depth. */
  assertions: z.array(assertionSchema),
});

/** Result of a test's last attempt. */
const resultSchema = z.object({
  status: z.enum(['passed', 'failed', 'timedOut', 'skipped', 'interrupted']),
  startedAt: z.number(),
  durationMs: z.number(),
  errors: z.array(z.string()),
  /** The outermost `test.step`s. */
  steps: z.array(stepSchema),
  assertions: z.array(assertionSchema),
  annotations: z.array(z.object({ type: z.string(), description: z.string().optional() })),
  /** Paths of the files that the test left. */
  attachments: z.array(z.string()),
  workerIndex: z.number(),
});

const testSchema = z.object({
  /** Relative to the folder. */
  file: z.string(),
  line: z.number(),
  /** It, or a block around it, is focused with `.only`. */
  focused: z.boolean(),
  title: z.string(),
  /** The file, and the `describe` blocks around the test. */
  group: z.string(),
  /** Empty where the configuration names no projects. */
  project: z.string(),
  outcome: z.enum(['expected', 'unexpected', 'flaky', 'skipped']),
  expectedStatus: z.string(),
  /** Absent for a test that was not started. */
  result: resultSchema.optional(),
});

export const playwrightReportSchema = z.object({
  /** What went wrong outside of every test. */
  errors: z.array(z.string()),
  tests: z.array(testSchema),
});

/** One line of observer.cjs. */
export const observedSchema = z.object({
  worker: z.number(),
  /** Milliseconds since the epoch. */
  at: z.number(),
  kind: z.enum(['api', 'document', 'xhr', 'fetch', 'websocket']).optional(),
  method: z.string().optional(),
  url: z.string().optional(),
  status: z.number().optional(),
  requestId: z.string().optional(),
  release: z.string().optional(),
  /** Matcher of an assertion on a promise. */
  promise: z.string().optional(),
  /** What of a test cannot be observed, and why. */
  unobserved: z.string().optional(),
});
export type Observed = z.infer<typeof observedSchema>;

export type PlaywrightReport = z.infer<typeof playwrightReportSchema>;
export type PlaywrightTest = z.infer<typeof testSchema>;
export type PlaywrightResult = z.infer<typeof resultSchema>;
export type PlaywrightStep = z.infer<typeof stepSchema>;
