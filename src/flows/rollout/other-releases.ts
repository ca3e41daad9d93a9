import { otherColour } from '../../core/rollout/plan.ts';
import type { Stage } from '../../core/rollout/step.ts';
import type { Colour } from '../../core/target.ts';
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
    Object.entries(expected).map(async ([colour, releases]) => {
      const places = await placesOf({ kind: 'colour', colour: colour as Colour }, run).catch(() => []);
      return places.filter((place) => place.running && !(place.release && releases.includes(place.release)));
    }),
  );
  const others = found.flat();
  if (others.length === 0) return undefined;
  const named = others.slice(0, 3).map((place) => `${place.name} runs ${place.release ?? 'an unknown release'}`);
  const more = others.length > named.length ? `, and ${others.length - named.length} more do as well` : '';
  return `the instances were changed from outside: ${named.join(', ')}${more}, and the rollout is that of ${release}`;
}
