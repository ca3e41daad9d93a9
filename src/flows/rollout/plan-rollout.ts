import type { Deployment } from '../../config/target-file.ts';
import { UserError } from '../../core/errors.ts';
import { otherColour, planBlueGreen, planRolling, type RolloutPlan, sharesOf } from '../../core/rollout/plan.ts';
import { planRoll } from '../../core/rollout/plan-roll.ts';
import type { RollbackParts } from '../../core/rollout/rollback-parts.ts';
import type { RolloutSettings } from '../../core/rollout/settings.ts';
import { refuseStepBack } from '../../core/rollout/step-back.ts';
import { describeShares, type Shares } from '../../core/rollout/step.ts';
import type { Colour } from '../../core/target.ts';
import type { PastRollout } from '../../journal/read-rollout.ts';
import type { Router } from '../../routers/index.ts';
import type { Place, Runtime } from '../../runtimes/index.ts';
import { liveColour } from '../select-target.ts';
import type { DeployOptions } from './options.ts';
import { configuredParts } from './rollback-steps.ts';
import type { RolloutContext } from './run.ts';

/** The steps of the rollout, from what router and runtime report. Throws UserError for what cannot be shipped. */
export async function planRollout(
  options: DeployOptions,
  deployment: Pick<Deployment, 'kind' | 'releases'>,
  settings: RolloutSettings,
  context: Pick<RolloutContext, 'drivers' | 'courtesies' | 'targetOf' | 'tools'>,
): Promise<RolloutPlan> {
  const { router, runtime } = context.drivers;
  const live = liveColour((await router.read()).shares);
  const places = await runtime.read();
  const previous = releaseOn(live, places);
  const release = releaseToShip(options.release, previous, deployment.releases);
  const strategy = strategyOf(options, runtime);
  requireStepBack({ strategy, settings });
  requireMetrics(strategy === 'rolling' ? [live] : [live, otherColour(live)], context, settings, deployment, options);
  await requireSides(strategy, runtime);
  // A runtime that rolls by itself leaves the shares as they are.
  await requireCapabilities(router, strategy === 'rolling' && runtime.sides ? { stages: [100] } : settings);
  await context.drivers.migrations?.check(release);
  const rollback = await rollbackParts(release, settings, context);
  if (strategy === 'rolling') {
    if (previous === undefined) {
      throw new UserError(
        `The runtime does not report one release for ${live}, and a rolling update has to be able to restore it.`,
        ['npm run status'],
      );
    }
    const instances = places.filter(({ colour, terminating }) => colour === live && !terminating);
    await refuseUnknownMembers(router, instances, runtime);
    if (runtime.sides) {
      const sizes = await runtime.sides.sizes(live);
      return planRoll({ release, previousRelease: previous, live, settings, rollback, sizes });
    }
    return planRolling({ release, previousRelease: previous, live, settings, rollback, instances });
  }
  const replaced = previous === undefined ? {} : { previousRelease: previous };
  return planBlueGreen({ release, live, settings, rollback, ...replaced });
}

/** Of a target with one set of instances the only one that it can have. */
export const strategyOf = (
  { strategy }: Pick<DeployOptions, 'strategy'>,
  { sides }: Pick<Runtime, 'sides'>,
): 'blue-green' | 'rolling' =>
  strategy === 'rolling' || (strategy === undefined && sides?.colours.length === 1) ? 'rolling' : 'blue-green';

/** Throws UserError where the runtime, which replaces instances by itself, is not set up as clauses 2.R1 to 2.R4 need it. */
async function requireSides(strategy: 'blue-green' | 'rolling', { sides }: Runtime): Promise<void> {
  if (!sides) return;
  if (strategy === 'blue-green' && sides.colours.length === 1)
    throw new UserError(`The runtime has instances of ${sides.colours[0]} alone, and blue-green needs two colours.`, [
      '--strategy rolling',
      'runtime.deployments with blue and green in the target file',
    ]);
  const problems = await sides.check(strategy);
  if (problems.length > 0) throw new UserError(problems.join('\n'), ['npm run doctor']);
}

/** Throws UserError where the settings ask for a step-back that the rollout cannot make. */
export function requireStepBack(plan: Pick<RolloutPlan, 'strategy' | 'settings'>): void {
  const refusal = refuseStepBack(plan);
  if (refusal === undefined) return;
  throw new UserError(refusal, [
    'rollout: { judge: { stepBack: { mode: off } } } in the target file',
    ...(plan.strategy === 'blue-green'
      ? ['rollout: { stages: [50, 100] } in the target file']
      : ['--strategy blue-green']),
  ]);
}

export async function rollbackParts(
  release: string,
  settings: RolloutSettings,
  context: Pick<RolloutContext, 'drivers' | 'courtesies'>,
): Promise<RollbackParts> {
  const { migrations: driver, flags } = context.drivers;
  const migrations = (await driver?.pending(release)) ?? [];
  // Flags that cannot be read now could not be restored either.
  await flags?.driver.snapshot();
  return { ...configuredParts(context, settings), ...(migrations.length > 0 ? { migrations } : {}) };
}

/** What would keep the router from shifting traffic is found before anything is changed. */
async function requireCapabilities(router: Router, { stages }: Pick<RolloutSettings, 'stages'>): Promise<void> {
  const problems = await router.checkCapabilities(stages);
  if (problems.length > 0) throw new UserError(problems.join('\n'), ['npm run doctor']);
}

/** Clauses 2.R1 and 2.R3 need a router that drains and joins each instance; a rollback would need it as well. */
async function refuseUnknownMembers(
  router: Router,
  instances: readonly Place[],
  { sides }: Pick<Runtime, 'sides'>,
): Promise<void> {
  if (!router.handlesMembers && !sides) {
    throw new UserError('The router has no command `member`, and a rolling update needs one.', [
      'router.member in the target file',
      '--strategy blue-green',
    ]);
  }
  const known = (await router.read()).members.map(({ name }) => name);
  const missing = instances.filter(({ name }) => !known.includes(name)).map(({ name }) => name);
  if (missing.length === 0) return;
  throw new UserError(`The router has no server ${missing.join(', ')}; it has ${known.join(', ') || 'none by name'}.`, [
    'give the places of `runtime` the names that they have in the router',
    '--strategy blue-green',
  ]);
}

/** The release of a colour, where all its running instances agree. */
export function releaseOn(colour: Colour, places: readonly Place[]): string | undefined {
  const running = places.filter((place) => place.colour === colour && place.running && !place.terminating);
  const releases = new Set(running.map(({ release }) => release));
  const [only] = releases;
  return releases.size === 1 ? only : undefined;
}

/** Throws UserError where it is not known what to ship, and where it is live already. */
export function releaseToShip(
  named: string | undefined,
  previous: string | undefined,
  releases: readonly string[],
): string {
  const release = named ?? nextRelease(previous, releases);
  if (release === previous) throw alreadyLive(release);
  return release;
}

export const alreadyLive = (release: string): UserError =>
  new UserError(`${release} is the live release already.`, ['--release with another one', 'npm run status']);

function nextRelease(previous: string | undefined, releases: readonly string[]): string {
  const index = previous === undefined ? -1 : releases.indexOf(previous);
  const next = releases[index + 1];
  if (next !== undefined && index >= 0) return next;
  throw new UserError(`The target file names no release after ${previous ?? 'the live one, which is unknown'}.`, [
    '--release with the one to ship',
  ]);
}

/** A rollout that cannot be observed must not start. */
export function requireMetrics(
  observed: readonly Colour[],
  { targetOf, tools, drivers }: Pick<RolloutContext, 'targetOf' | 'tools' | 'drivers'>,
  settings: RolloutSettings,
  { kind }: Pick<Deployment, 'kind'>,
  { allowProductionLoad }: DeployOptions,
): void {
  for (const colour of observed) {
    const { environment, metrics } = targetOf(colour);
    // The pages are those of the instances, whose addresses the runtime knows.
    if (drivers.runtime.sides || environment.metrics.length > 0 || (metrics && metrics.source.driver !== 'scrape'))
      continue;
    throw new UserError(
      `The target file names no metrics of ${colour}, and without counters no stage can be judged (2.B4).`,
      [`environments.${colour}.metrics`, 'metrics.source: prometheus or router'],
    );
  }
  requireSynthetic(settings, { tools, kind, allowProductionLoad });
}

/** Throws UserError where the rollout would send requests of its own and cannot, or may not. */
export function requireSynthetic(
  settings: RolloutSettings,
  {
    tools,
    kind,
    allowProductionLoad,
  }: Pick<RolloutContext, 'tools'> & Pick<Deployment, 'kind'> & Pick<DeployOptions, 'allowProductionLoad'>,
): void {
  if (settings.synthetic === false) return;
  if (!tools.k6)
    throw new UserError('k6 was not found, and the rollout may send requests of its own.', [
      'npm run doctor',
      'rollout.synthetic: false',
    ]);
  if (kind !== 'production' || allowProductionLoad) return;
  throw new UserError('The target is production, and its rollout.synthetic would put load on it.', [
    '--allow-production-load',
    'rollout.synthetic: false',
  ]);
}

/** Percent points that rounding to whole weights may cost. */
const tolerance = 1;

/** The shares have to be what the last rollout set or was about to set; otherwise they were changed from outside. */
export async function refuseExternalChange(
  router: Router,
  past: PastRollout | undefined,
  { abort, acceptWeights, resume, decision }: DeployOptions,
): Promise<void> {
  // A rollback moves all traffic to the old colour, wherever it is now.
  const goesBack = abort || decision?.decision === 'no-go';
  if (!past || acceptWeights || goesBack || past.state.phase === 'rolling-back') return;
  const { shares, intended, plan } = past.state;
  // A platform's word is asked for by each step itself.
  if (plan.live === 'public') return;
  const wanted: Shares[] = [shares ?? sharesOf(plan.live, 100), ...(intended?.do === 'shift' ? [intended.shares] : [])];
  const { shares: now } = await router.read();
  if (wanted.some((each) => Math.abs(each.blue - now.blue) <= tolerance)) return;
  throw new UserError(
    `The traffic was changed from outside since ${past.runId}: the router reads ${describeShares(now)}, the rollout had set ${wanted.map(describeShares).join(' or ')}.`,
    resume
      ? [
          `npm run deploy -- --resume --accept-weights   to set ${wanted.map(describeShares).join(' or ')} again and continue`,
          'npm run deploy -- --abort                     to roll back, wherever traffic is now',
        ]
      : ['npm run status', 'npm run deploy -- … --accept-weights   to start from what the router reads'],
  );
}
