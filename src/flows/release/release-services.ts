import { toolEnvironment } from '../../config/environment.ts';
import { releaseNotesOf } from '../../config/announcements.ts';
import type { Deployment } from '../../config/target-file.ts';
import type { RunningEvidence } from '../../core/artifacts.ts';
import type { Attempt } from '../../core/courtesy.ts';
import type { Attestation, CrashesEvidence } from '../../core/crashes.ts';
import type { Unmeasured } from '../../core/preflight.ts';
import type { Mask } from '../../core/redact.ts';
import type { NotesEvidence, ReleaseNotesFacts } from '../../core/release-notes.ts';
import type { FinalizeEvidence, FinishedDeploy } from '../../core/tracked-release.ts';
import type { TargetStore } from '../../journal/index.ts';
import type { Place } from '../../runtimes/index.ts';
import type { CrashQuery } from '../../sources/crashlytics.ts';
import { createCourtesies, secretIn } from '../courtesies.ts';
import type { Flow } from '../flow.ts';
import { gatherRunning } from '../preflight/running-digests.ts';
import { finalizeRelease } from './finalize.ts';
import { publishNotes } from './notes.ts';
import { reviewCrashes } from './review-crashes.ts';

/** What a whole release uses beside its preflight and its rollout: images that run, Sentry, Crashlytics, the notes; as the target file sets them up. */
export interface ReleaseServices {
  /** The images that run, and the recorded one (1.3b); undefined where the target has none. */
  readonly readRunning: (asked: {
    readonly release: string;
    readonly places: readonly Place[];
  }) => Promise<RunningEvidence | undefined>;
  readonly finalize: (deployed: FinishedDeploy, attempt: Attempt) => Promise<FinalizeEvidence | Unmeasured>;
  readonly publishNotes: (facts: ReleaseNotesFacts) => Promise<NotesEvidence>;
  readonly reviewCrashes: (query: CrashQuery) => Promise<CrashesEvidence | Unmeasured>;
}

export function createReleaseServices(
  { file, deployment }: { readonly file: string; readonly deployment: Deployment },
  {
    store,
    attestation,
    mask,
  }: { readonly store: TargetStore; readonly attestation: Attestation | undefined; readonly mask: Mask },
  flow: Flow,
): ReleaseServices {
  const { releases } = createCourtesies(deployment, flow);
  const secret = secretIn(flow.environment.variables);
  const call = { env: toolEnvironment(flow.environment.variables, deployment.env), cwd: flow.projectRoot };
  return {
    readRunning: (asked) => gatherRunning({ file, deployment }, { ...asked, store }, { ...call, signal: flow.signal }),
    finalize: async (deployed, attempt) =>
      releases
        ? finalizeRelease(deployed, releases, attempt)
        : { missing: 'the target file names no `sentry`, where the deploy would be recorded' },
    publishNotes: (facts) =>
      publishNotes(facts, {
        settings: releaseNotesOf(file, deployment),
        command: call,
        mask,
        signal: flow.signal,
      }),
    reviewCrashes: (query) =>
      reviewCrashes({ ...query, ...(attestation ? { attestation } : {}) }, deployment, { ...flow, secret }),
  };
}
