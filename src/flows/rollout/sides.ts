import { type Counted, countedOf } from '../../core/counted.ts';
import type { RolloutPlan } from '../../core/rollout/plan.ts';
import { isRolledByRuntime, otherColour } from '../../core/rollout/plan.ts';
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

type TargetContext = Pick<RolloutRun, 'targetOf' | 'drivers'>;

/**
 * What is probed of a side: a colour or the platform's one instance as a whole, or each of its instances. Where the runtime replaces
 * the instances of a colour by itself, it names their addresses, and an address of the colour would show one of them at random.
 */
export async function targetsOf(side: Side, run: TargetContext, release: string | undefined): Promise<Target[]> {
  const isWhole = side.kind === 'public' || (side.kind === 'colour' && !run.drivers.runtime.sides);
  if (isWhole) return [targetOfEnvironment(side, run, release)];
  return (await placesOf(side, run)).map((place) => targetOfPlace(place, run, release));
}

function targetOfEnvironment(
  side: Extract<Side, { kind: 'public' | 'colour' }>,
  run: TargetContext,
  release: string | undefined,
): Target {
  const target = run.targetOf(side.kind === 'public' ? 'public' : side.colour);
  const { release: _, ...environment } = target.environment;
  return { ...target, environment: release === undefined ? environment : { ...environment, release } };
}

/** Where the journey and a load are sent: the address of a colour as a whole; of other sides the newest instance. */
export async function entryOf(
  side: Side,
  run: TargetContext,
  release: string | undefined,
): Promise<Target | undefined> {
  const targets = await targetsOf(side, run, release);
  if (side.kind !== 'colour' || !run.drivers.runtime.sides) return targets.at(-1);
  const whole = targetOfEnvironment(side, run, release);
  const metrics = targets.flatMap(({ environment }) => environment.metrics);
  return { ...whole, environment: { ...whole.environment, metrics } };
}

/**
 * The places of a side: the regular ones of a colour, the named ones, or those that run its release. An instance that was asked to end
 * belongs to no side any more. Those of a platform are not known.
 */
export async function placesOf(side: Side, run: Pick<RolloutRun, 'drivers'>): Promise<readonly Place[]> {
  if (side.kind === 'public') return [];
  const places = (await run.drivers.runtime.read()).filter(({ terminating }) => !terminating);
  if (side.kind === 'instances') return side.names.flatMap((name) => places.find((each) => each.name === name) ?? []);
  const regular = places.filter(({ colour, surge }) => colour === side.colour && !surge);
  return side.kind === 'colour' ? regular : regular.filter(({ release }) => release === side.release);
}

/** A side as the router counts it: by colour, or by the names of its members. */
export type NamedSide = Exclude<Side, { readonly kind: 'running' }>;

/** The side by the names that its instances have at this moment. Throws ToolError where the runtime cannot be read. */
export const namedSide = async (side: Side, run: Pick<RolloutRun, 'drivers'>): Promise<NamedSide> =>
  side.kind === 'running' ? { kind: 'instances', names: (await placesOf(side, run)).map(({ name }) => name) } : side;

/** What still runs the previous release, for comparison: nothing where it was replaced as a whole. */
export function baselineOf(plan: RolloutPlan, canary: Side): Side {
  if (canary.kind === 'public') return { kind: 'instances', names: [] };
  if (canary.kind === 'colour') return { kind: 'colour', colour: otherColour(canary.colour) };
  if (canary.kind === 'running') return runningBeside(canary, plan);
  const all = plan.strategy === 'rolling' && !isRolledByRuntime(plan) ? plan.batches.flat() : [];
  return { kind: 'instances', names: all.filter((name) => !canary.names.includes(name)) };
}

function runningBeside({ colour, release }: Extract<Side, { kind: 'running' }>, plan: RolloutPlan): Side {
  const other = release === plan.release ? plan.previousRelease : plan.release;
  return other === undefined ? { kind: 'instances', names: [] } : { kind: 'running', colour, release: other };
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
