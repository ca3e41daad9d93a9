import type { Colour } from '../target.ts';
import { percentOf, type RuntimeRollingPlan, sharesOf, snapshotSteps, stageSteps, watchSteps } from './plan.ts';
import type { RollbackParts } from './rollback-parts.ts';
import type { RolloutSettings } from './settings.ts';
import type { RolloutStep, Side, Stage } from './step.ts';

interface RollOptions {
  readonly release: string;
  readonly live: Colour;
  readonly settings: RolloutSettings;
  readonly rollback?: RollbackParts;
}

/**
 * Clauses 2.R1 to 2.R4 where the runtime replaces the instances by itself. Its readiness probe lets an instance into the pool, so that
 * users have it while it is verified, and the counters decide meanwhile.
 */
export function planRoll({
  sizes: { first, serving },
  ...base
}: RollOptions & {
  readonly previousRelease: string;
  /** Instances: those that are added first, at least 1, beside those that serve now. */
  readonly sizes: { readonly first: number; readonly serving: number };
}): RuntimeRollingPlan {
  const { release, live, rollback } = base;
  const canary: Side = { kind: 'running', colour: live, release };
  const whole: Stage = { share: 100, canary };
  // 100 is the share of the last stage, and two stages of one share would be one.
  const share = Math.min(99, Math.max(1, percentOf(first, first + serving)));
  return {
    ...base,
    strategy: 'rolling',
    rolledBy: 'runtime',
    steps: [
      ...snapshotSteps(rollback),
      { do: 'migrate', release },
      ...snapshotSteps(rollback, 'released'),
      { do: 'roll', release, part: 'first' },
      ...verifiedStage({ share, canary }, release),
      { do: 'roll', release, part: 'all' },
      ...verifiedStage(whole, release),
      ...watchSteps(whole),
      ...snapshotSteps(rollback, 'promoted'),
    ],
  };
}

const verifiedStage = (stage: Stage, release: string): RolloutStep[] => [
  { do: 'verify-live', stage, release },
  ...stageSteps(stage),
];

/** Clauses 3.2 and 4.1 alone, for a release that the runtime has on every instance already; a rollback is one of the runtime. */
export function planWatchRoll({
  unobservedMs,
  ...base
}: RollOptions & {
  readonly previousRelease?: string;
  /** Since it was shipped. */
  readonly unobservedMs: number;
}): RuntimeRollingPlan {
  const { release, live } = base;
  const stage: Stage = { share: 100, canary: { kind: 'running', colour: live, release } };
  return {
    ...base,
    verb: 'watch',
    strategy: 'rolling',
    rolledBy: 'runtime',
    steps: [
      { do: 'adopt', stage, release, shares: sharesOf(live, 100), unobservedMs },
      { do: 'smoke', stage, at: 'watch-start' },
      ...watchSteps(stage),
    ],
  };
}
