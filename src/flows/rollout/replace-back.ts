import { messageOf } from '../../core/errors.ts';
import { isInProgress, type Situation } from '../../core/platform.ts';
import type { StepOutcome } from '../../core/rollout/advance.ts';
import { formatMs } from '../../core/slo.ts';
import {
  lateReadings,
  nameOf,
  planOf,
  platformOf,
  readPlatform,
  situate,
  triggeredIn,
  wasStarted,
} from './platform-word.ts';
import { stepFailed } from './release-steps.ts';
import { callOf } from './retry.ts';
import type { RolloutRun } from './run.ts';

/** Whether the return was ordered, and the id that the platform gave it. */
interface Ordered {
  readonly deployment?: string | undefined;
}

/**
 * Clause 4.2.1 by a platform: returns to the deployment that was live before, and believes only what the platform reports.
 * Nothing is ordered where the previous release is live already, as after a deploy that failed or that the platform rolled
 * back itself, and nothing twice. Throws ToolError where something else is live, or the time is over.
 */
export async function replaceBack(run: RolloutRun): Promise<StepOutcome> {
  const { pollMs, liveWithinMs } = platformOf(run);
  const { before, previousRelease } = planOf(run);
  if (before.live === '' && previousRelease === undefined)
    throw stepFailed('The platform lists no deployment before it, so there is nothing to return to.');
  const began = run.clock.monotonic();
  let ordered: Ordered | undefined;
  let cancelled = false;
  let problem: string | undefined;
  for (let readings = 1; ; readings += 1) {
    const returned = ordered ?? (wasStarted(run.record().events, true) ? {} : undefined);
    const now = situate(await readPlatform(run), run, { returned });
    const waitedMs = run.clock.monotonic() - began;
    const ownIsOpen = now.own !== undefined && isInProgress(now.own);
    // A deploy whose command was killed or has failed may be listed a moment later.
    const isSure = now.own !== undefined || readings > lateReadings || !triggeredIn(run).triggered;
    if (now.live === 'previous' && !ownIsOpen && isSure) return { summary: describeReturn(now, returned, waitedMs) };
    requireOwnToUndo(now, run);
    if (waitedMs > liveWithinMs) throw stepFailed(notBack(now, problem, liveWithinMs));
    if (ownIsOpen && !cancelled && platformOf(run).cancel) {
      cancelled = true;
      problem = await cancel(now, run);
    } else if (needsOrder(now, ordered, cancelled)) {
      const order = await returnTo(run);
      if ('problem' in order) problem = order.problem;
      else ordered = order;
    }
    const text = `waiting for the previous release: live is ${nameOf(now.liveDeployment)}, ${formatMs(waitedMs)}${problem === undefined ? '' : `; ${problem}`}`;
    run.emit({ type: 'step-progress', step: 'platform', text, done: waitedMs, of: liveWithinMs });
    await run.clock.sleep(pollMs);
  }
}

/** A deploy that was cancelled before it was live leaves nothing to return. */
function needsOrder({ live, own, back }: Situation, ordered: Ordered | undefined, cancelled: boolean): boolean {
  if (ordered || back) return false;
  const isOpen = own !== undefined && isInProgress(own);
  return live === 'previous' ? isOpen && !cancelled : true;
}

function describeReturn({ liveDeployment, own }: Situation, ordered: Ordered | undefined, waitedMs: number): string {
  const live = nameOf(liveDeployment);
  if (ordered) return `the platform reports ${live} live after ${formatMs(waitedMs)}`;
  const why = own ? `, and ${nameOf(own)} ${own.state}` : '';
  return `nothing to return: the platform reports ${live} live already${why}`;
}

/** What was made live since by other means is not this rollback's to undo. */
function requireOwnToUndo({ live, liveDeployment, back, foreign }: Situation, run: RolloutRun): void {
  const { release } = planOf(run);
  if (live === 'other')
    throw stepFailed(
      `live is ${nameOf(liveDeployment)}, which is neither ${release} nor the release before it; it is left alone.`,
    );
  if (foreign) throw stepFailed(`another deployment is in progress: ${nameOf(foreign)} is ${foreign.state}.`);
  if (back && (back.state === 'failed' || back.state === 'superseded'))
    throw stepFailed(
      `the platform reports the return ${nameOf(back)} ${back.state}: ${back.reason ?? 'without a reason'}`,
    );
}

function notBack({ liveDeployment }: Situation, problem: string | undefined, limitMs: number): string {
  const last = problem === undefined ? '' : `; ${problem}`;
  return `the previous release is not live within ${formatMs(limitMs)}: live is ${nameOf(liveDeployment)}${last}`;
}

async function cancel({ own }: Situation, run: RolloutRun): Promise<string | undefined> {
  if (!own) return undefined;
  return platformOf(run)
    .cancel?.(own, callOf(run))
    .then(() => undefined, messageOf);
}

/** By the platform's own rollback; where it has none, by a deploy of the previous release. */
async function returnTo(run: RolloutRun): Promise<Ordered | { readonly problem: string }> {
  const platform = platformOf(run);
  const { before, previousRelease: release } = planOf(run);
  try {
    if (platform.rollback) return await platform.rollback({ deployment: before.live, release }, callOf(run));
    if (release === undefined) throw stepFailed('The previous release is unknown, and `platform` has no `rollback`.');
    return await platform.deploy(release, callOf(run));
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
