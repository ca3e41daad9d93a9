import { type Counted, countedOf } from '../../core/counted.ts';
import type { RolloutPlan } from '../../core/rollout/plan.ts';
import { otherColour } from '../../core/rollout/plan.ts';
import type { Side } from '../../core/rollout/step.ts';
import type { Target } from '../../core/target.ts';
import type { Place } from '../../runtimes/index.ts';
import type { RolloutRun } from './run.ts';

/** One instance as a target: at its own address, past the load balancer. */
export function targetOfPlace(place: Place, run: Pick<RolloutRun, 'targetOf'>, release: string | undefined): Target {
  const target = run.targetOf(place.colour);
  const { web: _, release: __, shutdown: ___, ...environment } = target.environment;
  const hasWeb = target.environment.web === target.environment.api;
  return {
    ...target,
    environment: {
      ...environment,
      api: place.address,
      metrics: [`${place.address}/metrics`],
      ...(hasWeb ? { web: place.address } : {}),
      ...(release === undefined ? {} : { release }),
    },
  };
}

/** What is probed of a side: a colour or the platform's one instance as a whole, or each of its instances. */
export async function targetsOf(
  side: Side,
  run: Pick<RolloutRun, 'targetOf' | 'drivers'>,
  release: string | undefined,
): Promise<Target[]> {
  if (side.kind !== 'instances') {
    const target = run.targetOf(side.kind === 'public' ? 'public' : side.colour);
    const { release: _, ...environment } = target.environment;
    return [{ ...target, environment: release === undefined ? environment : { ...environment, release } }];
  }
  return (await placesOf(side, run)).map((place) => targetOfPlace(place, run, release));
}

/** The places of a side: the regular ones of a colour, or the named ones. Those of a platform are not known. */
export async function placesOf(side: Side, run: Pick<RolloutRun, 'drivers'>): Promise<readonly Place[]> {
  if (side.kind === 'public') return [];
  const places = await run.drivers.runtime.read();
  if (side.kind === 'colour') return places.filter(({ colour, surge }) => colour === side.colour && !surge);
  return side.names.flatMap((name) => places.find((each) => each.name === name) ?? []);
}

/** What still runs the previous release, for comparison: nothing where it was replaced as a whole. */
export function baselineOf(plan: RolloutPlan, canary: Side): Side {
  if (canary.kind === 'public') return { kind: 'instances', names: [] };
  if (canary.kind === 'colour') return { kind: 'colour', colour: otherColour(canary.colour) };
  const all = plan.strategy === 'rolling' ? plan.batches.flat() : [];
  return { kind: 'instances', names: all.filter((name) => !canary.names.includes(name)) };
}

/** The metrics addresses of a side. */
export const metricsOf = async (side: Side, run: Pick<RolloutRun, 'targetOf' | 'drivers'>): Promise<string[]> =>
  (await targetsOf(side, run, undefined)).flatMap(({ environment }) => environment.metrics);

/** Whether nothing counts what the target answers. */
export const hasNoMetrics = ({ environment, metrics }: Target): boolean =>
  environment.metrics.length === 0 && (!metrics || metrics.source.driver === 'scrape');

/** What is counted of both sides: they are colours of one target, under the same names. */
export const countedIn = (run: Pick<RolloutRun, 'targetOf' | 'slos' | 'state'>): Counted =>
  countedOf(run.targetOf(run.state().plan.live), run.slos);
