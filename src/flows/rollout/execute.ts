import type { Emit } from '../../core/events.ts';
import type { RolloutRecord } from '../../core/rollout/record.ts';
import type { RunEvidence, RunResult } from '../../core/run-result.ts';
import type { TargetLock } from '../../journal/lock.ts';
import type { RunFolder } from '../../journal/run-folder.ts';
import type { Flow } from '../flow.ts';
import { concludeRollout } from './conclude.ts';
import { driveRollout, restoreTraffic } from './drive.ts';
import { type RolloutContext, startRolloutRun } from './run.ts';
import type { RolloutSession } from './session.ts';

export interface ResumeOrders {
  /** Time since the last line of the journal. */
  readonly unobservedMs: number;
  readonly abort: boolean;
  /** The traffic was changed from outside, and is set again as the rollout had it. */
  readonly restoreTraffic: boolean;
}

/** Executes a rollout from where its record ends, and concludes it. */
export async function executeRollout(
  start: { readonly record: RolloutRecord; readonly evidence: RunEvidence },
  { context, folder, session }: { context: RolloutContext; folder: RunFolder; session: RolloutSession },
  flow: Flow,
  resumed?: ResumeOrders,
): Promise<RunResult> {
  const run = startRolloutRun(context, start, folder, session.lock);
  const startedAt = resumed ? Date.parse(start.record.events[0]?.at ?? '') || flow.clock.now() : flow.clock.now();
  // A verdict belongs to the last event of the journal. A folder that cannot be written does not stop an abort.
  if (resumed) await folder.removeReport().catch(() => undefined);
  // First of all: from then on the rollback goes on even where it cannot be journalled.
  if (resumed?.abort) await run.append({ type: 'aborted', because: 'aborted by the operator' });
  if (resumed) await run.append({ type: 'resumed', unobservedMs: resumed.unobservedMs });
  if (resumed?.restoreTraffic && run.state().phase === 'progressing') await restoreTraffic(run);
  await driveRollout(run);
  return concludeRollout(run, { folder, startedAt, session }, flow);
}

export function emitTakeover({ takenOverFrom }: TargetLock, emit: Emit): void {
  if (takenOverFrom) emit({ type: 'lock-taken-over', from: takenOverFrom.owner.owner, because: takenOverFrom.because });
}
