import { ToolError, UserError } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import { describeShares } from '../../core/rollout/step.ts';
import type { RolloutRecord } from '../../core/rollout/record.ts';
import type { RunEvidence, RunResult } from '../../core/run-result.ts';
import type { Decision } from '../../core/rollout/decided.ts';
import { openInbox } from '../../journal/decision-inbox.ts';
import type { TargetLock } from '../../journal/lock.ts';
import type { RunFolder } from '../../journal/run-folder.ts';
import type { Flow } from '../flow.ts';
import { appendDecision, decisionsOf } from './decisions.ts';
import { concludeRollout } from './conclude.ts';
import type { Announcement } from '../release/follow-release.ts';
import { completeRelease } from '../release/complete.ts';
import { driveRollout, restoreTraffic } from './drive.ts';
import { retryCourtesies } from './rollback-steps.ts';
import { type RolloutContext, type RolloutRun, startRolloutRun } from './run.ts';
import { readSessionsOfRelease } from './sessions.ts';
import { settleCommands } from './settle-commands.ts';
import type { RolloutSession } from './session.ts';

export interface ResumeOrders {
  /** Time since the last line of the journal. */
  readonly unobservedMs: number;
  readonly abort: boolean;
  /** Why it is aborted. */
  readonly because?: string | undefined;
  readonly decision?: Decision | undefined;
  /** The traffic was changed from outside, and is set again as the rollout had it. */
  readonly restoreTraffic: boolean;
}

/** Executes a rollout from where its record ends, and concludes it. */
export async function executeRollout(
  start: { readonly record: RolloutRecord; readonly evidence: RunEvidence },
  {
    context,
    folder,
    session,
    announcement,
    startedAtMs,
  }: {
    readonly context: RolloutContext;
    readonly folder: RunFolder;
    readonly session: RolloutSession;
    /** Of a whole release. */
    readonly announcement?: Announcement | undefined;
    /** When its run began, where that was not now. Milliseconds since the epoch. */
    readonly startedAtMs?: number | undefined;
  },
  flow: Flow,
  resumed?: ResumeOrders,
): Promise<RunResult> {
  const pool = resumed
    ? undefined
    : await context.drivers.router.read({ signal: context.signal }).catch(() => undefined);
  const run = startRolloutRun(context, start, {
    folder,
    lock: session.lock,
    poolAtStart: pool,
    decisions: decisionsOf(openInbox(session.store.runs, folder.runId), () => context.clock.monotonic()),
  });
  const began = startedAtMs ?? (resumed ? Date.parse(start.record.events[0]?.at ?? '') : Number.NaN);
  const startedAt = began || flow.clock.now();
  // A verdict belongs to the last event of the journal. A folder that cannot be written does not stop an abort.
  if (resumed) await folder.removeReport().catch(() => undefined);
  try {
    // First of all: from then on the rollback goes on even where it cannot be journalled.
    if (resumed?.abort) await run.append({ type: 'aborted', because: resumed.because ?? 'aborted by the operator' });
    if (resumed?.decision) await appendDecision(resumed.decision, run);
    if (resumed) await run.append({ type: 'resumed', unobservedMs: resumed.unobservedMs });
    if (resumed) await settleCommands(run);
    if (resumed?.restoreTraffic && run.state().phase === 'progressing') await restoreTraffic(run);
    await driveRollout(run);
    await retryCourtesies(run);
    await run.background();
    await readSessionsOfRelease(run);
    await completeRelease(run);
  } catch (error) {
    throw error instanceof UserError && run.state().startedSteps.length > 0 ? stopped(error, run) : error;
  }
  return concludeRollout(run, { folder, startedAt, session, announcement }, flow);
}

/** Exit code 2 promises that nothing was changed, which is over with the first step. */
function stopped(error: UserError, run: RolloutRun): ToolError {
  const { shares } = run.state();
  const where = shares
    ? `traffic stays as it is, last read back as ${describeShares(shares)}`
    : 'no traffic was shifted';
  const message = `${error.message} The rollout stops here, and ${where}. Type npm run status.`;
  return new ToolError(message, { command: [], exitCode: null }, { cause: error });
}

export function emitTakeover({ takenOverFrom }: TargetLock, emit: Emit): void {
  if (takenOverFrom) emit({ type: 'lock-taken-over', from: takenOverFrom.owner.owner, because: takenOverFrom.because });
}
