import { z } from 'zod';

/** The part of Playwright's JSON report (1.65) that is read; anything else may change. */
interface StepShape {
  title: string;
  duration: number;
  error?: { message?: string | undefined } | undefined;
  steps?: StepShape[] | undefined;
}
const stepSchema: z.ZodType<StepShape> = z.object({
  title: z.string(),
  duration: z.number(),
  error: z.object({ message: z.string().optional() }).optional(),
  get steps() {
    return z.array(stepSchema).optional();
  },
});

const resultSchema = z.object({
  status: z.enum(['passed', 'failed', 'timedOut', 'skipped', 'interrupted']),
  duration: z.number(),
  startTime: z.string().optional(),
  errors: z.array(z.object({ message: z.string().optional() })).default([]),
  steps: z.array(stepSchema).default([]),
  attachments: z.array(z.object({ name: z.string(), path: z.string().optional() })).default([]),
});

const testSchema = z.object({
  projectName: z.string(),
  expectedStatus: z.string(),
  status: z.enum(['expected', 'unexpected', 'flaky', 'skipped']),
  annotations: z.array(z.object({ type: z.string(), description: z.string().optional() })).default([]),
  results: z.array(resultSchema),
});

const specSchema = z.object({ title: z.string(), file: z.string(), tests: z.array(testSchema) });

interface SuiteShape {
  specs: z.infer<typeof specSchema>[];
  suites?: SuiteShape[] | undefined;
}
const suiteSchema: z.ZodType<SuiteShape> = z.object({
  specs: z.array(specSchema),
  get suites() {
    return z.array(suiteSchema).optional();
  },
});

export const playwrightReportSchema = z.object({
  suites: z.array(suiteSchema),
  errors: z.array(z.object({ message: z.string().optional() })),
  stats: z.object({ expected: z.number(), unexpected: z.number(), flaky: z.number(), skipped: z.number() }),
});

export type PlaywrightReport = z.infer<typeof playwrightReportSchema>;
export type PlaywrightSpec = z.infer<typeof specSchema>;
export type PlaywrightTest = z.infer<typeof testSchema>;
export type PlaywrightStep = StepShape;

/** All specs of a report, whatever describe blocks they stand in. */
export const specsOf = ({ suites }: Pick<SuiteShape, 'suites'>): PlaywrightSpec[] =>
  (suites ?? []).flatMap((suite) => [...suite.specs, ...specsOf(suite)]);
