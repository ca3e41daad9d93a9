import { z } from 'zod';
import { findingRanks } from '../core/finding-tag.ts';
import { type RunResult, schemaVersion } from '../core/run-result.ts';
import type { Slo } from '../core/slo.ts';
import { clauses, isClauseId } from '../core/sop.ts';
import { exitCodes } from '../core/verdict.ts';
import { rolloutOutcomeSchema } from './rollout-schema.ts';

const clauseSchema = z.enum(Object.keys(clauses).filter(isClauseId));
const instantSchema = z.string().meta({ format: 'date-time' });
const durationSchema = z.number().nonnegative().describe('milliseconds');
const fractionSchema = z.number().min(0).max(1);

export const acceptedSchema = z.object({ id: z.string(), reason: z.string(), owner: z.string(), until: z.string() });

const judgementSchema = z.object({
  id: z.string(),
  title: z.string(),
  clauses: z.array(clauseSchema),
  status: z.enum(['pass', 'fail', 'inconclusive', 'error', 'accepted']),
  expected: z.string(),
  actual: z.string(),
  because: z.string(),
  bounds: z.object({ lower: fractionSchema, upper: fractionSchema, level: fractionSchema }).exactOptional(),
  samples: z.int().nonnegative().exactOptional(),
  evidence: z.array(z.string()).describe("files, relative to the run's folder"),
  requestIds: z.array(z.string()),
  rank: z.enum(findingRanks).exactOptional(),
  accepted: z.array(acceptedSchema).exactOptional().describe('known differences that the target file accepts'),
});

const notCheckedSchema = z.object({
  id: z.string(),
  title: z.string(),
  clauses: z.array(clauseSchema),
  reason: z.enum(['not-applicable', 'skipped']),
  because: z.string(),
  required: z.boolean(),
});

export const sloSchema = z.object({
  id: z.string(),
  title: z.string(),
  clause: clauseSchema,
  event: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('slow-response'), percentile: z.number(), thresholdMs: z.number() }),
    z.object({ kind: z.literal('server-error') }),
    z.object({ kind: z.literal('failed-payment') }),
    z.object({ kind: z.literal('crashed-session') }),
  ]),
  limit: fractionSchema,
  limitIncluded: z.boolean(),
  minSamples: z.int().nonnegative(),
  rollback: z.object({ clause: clauseSchema, above: fractionSchema }).exactOptional(),
  counter: z
    .object({ name: z.string(), label: z.string(), success: z.array(z.string()), failure: z.array(z.string()) })
    .exactOptional(),
  routes: z.array(z.string()).exactOptional(),
}) satisfies z.ZodType<Slo>;

/** verdict.json as it is read back; unknown fields of a later version are ignored. */
export const runResultSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  runId: z.string(),
  verb: z.enum(['preflight', 'verify', 'smoke', 'load', 'deploy', 'watch', 'rollback', 'release']),
  startedAt: instantSchema,
  finishedAt: instantSchema,
  durationMs: durationSchema,
  target: z.object({
    name: z.string(),
    kind: z.enum(['embedded', 'staging', 'production']),
    environment: z.enum(['blue', 'green', 'public']),
  }),
  addresses: z.object({ api: z.string(), web: z.string().exactOptional(), metrics: z.array(z.string()) }),
  expectedRelease: z.string().exactOptional(),
  seenReleases: z.array(z.string()),
  verdict: z.object({
    word: z.enum(['GO', 'NO-GO', 'HOLD']),
    because: z.string(),
    decidedBy: z.array(z.string()),
  }),
  exitCode: z.literal(Object.values(exitCodes)),
  interrupted: z.boolean(),
  judgements: z.array(judgementSchema),
  notChecked: z.array(notCheckedSchema),
  slos: z.array(sloSchema),
  steps: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      startedAt: instantSchema,
      durationMs: durationSchema,
      summary: z.string(),
    }),
  ),
  deviations: z.array(z.string()),
  tools: z.array(z.object({ name: z.string(), version: z.string() })),
  rollout: rolloutOutcomeSchema.exactOptional().describe('where a rollout left the target'),
  rejudged: z.object({ at: instantSchema, sloFile: z.string() }).exactOptional(),
}) satisfies z.ZodType<RunResult>;
