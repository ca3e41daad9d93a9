import { z } from 'zod';
import { gateFormats, gateIds } from '../core/gate.ts';
import { stepIds } from '../core/plan.ts';
import { strategies } from '../core/rollout/plan.ts';
import { type RunEvidence, schemaVersion } from '../core/run-result.ts';
import { artifactsEvidenceSchema, runningEvidenceSchema } from './artifacts-schema.ts';
import { calendarEvidenceSchema } from './calendar-schema.ts';
import { databaseEvidenceSchema } from './database-schema.ts';
import { announcementSchema } from './announcement-schema.ts';
import { notesEvidenceSchema } from './release-notes-schema.ts';
import { monitoringEvidenceSchema } from './monitoring-schema.ts';
import { loadRunnerSchema } from './load-runner-schema.ts';
import { acceptedSchema, sloSchema } from './result-schema.ts';
import { evidenceBase, outcomeSchema } from './outcome-schema.ts';
import { rolloutRecordSchema } from './rollout-schema.ts';
import { crashesSchema, finalizeSchema } from './tracked-schema.ts';
import { unmeasuredSchema } from './unmeasured-schema.ts';

const countSchema = z.object({ events: z.int().nonnegative(), trials: z.int().nonnegative() });
const countsSchema = z.record(z.string(), countSchema);

const journeyStepSchema = z.object({
  name: z.string(),
  group: z.string(),
  project: z.string().exactOptional(),
  status: z.enum(['pass', 'fail', 'skipped', 'not-run', 'not-applicable', 'flaky', 'rate-limited']),
  startedAt: z.string().exactOptional(),
  durationMs: z.number(),
  method: z.string().exactOptional(),
  url: z.string().exactOptional(),
  httpStatus: z.int().exactOptional(),
  requestIds: z.array(z.string()),
  release: z.string().exactOptional(),
  tries: z.int().exactOptional(),
  elsewhere: z.array(z.string()).exactOptional(),
  assertions: z.array(z.object({ name: z.string(), ok: z.boolean(), message: z.string().exactOptional() })),
  error: z.string().exactOptional(),
  hint: z.string().exactOptional(),
  attachments: z.array(z.string()),
});

const smokeSchema = z.object({
  ...evidenceBase,
  kind: z.literal('smoke'),
  outcome: outcomeSchema,
  steps: z.array(journeyStepSchema),
  origins: z.array(z.string()).exactOptional(),
  projects: z.array(z.string()).exactOptional(),
  waitedMs: z.number().nonnegative().exactOptional(),
  stage: z.number().exactOptional(),
});

const thresholdSchema = z.object({ metric: z.string(), expression: z.string(), ok: z.boolean() });

const loadScriptSchema = z.object({
  file: z.string(),
  options: z.enum(['kept', 'replaced']),
  thresholds: z.array(thresholdSchema.extend({ samples: z.boolean() })),
  uncounted: z.record(z.string(), z.string()),
  excusedChecks: z.int().nonnegative(),
  requestShare: z.number().exactOptional(),
  origins: z.array(z.string()),
  elsewhere: z.object({ origins: z.array(z.string()), answers: z.int().nonnegative() }),
});

const loadSchema = z.object({
  ...evidenceBase,
  kind: z.literal('load'),
  outcome: outcomeSchema,
  profile: z.string(),
  requests: z.int(),
  script: loadScriptSchema.exactOptional(),
  runners: z.array(loadRunnerSchema).exactOptional(),
  iterations: z.int(),
  droppedIterations: z.int(),
  generatorLateMs: z.number().exactOptional(),
  exceptions: z.int(),
  unanswered: z.int(),
  wrongRelease: countSchema,
  releases: z
    .array(z.object({ name: z.string(), answers: z.int().nonnegative(), lastSecond: z.number().exactOptional() }))
    .exactOptional(),
  front: z.object({ limited: z.int().nonnegative(), unavailable: z.int().nonnegative() }).exactOptional(),
  connection: z.object({ p50Ms: z.number(), p95Ms: z.number(), maxMs: z.number() }).exactOptional(),
  slo: countsSchema,
  percentiles: z.object({
    p50Ms: z.number().exactOptional(),
    p95Ms: z.number().exactOptional(),
    p99Ms: z.number().exactOptional(),
  }),
  thresholds: z.array(thresholdSchema),
  checks: z.array(z.object({ name: z.string(), passes: z.int(), fails: z.int() })),
  series: z.array(
    z.object({
      second: z.number(),
      requests: z.int(),
      serverErrors: z.int(),
      payments: z.int(),
      failedPayments: z.int(),
      p50Ms: z.number().exactOptional(),
      p95Ms: z.number().exactOptional(),
    }),
  ),
});

const probeSchema = z.object({
  ...evidenceBase,
  kind: z.literal('probe'),
  url: z.string(),
  expected: z.string().exactOptional(),
  insteadOfReadiness: z.literal(true).exactOptional(),
  samples: z.array(
    z.object({
      at: z.string(),
      status: z.int().nullable(),
      error: z.string().exactOptional(),
      durationMs: z.number(),
      requestId: z.string().exactOptional(),
      release: z.string().exactOptional(),
      retryAfterMs: z.number().exactOptional(),
      front: z.literal(true).exactOptional(),
      ok: z.boolean(),
      why: z.string().exactOptional(),
    }),
  ),
  stableMs: z.number(),
  wantedStableMs: z.number(),
  interruptions: z.int(),
});

const sessionsSchema = z.object({
  ...evidenceBase,
  kind: z.literal('sessions'),
  release: z.string(),
  from: z.string(),
  to: z.string(),
  projects: z.int().nonnegative(),
  count: countSchema.exactOptional(),
});

const metricsSchema = z.object({
  ...evidenceBase,
  kind: z.literal('metrics'),
  from: z.string(),
  to: z.string(),
  instances: z.array(
    z.object({
      url: z.string(),
      slo: countsSchema,
      edges: z.record(z.string(), z.number()),
      above: z.record(z.string(), z.object({ edgeMs: z.number().exactOptional(), count: countSchema })).exactOptional(),
      restarted: z.boolean(),
      routed: z.boolean().exactOptional(),
      unknown: z.record(z.string(), z.string()).exactOptional(),
    }),
  ),
});

const shutdownSchema = z.object({
  ...evidenceBase,
  kind: z.literal('shutdown'),
  wanted: z.int().exactOptional(),
  inFlight: z.array(
    z.object({
      status: z.int().nullable(),
      error: z.string().exactOptional(),
      requestId: z.string().exactOptional(),
      durationMs: z.number(),
    }),
  ),
  stopExitCode: z.int().nullable(),
  stopDurationMs: z.number(),
  startedAgain: z.boolean(),
});

const gateSchema = z.object({
  ...evidenceBase,
  gate: z.enum(gateIds),
  format: z.enum(gateFormats),
  outcome: outcomeSchema,
  report: z
    .object({
      ran: z.int().nonnegative().exactOptional(),
      failed: z.int().nonnegative(),
      skipped: z.int().nonnegative(),
      tolerated: z.int().positive().exactOptional(),
      firstFailure: z.string().exactOptional(),
    })
    .exactOptional(),
});

const planSchema = z.object({
  steps: z.array(z.enum(stepIds)),
  settingsFrom: z.literal('flags').exactOptional(),
  slos: z.array(sloSchema),
  uncounted: z.record(z.string(), z.string()).exactOptional(),
  inapplicable: z.partialRecord(z.enum(['latency', 'server-errors', 'payment-success']), z.string()).exactOptional(),
  crashFree: sloSchema.exactOptional(),
  inapplicableSteps: z.partialRecord(z.enum(stepIds), z.string()).exactOptional(),
  gatesOff: z.partialRecord(z.enum(gateIds), z.string()).exactOptional(),
  releaseFrom: z.string().exactOptional(),
  unidentified: z.string().exactOptional(),
  expectedRelease: z.string().exactOptional(),
  offers: z.object({
    web: z.boolean(),
    metrics: z.boolean(),
    shutdown: z.boolean(),
    journeyInCode: z.boolean().exactOptional(),
  }),
  smokeBudgetMs: z.number(),
  accepted: z.object({ findings: z.array(acceptedSchema), on: z.string() }).exactOptional(),
  leftOut: z.partialRecord(z.enum(stepIds), z.string()),
});

/** evidence.json as it is read back to be judged again. */
export const runEvidenceSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  runId: z.string(),
  plan: planSchema,
  strategy: z.enum(strategies).exactOptional(),
  identity: z.union([z.object({ release: z.string() }), z.object({ problem: z.string() })]).exactOptional(),
  calendar: calendarEvidenceSchema.exactOptional(),
  gates: z.array(gateSchema).exactOptional(),
  database: databaseEvidenceSchema.exactOptional(),
  artifacts: artifactsEvidenceSchema.exactOptional(),
  running: runningEvidenceSchema.exactOptional(),
  monitoring: monitoringEvidenceSchema.exactOptional(),
  health: probeSchema.exactOptional(),
  readiness: probeSchema.exactOptional(),
  dependencies: probeSchema.exactOptional(),
  smoke: z.array(smokeSchema),
  load: loadSchema.exactOptional(),
  metrics: metricsSchema.exactOptional(),
  sessions: sessionsSchema.exactOptional(),
  aftermath: probeSchema.exactOptional(),
  shutdown: shutdownSchema.exactOptional(),
  rollout: rolloutRecordSchema.exactOptional(),
  finalized: z.union([finalizeSchema, unmeasuredSchema]).exactOptional(),
  crashes: z.union([crashesSchema, unmeasuredSchema]).exactOptional(),
  releaseNotes: notesEvidenceSchema.exactOptional(),
  announcement: announcementSchema.exactOptional(),
}) satisfies z.ZodType<RunEvidence>;
