import { toolEnvironment } from '../../config/environment.ts';
import { releaseNotesOf } from '../../config/announcements.ts';
import type { Deployment } from '../../config/target-file.ts';
import type { Attempt } from '../../core/courtesy.ts';
import type { Attestation, CrashesEvidence } from '../../core/crashes.ts';
import type { Unmeasured } from '../../core/preflight.ts';
import type { Mask } from '../../core/redact.ts';
import type { NotesEvidence, ReleaseNotesFacts } from '../../core/release-notes.ts';
import type { FinalizeEvidence, FinishedDeploy } from '../../core/tracked-release.ts';
import type { CrashQuery } from '../../sources/crashlytics.ts';
import { createCourtesies, secretIn } from '../courtesies.ts';
import type { Flow } from '../flow.ts';
import { finalizeRelease } from './finalize.ts';
import { publishNotes } from './notes.ts';
import { reviewCrashes } from './review-crashes.ts';

/** What follows the watch of a whole release (3.3), as the target file sets it up. */
export interface Completion {
  readonly finalize: (deployed: FinishedDeploy, attempt: Attempt) => Promise<FinalizeEvidence | Unmeasured>;
  readonly publishNotes: (facts: ReleaseNotesFacts) => Promise<NotesEvidence>;
  readonly reviewCrashes: (query: CrashQuery) => Promise<CrashesEvidence | Unmeasured>;
}

export function createCompletion(
  { file, deployment }: { readonly file: string; readonly deployment: Deployment },
  { attestation, mask }: { readonly attestation: Attestation | undefined; readonly mask: Mask },
  flow: Flow,
): Completion {
  const { releases } = createCourtesies(deployment, flow);
  const secret = secretIn(flow.environment.variables);
  return {
    finalize: async (deployed, attempt) =>
      releases
        ? finalizeRelease(deployed, releases, attempt)
        : { missing: 'the target file names no `sentry`, where the deploy would be recorded' },
    publishNotes: (facts) =>
      publishNotes(facts, {
        settings: releaseNotesOf(file, deployment),
        command: { env: toolEnvironment(flow.environment.variables, deployment.env), cwd: flow.projectRoot },
        mask,
        signal: flow.signal,
      }),
    reviewCrashes: (query) =>
      reviewCrashes({ ...query, ...(attestation ? { attestation } : {}) }, deployment, { ...flow, secret }),
  };
}
