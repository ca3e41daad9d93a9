import { z } from 'zod';
import type { NotedCommit, NotesEvidence, ReleaseNotes } from '../core/release-notes.ts';
import { migrationClasses } from '../core/rollout/migrations.ts';
import { clauses, isClauseId } from '../core/sop.ts';
import { acceptedSchema, sloSchema } from './result-schema.ts';

const commitSchema = z.object({
  hash: z.string(),
  header: z.string(),
  type: z.string().exactOptional(),
  scope: z.string().exactOptional(),
  subject: z.string(),
  breaking: z.array(z.string()).exactOptional(),
  knownIssues: z.array(z.string()),
  reverts: z.object({ hash: z.string().exactOptional(), header: z.string().exactOptional() }).exactOptional(),
  isMerge: z.boolean(),
}) satisfies z.ZodType<NotedCommit>;

const statuses = ['pass', 'fail', 'inconclusive', 'error', 'accepted'] as const;

const notesSchema = z.object({
  release: z.string(),
  previousRelease: z.string().exactOptional(),
  target: z.string(),
  runId: z.string(),
  at: z.string(),
  verdict: z.object({ word: z.enum(['GO', 'NO-GO', 'HOLD']), because: z.string(), decidedBy: z.array(z.string()) }),
  migrations: z.array(z.object({ id: z.string(), class: z.enum(migrationClasses).exactOptional() })),
  reportUrl: z.string().exactOptional(),
  breaking: z.array(z.object({ text: z.string(), hash: z.string() })),
  features: z.array(commitSchema),
  fixes: z.array(commitSchema),
  performance: z.array(commitSchema),
  knownIssues: z.array(z.union([acceptedSchema, z.object({ text: z.string(), hash: z.string() })])),
  other: z.array(commitSchema.extend({ reverted: z.literal(true).exactOptional() })),
  quiet: z.array(z.tuple([z.string(), z.int().positive()])),
  commits: z.int().nonnegative(),
  numbers: z.array(
    z.object({
      slo: sloSchema,
      status: z.enum(statuses),
      objective: z.string(),
      value: z.string(),
      bound: z.string().exactOptional(),
      samples: z.int().nonnegative().exactOptional(),
    }),
  ),
  checklist: z.array(
    z.object({
      clause: z.enum(Object.keys(clauses).filter(isClauseId)),
      title: z.string(),
      status: z.enum([...statuses, 'not-applicable', 'not-judged']),
      because: z.string(),
      checks: z.array(z.string()),
    }),
  ),
}) satisfies z.ZodType<ReleaseNotes>;

/** What became of the notes of a release (3.4a). */
export const notesEvidenceSchema = z.union([
  z.object({ kind: z.literal('release-notes'), state: z.enum(['off', 'missing']), because: z.string() }),
  z.object({
    kind: z.literal('release-notes'),
    state: z.enum(['published', 'unpublished', 'failed']),
    file: z.string(),
    range: z.string().exactOptional(),
    notes: notesSchema.exactOptional(),
    change: z.enum(['inserted', 'replaced', 'unchanged']).exactOptional(),
    problem: z.object({ because: z.string(), next: z.string() }).exactOptional(),
  }),
]) satisfies z.ZodType<NotesEvidence>;
