import { messageOf } from '../../core/errors.ts';
import { isInProgress, type Situation } from '../../core/platform.ts';
import type { StepOutcome } from '../../core/rollout/advance.ts';
import { formatMs } from '../../core/slo.ts';
import type { Outcome } from './observe.ts';
import { lateReadings, nameOf, planOf, platformOf, readPlatform, situate, triggeredIn } from './platform-word.ts';
import { stepFailed } from './release-steps.ts';
import { callOf, signalOf } from './retry.ts';
import type { RolloutRun } from './run.ts';

/** How long a deployment that was triggered may be missing in the platform's list. */
const listedWithinMs = 60_000;

type Paused = { readonly outcome: Outcome };

/**
 * Clause 2.B1 by a platform: triggers the deploy, unless a deployment of the release is listed that is newer than the rollout,
 * and waits until the platform reports it live. A platform that cannot be read, or that deploys another release meanwhile, pauses
 * the rollout. Throws ToolError where the platform reports that the deployment failed, or its time is over.
 */
export async function replace(run: RolloutRun): Promise<StepOutcome | Paused> {
  const began = run.clock.monotonic();
  const found = await ownListed(run);
  if (typeof found === 'object') return found;
  if (found) return untilLive(run, { began });
  const { deployment, problem } = await trigger(run);
  return untilLive(run, { began, deployment, ...(problem === undefined ? {} : { problem }) });
}

async function ownListed(run: RolloutRun): Promise<boolean | Paused> {
  try {
    const first = situate(await readPlatform(run), run);
    const other = otherDeployIn(first, run);
    if (other !== undefined) return paused(other);
    return first.own !== undefined || (await appears(run));
  } catch (error) {
    return paused(messageOf(error));
  }
}

/** Whether the deploy that a dead process may have triggered is listed after all: a platform may list it a moment later. */
async function appears(run: RolloutRun): Promise<boolean> {
  for (let reading = 0; reading < lateReadings && triggeredIn(run).triggered; reading += 1) {
    await run.clock.sleep(platformOf(run).pollMs, signalOf(run));
    if (situate(await readPlatform(run), run).own) return true;
  }
  return false;
}

const paused = (because: string): Paused => ({ outcome: { paused: because } });

interface Trigger {
  readonly deployment?: string | undefined;
  /** Why the command failed; whether the deploy was started all the same is for the platform to report. */
  readonly problem?: string;
}

async function trigger(run: RolloutRun): Promise<Trigger> {
  const platform = platformOf(run);
  try {
    return await platform.deploy(planOf(run).release, callOf(run));
  } catch (error) {
    if (run.signal.aborted) throw error;
    return { problem: messageOf(error) };
  }
}

async function untilLive(
  run: RolloutRun,
  { began, ...known }: Trigger & { readonly began: number },
): Promise<StepOutcome | Paused> {
  const { pollMs, liveWithinMs } = platformOf(run);
  const { release } = planOf(run);
  for (;;) {
    let now: Situation;
    try {
      now = situate(await readPlatform(run), run, { ...known, triggered: true });
    } catch (error) {
      return paused(messageOf(error));
    }
    const waitedMs = run.clock.monotonic() - began;
    const { own, live } = now;
    if (live === 'release' && own) {
      const although = known.problem === undefined ? '' : `, although the deploy command failed: ${known.problem}`;
      const summary = `the platform reports ${nameOf(own)} live after ${formatMs(waitedMs)}${although}`;
      return { summary, data: { deployment: own.id } };
    }
    const other = otherDeployIn(now, run);
    if (other !== undefined) return paused(other);
    requireProgress(now, known, waitedMs);
    if (waitedMs > liveWithinMs)
      throw stepFailed(`${release} is not live within ${formatMs(liveWithinMs)}: ${describe(now)}.`);
    const text = `${describe(now)}, ${formatMs(waitedMs)}`;
    run.emit({ type: 'step-progress', step: 'platform', text, done: waitedMs, of: liveWithinMs });
    await run.clock.sleep(pollMs, signalOf(run));
    if (run.signal.aborted) return paused(`interrupted by ${String(run.signal.reason)}`);
  }
}

const describe = ({ own }: Situation): string =>
  own ? `the platform reports ${nameOf(own)} ${own.state}` : 'the platform does not list the deployment yet';

/** A deploy of another release since the rollout was planned by other means. */
function otherDeployIn({ live, liveDeployment, foreign }: Situation, run: RolloutRun): string | undefined {
  const { release } = run.state().plan;
  if (live === 'other')
    return `the deployment was changed from outside: live is ${nameOf(liveDeployment)} instead of ${release}`;
  return foreign ? `another deployment is in progress: ${nameOf(foreign)} is ${foreign.state}` : undefined;
}

function requireProgress({ own }: Situation, { problem }: Trigger, waitedMs: number): void {
  if (!own) {
    if (problem !== undefined) throw stepFailed(problem);
    if (waitedMs > listedWithinMs)
      throw stepFailed(
        `The deploy command succeeded, and after ${formatMs(waitedMs)} the platform lists no new deployment.`,
      );
    return;
  }
  if (isInProgress(own) || own.state === 'live') return;
  const reason = own.reason === undefined ? 'without a reason' : own.reason;
  throw stepFailed(`the platform reports ${nameOf(own)} ${own.state}: ${reason}`);
}
