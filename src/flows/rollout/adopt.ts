import { messageOf } from '../../core/errors.ts';
import type { StepOutcome } from '../../core/rollout/advance.ts';
import { describeShares, type RolloutStep } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import type { Colour } from '../../core/target.ts';
import { requireIdentity } from './identity.ts';
import type { Outcome } from './observe.ts';
import { changeOf, readPlatform } from './platform-word.ts';
import { retry } from './retry.ts';
import type { RolloutRun } from './run.ts';
import { placesOf } from './sides.ts';

/**
 * Clause 2.B1 for a release that was shipped otherwise: it answers, and has all traffic. Pauses where it does not: a release
 * that this run has not found live is not rolled back by it.
 */
export async function adopt(
  step: RolloutStep & { do: 'adopt' },
  run: RolloutRun,
): Promise<StepOutcome | { readonly outcome: Outcome }> {
  const { stage, release, shares, unobservedMs } = step;
  try {
    const other = await otherThan(step, run);
    if (other !== undefined) return { outcome: { paused: other } };
    const { releases, summary } = await requireIdentity(stage.canary, release, run);
    if (unobservedMs > 0 && run.state().observations.length === 0) await recordLateStart(step, run);
    return shares
      ? { summary: `${summary}; ${describeShares(shares)}`, shares, releases }
      : { summary: `${summary}; live by the platform`, releases };
  } catch (error) {
    return { outcome: { paused: messageOf(error) } };
  }
}

/** What router or platform report instead; undefined where the release has all traffic. */
async function otherThan(
  { shares, stage: { canary }, release }: RolloutStep & { do: 'adopt' },
  run: RolloutRun,
): Promise<string | undefined> {
  if (!shares) return changeOf(await readPlatform(run), run)?.because;
  const pool = await retry((signal) => run.drivers.router.read({ signal }), run);
  if (pool.shares.blue === shares.blue)
    return canary.kind === 'running' ? otherRunning(canary, release, run) : undefined;
  return `the router reads ${describeShares(pool.shares)} instead of ${describeShares(shares)}`;
}

/** Instances that run another release have users too. */
async function otherRunning(
  { colour }: { readonly colour: Colour },
  wanted: string,
  run: RolloutRun,
): Promise<string | undefined> {
  const places = await placesOf({ kind: 'colour', colour }, run);
  const others = places.filter(({ release }) => release !== wanted);
  if (others.length === 0) return undefined;
  return others
    .map(({ name, release }) => `${name} runs ${release ?? 'an unknown release'} instead of ${wanted}`)
    .join(', ');
}

async function recordLateStart({ stage, unobservedMs }: RolloutStep & { do: 'adopt' }, run: RolloutRun): Promise<void> {
  const observation = {
    at: new Date(run.clock.now()).toISOString(),
    lengthMs: unobservedMs,
    observed: false,
    canary: {},
    baseline: {},
    problems: [`unobserved for ${formatMs(unobservedMs)}: the watch was started so long after the release was shipped`],
  };
  await run.append({ type: 'observed', stage, observation });
}
