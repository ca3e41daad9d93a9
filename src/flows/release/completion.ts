import type { Deployment } from '../../config/target-file.ts';
import type { Attempt } from '../../core/courtesy.ts';
import type { Attestation, CrashesEvidence } from '../../core/crashes.ts';
import type { Unmeasured } from '../../core/preflight.ts';
import type { FinalizeEvidence, FinishedDeploy } from '../../core/tracked-release.ts';
import type { CrashQuery } from '../../sources/crashlytics.ts';
import { createCourtesies, secretIn } from '../courtesies.ts';
import type { Flow } from '../flow.ts';
import { finalizeRelease } from './finalize.ts';
import { reviewCrashes } from './review-crashes.ts';

/** What follows the watch of a whole release (3.3), as the target file sets it up. */
export interface Completion {
  readonly finalize: (deployed: FinishedDeploy, attempt: Attempt) => Promise<FinalizeEvidence | Unmeasured>;
  readonly reviewCrashes: (query: CrashQuery) => Promise<CrashesEvidence | Unmeasured>;
}

export function createCompletion(deployment: Deployment, attestation: Attestation | undefined, flow: Flow): Completion {
  const { releases } = createCourtesies(deployment, flow);
  const secret = secretIn(flow.environment.variables);
  return {
    finalize: async (deployed, attempt) =>
      releases
        ? finalizeRelease(deployed, releases, attempt)
        : { missing: 'the target file names no `sentry`, where the deploy would be recorded' },
    reviewCrashes: (query) =>
      reviewCrashes({ ...query, ...(attestation ? { attestation } : {}) }, deployment, { ...flow, secret }),
  };
}
