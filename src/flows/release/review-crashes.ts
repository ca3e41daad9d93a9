import type { Deployment } from '../../config/target-file.ts';
import type { Attestation, CrashesEvidence } from '../../core/crashes.ts';
import type { Unmeasured } from '../../core/preflight.ts';
import { type CrashCall, type CrashQuery, readCrashIssues } from '../../sources/crashlytics.ts';

/** Clause 3.3b. An attestation alone is evidence; an API that can be read is read in addition. Never throws. */
export async function reviewCrashes(
  { attestation, ...query }: CrashQuery & { readonly attestation?: Attestation },
  { crashlytics }: Pick<Deployment, 'crashlytics'>,
  call: CrashCall,
): Promise<CrashesEvidence | Unmeasured> {
  if (crashlytics && 'off' in crashlytics) return crashlytics;
  const attested = attestation ? { attestation } : {};
  if (crashlytics) return { ...(await readCrashIssues(query, crashlytics, call)), ...attested };
  if (attestation) return { kind: 'crashes', release: query.release, files: [], problems: [], ...attested };
  return { missing: 'the target file names no `crashlytics`, or { off: REASON }, and no review was attested' };
}
