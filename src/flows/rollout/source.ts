import { countedOf } from '../../core/counted.ts';
import { UserError } from '../../core/errors.ts';
import { liveSideOf, type RolloutPlan } from '../../core/rollout/plan.ts';
import type { RolloutSettings } from '../../core/rollout/settings.ts';
import type { Side } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import type { EnvironmentName } from '../../core/target.ts';
import { createSource, type MeasuredSide, type Source } from '../../sources/index.ts';
import type { RolloutContext, RolloutRun } from './run.ts';
import { metricsOf, placesOf } from './sides.ts';

/** Where the counts of the target come from. Throws UserError where the variable with its token is not set. */
export function sourceOf(context: RolloutContext, environment: EnvironmentName): Source {
  const target = context.targetOf(environment);
  return createSource(target.metrics?.source ?? { driver: 'scrape' }, {
    counted: countedOf(target, context.slos),
    clock: context.clock,
    scrapeAll: context.instruments.scrapeAll,
    readPool: () => context.drivers.router.read({ signal: context.signal }),
    variables: context.variables,
  });
}

/** An observation that comes more intervals late is none. */
export const maxMissedIntervals = 3;

/** Throws UserError where the source cannot serve a rollout with these settings: every observation would be unobserved. */
export function requireSource(
  context: RolloutContext,
  environment: EnvironmentName,
  { intervalMs }: RolloutSettings,
): void {
  sourceOf(context, environment);
  const settings = context.targetOf(environment).metrics?.source;
  if (settings?.driver !== 'prometheus' || settings.scrapeIntervalMs < maxMissedIntervals * intervalMs) return;
  throw new UserError(
    `Prometheus scrapes every ${formatMs(settings.scrapeIntervalMs)}, and the rollout observes every ${formatMs(intervalMs)}: nothing would be observed in time.`,
    [`rollout: { interval: ${settings.scrapeIntervalMs / 1000}s } in the target file`],
  );
}

/** What a source is asked for one side. Throws ToolError where the runtime cannot be read. */
export const measuredSide = (
  role: 'canary' | 'baseline',
  side: Side,
  source: Source,
  run: RolloutRun,
): Promise<MeasuredSide> =>
  measured(side, role === 'canary' ? 'release' : 'previousRelease', { source, plan: run.state().plan, context: run });

/** What is live before the rollout. */
export const liveSide = (plan: RolloutPlan, source: Source, context: RolloutContext): Promise<MeasuredSide> =>
  measured(liveSideOf(plan), 'previousRelease', { source, plan, context });

async function measured(
  side: Side,
  which: 'release' | 'previousRelease',
  { source, plan, context }: { source: Source; plan: RolloutPlan; context: RolloutContext },
): Promise<MeasuredSide> {
  const release = plan[which];
  // A page has one instance, whatever runs where; the other sources are asked for every one.
  const places = source.name === 'scrape' ? [] : await placesOf(side, context);
  return {
    colour: 'colour' in side ? side.colour : (places[0]?.colour ?? plan.live),
    isWhole: side.kind === 'colour' || side.kind === 'public',
    // An instance that has no address yet is asked for all the same, and found by no source.
    instances: places.map(({ name, address }) => ({ name, host: address === '' ? '' : new URL(address).host })),
    metrics: source.name === 'scrape' ? await metricsOf(side, context) : [],
    ...(release === undefined ? {} : { release }),
  };
}
