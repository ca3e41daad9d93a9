import type { Attempt } from '../../core/courtesy.ts';
import type { FinalizeEvidence, FinishedDeploy } from '../../core/tracked-release.ts';
import type { ReleaseTracker } from '../../trackers/index.ts';

/**
 * Clause 3.3a: the release is finalized and its deploy recorded with both times, each once, however often this is called for a
 * run. Never throws: `outcome.retry` states whether another call can succeed.
 */
export async function finalizeRelease(
  deployed: FinishedDeploy,
  tracker: Pick<ReleaseTracker, 'finalize'>,
  attempt: Attempt,
): Promise<FinalizeEvidence> {
  const outcome = await tracker.finalize(deployed, attempt);
  return { kind: 'finalize', deployed, ...outcome, files: [], problems: [] };
}
