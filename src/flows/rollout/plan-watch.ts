import type { Deployment } from '../../config/target-file.ts';
import { UserError } from '../../core/errors.ts';
import { planWatchRoll } from '../../core/rollout/plan-roll.ts';
import { otherColour, planWatch, type RolloutPlan } from '../../core/rollout/plan.ts';
import type { RolloutSettings } from '../../core/rollout/settings.ts';
import type { Colour } from '../../core/target.ts';
import { liveColour } from '../select-target.ts';
import { readSide } from './identity.ts';
import type { DeployOptions } from './options.ts';
import { planPlatformWatch } from './plan-platform.ts';
import { requireMetrics, requireStepBack } from './plan-rollout.ts';
import { configuredParts } from './rollback-steps.ts';
import type { RolloutContext } from './run.ts';
import { placesOf } from './sides.ts';

/** The watch of a release that is live already. Throws UserError where it is not what all users get. */
export async function planOnlyWatch(
  options: DeployOptions,
  deployment: Pick<Deployment, 'kind'>,
  settings: RolloutSettings,
  context: RolloutContext,
): Promise<RolloutPlan> {
  const { release, environment, sinceMs } = options;
  if (release === undefined) throw new UserError('watch needs the release that is live.', ['--release R']);
  const since = sinceMs === undefined ? 0 : unobservedMs(sinceMs, context.clock.now());
  if (context.drivers.platform)
    return planPlatformWatch({ ...options, release, unobservedMs: since }, deployment, settings, context);
  const live = liveColour((await context.drivers.router.read()).shares);
  if (environment !== undefined && environment !== 'live' && environment !== live)
    throw new UserError(`All traffic is on ${live}, so there is nothing to watch on ${environment}.`, [
      `--env ${live}`,
    ]);
  await requireLive(release, live, context);
  const isRolled = context.drivers.runtime.sides?.colours.length === 1;
  requireStepBack({ strategy: isRolled ? 'rolling' : 'blue-green', settings });
  requireMetrics([live], context, settings, deployment, options);
  if (isRolled) return watchOfRolled({ release, live, settings, unobservedMs: since }, context);
  const previous = await previousRelease(live, context);
  const { flags: _, ...rollback } = configuredParts(context, settings);
  return planWatch({
    release,
    live,
    settings,
    // Without a snapshot before the release nothing is known to restore.
    rollback,
    unobservedMs: since,
    ...(previous === undefined ? {} : { previousRelease: previous }),
  });
}

/** Of a target with one set of instances: a rollback gives them the release before it again, as far as the runtime keeps it. */
async function watchOfRolled(
  base: Pick<Parameters<typeof planWatchRoll>[0], 'release' | 'live' | 'settings' | 'unobservedMs'>,
  context: RolloutContext,
): Promise<RolloutPlan> {
  const [previous] = (await context.drivers.runtime.sides?.restorable(base.live)) ?? [];
  const text =
    previous === undefined
      ? 'the runtime keeps no earlier release, so a rollback is not possible: on a breach users stay where they are, exit code 4'
      : `a rollback replaces every instance by ${previous}, as the runtime keeps it`;
  context.emit({ type: 'note', text });
  const { flags: _, ...rollback } = configuredParts(context, base.settings);
  return planWatchRoll({ ...base, rollback, ...(previous === undefined ? {} : { previousRelease: previous }) });
}

function unobservedMs(sinceMs: number, now: number): number {
  if (sinceMs > now) throw new UserError('--since is in the future.', ['--since 12m', '--since 2026-11-26T12:00:00Z']);
  return now - sinceMs;
}

async function requireLive(release: string, live: Colour, context: RolloutContext): Promise<void> {
  const answers = await readSide({ kind: 'colour', colour: live }, context, context.signal);
  const other = answers.find((answer) => 'release' in answer && answer.release !== release);
  if (other && 'release' in other)
    throw new UserError(`${release} is not live: ${other.name} answers as ${other.release}.`, ['npm run status']);
  if (answers.length === 0) throw new UserError(`No instance of ${live} runs.`, ['npm run status']);
}

/** What a rollback returns to; its absence is reported before the watch starts. */
async function previousRelease(live: Colour, { drivers, emit }: RolloutContext): Promise<string | undefined> {
  const previous = otherColour(live);
  const running = (await placesOf({ kind: 'colour', colour: previous }, { drivers })).filter(
    ({ running: runs }) => runs,
  );
  const releases = [...new Set(running.map(({ release }) => release ?? 'an unknown release'))];
  const text =
    running.length === 0
      ? `no instance of ${previous} runs, so a rollback is not possible: on a breach users stay where they are, exit code 4`
      : `a rollback returns all traffic to ${previous}, which runs ${releases.join(', ')}`;
  emit({ type: 'note', text });
  return releases.length === 1 ? releases[0] : undefined;
}
