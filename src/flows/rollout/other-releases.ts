import { otherColour } from '../../core/rollout/plan.ts';
import type { Stage } from '../../core/rollout/step.ts';
import type { Colour } from '../../core/target.ts';
import type { Place } from '../../runtimes/index.ts';
import type { RolloutRun } from './run.ts';
import { placesOf } from './sides.ts';

/**
 * What another writer, such as a GitOps controller or `kubectl set image`, has made of the instances that have users: where the runtime
 * replaces instances by itself, a side goes on with another release, and its counters are no evidence of this one. undefined where each
 * instance runs what the rollout knows. A runtime that cannot be read leaves the observation without counts anyway.
 */
export async function otherReleases(
  { share, canary }: Stage,
  run: Pick<RolloutRun, 'drivers' | 'state'>,
): Promise<string | undefined> {
  const { plan, phase } = run.state();
  if (!run.drivers.runtime.sides || phase === 'rolling-back' || !('colour' in canary)) return undefined;
  const { release, previousRelease } = plan;
  const isShared = share < 100 && previousRelease !== undefined;
  const expected: Partial<Record<Colour, readonly string[]>> = {
    ...(isShared ? { [otherColour(canary.colour)]: [previousRelease] } : {}),
    [canary.colour]: canary.kind === 'running' && isShared ? [release, previousRelease] : [release],
  };
  const found = await Promise.all(
    Object.entries(expected).map(([colour, releases]) => othersOn(colour as Colour, releases, run).catch(() => [])),
  );
  const others = found.flat();
  return others.length === 0
    ? undefined
    : `the instances were changed from outside: ${describe(others)}, and the rollout is that of ${release}`;
}

/**
 * What else the colour runs to which a rollback returns the traffic; undefined where that is the previous release, or which one that
 * is was never known. Throws ToolError where the runtime cannot be read.
 */
export async function otherThanPrevious(run: Pick<RolloutRun, 'drivers' | 'state'>): Promise<string | undefined> {
  const { plan } = run.state();
  if (!run.drivers.runtime.sides || plan.strategy !== 'blue-green' || plan.previousRelease === undefined)
    return undefined;
  const others = await othersOn(plan.live, [plan.previousRelease], run);
  return others.length === 0 ? undefined : `${describe(others)}, and not ${plan.previousRelease}`;
}

async function othersOn(
  colour: Colour,
  releases: readonly string[],
  run: Pick<RolloutRun, 'drivers'>,
): Promise<readonly Place[]> {
  const places = await placesOf({ kind: 'colour', colour }, run);
  return places.filter(({ running, release }) => running && (release === undefined || !releases.includes(release)));
}

function describe(others: readonly Place[]): string {
  const named = others.slice(0, 3).map(({ name, release }) => `${name} runs ${release ?? 'an unknown release'}`);
  const more = others.length > named.length ? `, and ${others.length - named.length} more run another one as well` : '';
  return `${named.join(', ')}${more}`;
}
