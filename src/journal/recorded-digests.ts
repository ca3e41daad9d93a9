import { z } from 'zod';
import type { RecordedDigest } from '../core/artifacts.ts';
import { parseJson } from '../core/parsed-json.ts';
import type { TargetStore } from './store.ts';

export const recordedDigestSchema = z.object({
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  runId: z.string(),
  at: z.string(),
}) satisfies z.ZodType<RecordedDigest>;

/** The digest of each release that was recorded first, whichever machine did; it never changes. */
export function recordedDigests({ value, place }: Pick<TargetStore, 'value' | 'place'>): {
  readonly read: (release: string) => Promise<RecordedDigest | undefined>;
  readonly claim: (release: string, record: RecordedDigest) => Promise<RecordedDigest>;
} {
  const read = async (release: string) => {
    const found = await value(`image ${release}`).read();
    if (!found) return undefined;
    const parsed = recordedDigestSchema.safeParse(parseJson(found.text));
    if (parsed.success) return parsed.data;
    throw new Error(`the record of ${release} in ${place} cannot be read: ${found.text.slice(0, 120)}`);
  };
  return {
    read,
    claim: async (release, record) => {
      if (await value(`image ${release}`).swap(0, JSON.stringify(record))) return record;
      const first = await read(release);
      if (first) return first;
      throw new Error(`${place} neither takes a record of ${release} nor has one`);
    },
  };
}
