import { z } from 'zod';
import type { ArtifactsEvidence, RunningEvidence } from '../core/artifacts.ts';
import { evidenceBase, outcomeSchema } from './outcome-schema.ts';
import { recordedDigestSchema } from './recorded-digests.ts';

const unmeasured = [z.strictObject({ off: z.string() }), z.strictObject({ missing: z.string() })] as const;
const build = { outcome: outcomeSchema, firstFailure: z.string().exactOptional() };

const bundleSchema = z.object({
  ...evidenceBase,
  ...build,
  patterns: z.array(
    z.object({
      pattern: z.string(),
      found: z.array(
        z.object({ path: z.string(), bytes: z.int().nonnegative(), sha256: z.string(), modifiedAt: z.string() }),
      ),
    }),
  ),
});

const digestSchema = z.union([
  z.strictObject({ digest: z.string() }),
  z.strictObject({ absent: z.literal(true) }),
  z.strictObject({ problem: z.string() }),
]);

const imageSchema = z.object({
  ...evidenceBase,
  release: z.string(),
  tag: z.string(),
  recorded: recordedDigestSchema.exactOptional(),
  before: digestSchema,
  published: digestSchema.exactOptional(),
  build: z.object(build).exactOptional(),
  built: digestSchema.exactOptional(),
  kept: recordedDigestSchema.exactOptional(),
});

export const artifactsEvidenceSchema = z.object({
  bundle: z.union([...unmeasured, bundleSchema]),
  image: z.union([...unmeasured, imageSchema]),
}) satisfies z.ZodType<ArtifactsEvidence>;

export const runningEvidenceSchema = z.object({
  release: z.string(),
  recorded: recordedDigestSchema.exactOptional(),
  running: z.array(
    z.union([
      z.strictObject({ place: z.string(), digests: z.array(z.string()) }),
      z.strictObject({ place: z.string(), problem: z.string() }),
    ]),
  ),
}) satisfies z.ZodType<RunningEvidence>;
