import { z } from 'zod';
import type { CrashesEvidence } from '../core/crashes.ts';
import { commitMethods, type FinalizeEvidence, type ReleaseEvidence } from '../core/tracked-release.ts';

/** Clauses 1.4a, 3.3a and 3.3b, as they are read back to be judged again. */
const evidenceBase = { files: z.array(z.string()), problems: z.array(z.string()) };
const count = z.int().nonnegative();

const outcomeSchema = z.discriminatedUnion('done', [
  z.object({ done: z.literal(true), summary: z.string(), url: z.string().exactOptional() }),
  z.object({
    done: z.literal(false),
    because: z.string(),
    retry: z.boolean(),
    retryAfterMs: z.number().exactOptional(),
    uncertain: z.boolean(),
  }),
]);

const releaseSchema = z.object({
  version: z.string(),
  projects: z.array(z.string()),
  dateCreated: z.string(),
  dateStarted: z.string().exactOptional(),
  dateReleased: z.string().nullable(),
  commitCount: count,
  lastCommit: z.string().exactOptional(),
});

export const releaseEvidenceSchema = z.object({
  ...evidenceBase,
  kind: z.literal('tracked-release'),
  project: z.string(),
  version: z.string(),
  startedAt: z.string(),
  readAt: z.string(),
  commits: z
    .object({
      repository: z.string(),
      method: z.enum(commitMethods),
      folder: z.string(),
      sha: z.string(),
      previousSha: z.string().exactOptional(),
    })
    .exactOptional(),
  outcome: outcomeSchema,
  release: releaseSchema.exactOptional(),
}) satisfies z.ZodType<ReleaseEvidence>;

export const finalizeSchema = z.object({
  ...evidenceBase,
  kind: z.literal('finalize'),
  deployed: z.object({
    runId: z.string(),
    release: z.string(),
    environment: z.string(),
    startedAt: z.string(),
    finishedAt: z.string(),
    reportUrl: z.string().exactOptional(),
  }),
  outcome: outcomeSchema,
  release: releaseSchema.exactOptional(),
  deploy: z
    .object({
      environment: z.string(),
      name: z.string().nullable(),
      dateStarted: z.string().nullable(),
      dateFinished: z.string().nullable(),
      url: z.string().nullable(),
    })
    .exactOptional(),
}) satisfies z.ZodType<FinalizeEvidence>;

export const crashesSchema = z.object({
  ...evidenceBase,
  kind: z.literal('crashes'),
  release: z.string(),
  report: z
    .object({
      app: z.string(),
      version: z.string(),
      from: z.string(),
      to: z.string(),
      issues: z.array(
        z.object({
          id: z.string(),
          title: z.string(),
          subtitle: z.string(),
          errorType: z.string(),
          state: z.string(),
          firstSeenVersion: z.string(),
          signals: z.array(z.string()),
          events: count,
          users: count,
          uri: z.string().exactOptional(),
        }),
      ),
      versions: z.array(z.object({ name: z.string(), events: count })),
    })
    .exactOptional(),
  attestation: z.object({ by: z.string(), reviewed: z.string() }).exactOptional(),
}) satisfies z.ZodType<CrashesEvidence>;
