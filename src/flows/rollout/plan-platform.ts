import type { Deployment } from '../../config/target-file.ts';
import { UserError } from '../../core/errors.ts';
import { describeDeployment, isInProgress, isOfRelease, type PlatformReading } from '../../core/platform.ts';
import { releaseNameProblem } from '../../core/release-name.ts';
import { planInPlace } from '../../core/rollout/plan-in-place.ts';
import type { InPlacePlan, RolloutPlan, Strategy } from '../../core/rollout/plan.ts';
import type { RolloutSettings } from '../../core/rollout/settings.ts';
import { readSide } from './identity.ts';
import type { DeployOptions } from './options.ts';
import { alreadyLive, releaseToShip, requireStepBack, requireSynthetic, rollbackParts } from './plan-rollout.ts';
import { platformOf } from './platform-word.ts';
import { configuredParts } from './rollback-steps.ts';
import type { RolloutContext } from './run.ts';
import { hasNoMetrics } from './sides.ts';

/** A target with a platform is shipped by it, whatever the default is. Throws UserError where the two contradict each other. */
export function usesPlatform(strategy: Strategy | undefined, { platform }: RolloutContext['drivers']): boolean {
  if (platform && strategy !== undefined && strategy !== 'in-place')
    throw new UserError(
      `The target has a \`platform\`, which replaces its one instance: it cannot be shipped ${strategy}.`,
      ['--strategy in-place'],
    );
  if (!platform && strategy === 'in-place')
    throw new UserError('--strategy in-place needs a `platform` in the target file.', [
      'docs/platforms.md has recipes',
      '--strategy blue-green',
    ]);
  return platform !== undefined;
}

/** The plan of a release that a platform ships, from what the platform reports. Throws UserError for what cannot be shipped. */
export async function planPlatformRollout(
  options: DeployOptions,
  deployment: Pick<Deployment, 'kind' | 'releases'>,
  settings: RolloutSettings,
  context: RolloutContext,
): Promise<RolloutPlan> {
  const reading = await platformOf(context).read({ signal: context.signal });
  const { deployments, live } = reading;
  const open = deployments.find(isInProgress);
  if (open)
    throw new UserError(
      `The deployment ${describeDeployment(open)} is ${open.state}; a rollout starts once it has ended.`,
      ['npm run status'],
    );
  if (!live)
    throw new UserError('The platform reports nothing live, so a rollback would have nothing to return to.', [
      'ship the first release with the platform itself',
      'npm run status',
    ]);
  const previous = await previousRelease(reading, context);
  const release = releaseToShip(options.release, previous, deployment.releases);
  if (isOfRelease(live, release)) throw alreadyLive(release);
  if (previous === undefined && !platformOf(context).rollback)
    throw new UserError('Which release is live is not known, and a rollback has to be able to return to it.', [
      'platform.rollback in the target file',
      'identity in the target file',
    ]);
  requireStepBack({ strategy: 'in-place', settings });
  requireSynthetic(settings, { ...context, ...deployment, allowProductionLoad: options.allowProductionLoad });
  notePages(context);
  await context.drivers.migrations?.check(release);
  return planInPlace({
    release,
    settings,
    rollback: await rollbackParts(release, settings, context),
    before: { live: live.id, newest: deployments[0]?.id ?? live.id },
    ...(previous === undefined ? {} : { previousRelease: previous }),
  });
}

/** As the public address answers; where it shows none, as the platform reports it. */
async function previousRelease({ live }: PlatformReading, context: RolloutContext): Promise<string | undefined> {
  const answers = await readSide({ kind: 'public' }, context, context.signal);
  const shown = [...new Set(answers.flatMap((answer) => ('release' in answer ? [answer.release] : [])))];
  if (shown.length > 1)
    throw new UserError(`The public address answers as ${shown.join(' and as ')}, so it is not known what is live.`, [
      'npm run status',
    ]);
  const reported = live?.release;
  return shown[0] ?? (reported !== undefined && releaseNameProblem(reported) === undefined ? reported : undefined);
}

function notePages({ targetOf, slos, emit }: RolloutContext): void {
  if (slos.length === 0 || !hasNoMetrics(targetOf('public'))) return;
  const text =
    'the target file names no metrics, so no objective can be shown to be met: the rollout ends at best with HOLD; name environments.public.metrics or metrics.source, or objectives.inapplicable with the reason';
  emit({ type: 'note', text });
}

/** The watch of a release that a platform has made live already. Throws UserError where it is not what all users get. */
export async function planPlatformWatch(
  options: DeployOptions & { readonly release: string; readonly unobservedMs: number },
  { kind }: Pick<Deployment, 'kind'>,
  settings: RolloutSettings,
  context: RolloutContext,
): Promise<InPlacePlan> {
  const { release, unobservedMs } = options;
  const { deployments, live } = await platformOf(context).read({ signal: context.signal });
  if (!live || isOfRelease(live, release) === false)
    throw new UserError(
      `${release} is not live: the platform reports ${live ? describeDeployment(live) : 'nothing'}.`,
      ['npm run status'],
    );
  const answers = await readSide({ kind: 'public' }, context, context.signal);
  const other = answers.find((answer) => 'release' in answer && answer.release !== release);
  if (other && 'release' in other)
    throw new UserError(`${release} is not live: the public address answers as ${other.release}.`, ['npm run status']);
  requireStepBack({ strategy: 'in-place', settings });
  requireSynthetic(settings, { ...context, kind, allowProductionLoad: options.allowProductionLoad });
  notePages(context);
  const older = deployments.slice(deployments.findIndex(({ id }) => id === live.id) + 1);
  const previous = older.find((each) => each.state !== 'failed' && !isInProgress(each) && !isOfRelease(each, release));
  const reported = previous?.release;
  const text = previous
    ? `a rollback returns to deployment ${describeDeployment(previous)}`
    : 'the platform lists no deployment before it, so a rollback is not possible: on a breach users stay where they are, exit code 4';
  context.emit({ type: 'note', text });
  const { flags: _, ...rollback } = configuredParts(context, settings);
  return planInPlace({
    release,
    settings,
    // Without a snapshot before the release nothing is known to restore.
    rollback,
    before: { live: previous?.id ?? '', newest: older[0]?.id ?? '' },
    own: live.id,
    unobservedMs,
    ...(reported !== undefined && releaseNameProblem(reported) === undefined ? { previousRelease: reported } : {}),
  });
}
