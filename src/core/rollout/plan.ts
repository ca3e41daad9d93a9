import type { FlagSnapshots } from '../flags.ts';
import type { Colour, EnvironmentName } from '../target.ts';
import type { RollbackParts } from './rollback-parts.ts';
import { batchesOf, type RollingInstance, surgePlaces } from './rolling-batches.ts';
import type { RolloutSettings } from './settings.ts';
import type { RolloutStep, Shares, Side, Stage } from './step.ts';

export const strategies = ['blue-green', 'rolling', 'in-place'] as const;
export type Strategy = (typeof strategies)[number];

/** A rollout that ended with all traffic on its release, as far as its rollback needs it. */
export interface Undone {
  readonly runId: string;
  /** As the rollout left them; absent where no router shares the traffic. */
  readonly shares?: Shares;
  /** Its snapshots. */
  readonly flags: Partial<Omit<FlagSnapshots, 'now'>>;
  /** The previous release does not run any more, and is started and verified first. */
  readonly startPrevious?: true;
}

interface PlanBase {
  readonly release: string;
  /** The command that made the plan, where it is not `deploy`. */
  readonly verb?: 'watch' | 'rollback' | 'release';
  /** Shipped although this run had rolled it back, and why. */
  readonly retried?: { readonly runId: string; readonly because: string };
  /** The live release when the rollout starts; undefined where the runtime does not know it. */
  readonly previousRelease?: string;
  /** What has all traffic when the rollout starts. */
  readonly live: EnvironmentName;
  readonly settings: RolloutSettings;
  /** What a rollback undoes and reports beside the traffic. */
  readonly rollback?: RollbackParts;
  /** Set where the plan only rolls back what an earlier run has shipped to its end. */
  readonly undoes?: Undone;
  readonly steps: readonly RolloutStep[];
}
export interface BlueGreenPlan extends PlanBase {
  readonly strategy: 'blue-green';
  readonly live: Colour;
  readonly idle: Colour;
}
export interface RollingPlan extends PlanBase {
  readonly strategy: 'rolling';
  readonly live: Colour;
  readonly previousRelease: string;
  /** The regular instances, in the order in which they are replaced, batch by batch. */
  readonly batches: readonly (readonly string[])[];
  readonly surge: readonly string[];
}
/** The runtime replaces the instances of the live colour by itself, and names the new ones. */
export interface RuntimeRollingPlan extends PlanBase {
  readonly strategy: 'rolling';
  readonly rolledBy: 'runtime';
  readonly live: Colour;
}
/** A platform replaces the one instance itself; there is no other side, and no share of traffic. */
export interface InPlacePlan extends PlanBase {
  readonly strategy: 'in-place';
  readonly live: 'public';
  /** Ids of the platform's deployments before the rollout: the live one, and the newest one; empty where there was none. */
  readonly before: { readonly live: string; readonly newest: string };
  /** The id of the release's own deployment, where it is live already: of a watch alone, and of a rollback. */
  readonly own?: string;
}
/** Every step of a rollout, fixed before the first one is executed. */
export type RolloutPlan = BlueGreenPlan | RollingPlan | RuntimeRollingPlan | InPlacePlan;

export const isRolledByRuntime = (plan: RolloutPlan): plan is RuntimeRollingPlan =>
  plan.strategy === 'rolling' && 'rolledBy' in plan;

/** What has all traffic before the rollout, and what has it after one that was promoted. */
export const liveSideOf = ({ live }: Pick<RolloutPlan, 'live'>): Side =>
  live === 'public' ? { kind: 'public' } : { kind: 'colour', colour: live };
export const releasedOn = (plan: RolloutPlan): EnvironmentName =>
  plan.strategy === 'blue-green' ? plan.idle : plan.live;

export const otherColour = (colour: Colour): Colour => (colour === 'blue' ? 'green' : 'blue');

/** Shares with `percent` on one colour and the rest on the other. */
export const sharesOf = (colour: Colour, percent: number): Shares =>
  colour === 'blue' ? { blue: percent, green: 100 - percent } : { blue: 100 - percent, green: percent };

/** Clauses 2.B1 to 2.B5. */
export function planBlueGreen(options: {
  readonly release: string;
  readonly previousRelease?: string;
  readonly live: Colour;
  readonly settings: RolloutSettings;
  readonly rollback?: RollbackParts;
}): BlueGreenPlan {
  const { release, live, settings, rollback } = options;
  const idle = otherColour(live);
  const side = { kind: 'colour', colour: idle } as const;
  return {
    ...options,
    strategy: 'blue-green',
    idle,
    steps: [
      ...snapshotSteps(rollback),
      { do: 'release', colour: idle, release },
      { do: 'migrate', release },
      { do: 'verify', side, release },
      ...snapshotSteps(rollback, 'released'),
      ...settings.stages.flatMap((share): RolloutStep[] => [
        { do: 'shift', shares: sharesOf(idle, share) },
        ...stageSteps({ share, canary: side }),
      ]),
      { do: 'confirm', side: { kind: 'colour', colour: live }, because: 'keep-warm' },
      ...watchSteps({ share: 100, canary: side }),
      ...snapshotSteps(rollback, 'promoted'),
    ],
  };
}

/** The changes of flags are the release's own until its first traffic; those of the flags that it owns until its end (4.2.2). */
export function snapshotSteps(rollback: RollbackParts | undefined, at?: 'released' | 'promoted'): RolloutStep[] {
  const { flags } = rollback ?? {};
  if (at === undefined) return flags ? [{ do: 'snapshot-flags' }] : [];
  return flags === (at === 'promoted' ? 'owned' : true) ? [{ do: 'snapshot-flags', at }] : [];
}

export const stageSteps = (stage: Stage): RolloutStep[] => [
  { do: 'observe', stage },
  { do: 'smoke', stage },
  { do: 'judge', stage },
];

/** Clauses 3.2 and 4.1, from the last shift on: the smoke of the last stage is the one at the start of the watch. */
export const watchSteps = (stage: Stage): RolloutStep[] => [
  { do: 'watch', stage },
  { do: 'smoke', stage, at: 'watch-end' },
  { do: 'conclude-watch', stage },
];

/** Clauses 3.2 and 4.1 alone, for a release that has all traffic on `live` already. A rollback returns it to the other colour. */
export function planWatch(options: {
  readonly release: string;
  readonly previousRelease?: string;
  readonly live: Colour;
  readonly settings: RolloutSettings;
  readonly rollback?: RollbackParts;
  /** Since it was shipped. */
  readonly unobservedMs: number;
}): BlueGreenPlan {
  const { live: canary, unobservedMs, ...base } = options;
  const stage: Stage = { share: 100, canary: { kind: 'colour', colour: canary } };
  return {
    ...base,
    verb: 'watch',
    strategy: 'blue-green',
    live: otherColour(canary),
    idle: canary,
    steps: [
      { do: 'adopt', stage, release: base.release, shares: sharesOf(canary, 100), unobservedMs },
      { do: 'smoke', stage, at: 'watch-start' },
      ...watchSteps(stage),
    ],
  };
}

/** Clauses 2.R1 to 2.R4. Throws UserError for settings that would leave fewer instances than the SOP allows. */
export function planRolling(options: {
  readonly release: string;
  readonly previousRelease: string;
  readonly live: Colour;
  readonly settings: RolloutSettings;
  readonly rollback?: RollbackParts;
  readonly instances: readonly RollingInstance[];
}): RollingPlan {
  const { instances, ...base } = options;
  const { release, settings, rollback } = base;
  const members = instances.filter(({ surge }) => !surge);
  const batches = batchesOf(members, settings.rolling);
  const surge = surgePlaces(instances, settings.rolling, Math.max(...batches.map(({ length }) => length)));
  const replaced: string[] = [...surge];
  const steps: RolloutStep[] = [
    ...snapshotSteps(rollback),
    { do: 'migrate', release },
    ...beforeTraffic(
      surge.flatMap((name) => joinSteps(name, release)),
      snapshotSteps(rollback, 'released'),
    ),
    ...stageSteps({
      share: percentOf(surge.length, members.length + surge.length),
      canary: { kind: 'instances', names: [...surge] },
    }),
  ];
  for (const batch of batches.slice(0, -1)) {
    steps.push(...replaceSteps(batch, release));
    replaced.push(...batch);
    const share = percentOf(replaced.length, members.length + surge.length);
    steps.push(...stageSteps({ share, canary: { kind: 'instances', names: [...replaced] } }));
  }
  // The last stage and the watch are about the pool as it stays: without the surge instances.
  const last: Stage = { share: 100, canary: { kind: 'instances', names: batches.flat() } };
  steps.push(...replaceSteps(batches.at(-1) ?? [], release), ...surge.flatMap(leaveSteps));
  steps.push(...stageSteps(last), ...watchSteps(last));
  steps.push(...snapshotSteps(rollback, 'promoted'));
  return { ...base, strategy: 'rolling', batches, surge, steps };
}

/** The steps with others before the one that brings the first traffic. */
function beforeTraffic(steps: readonly RolloutStep[], inserted: readonly RolloutStep[]): RolloutStep[] {
  const first = steps.findIndex((step) => step.do === 'join');
  return [...steps.slice(0, first), ...inserted, ...steps.slice(first)];
}

export const percentOf = (part: number, whole: number): number => Math.round((100 * part) / whole);

export const joinSteps = (instance: string, release: string): RolloutStep[] => [
  { do: 'start', instance, release },
  { do: 'verify', side: { kind: 'instances', names: [instance] }, release },
  { do: 'join', instance },
];
export const leaveSteps = (instance: string): RolloutStep[] => [
  { do: 'drain', instance },
  { do: 'stop', instance },
];

const replaceSteps = (batch: readonly string[], release: string): RolloutStep[] => [
  ...batch.flatMap(leaveSteps),
  ...batch.flatMap((name) => joinSteps(name, release)),
];

/** Whether the plan brings a release to its users, instead of watching or undoing one that has them. */
export const isShipping = ({ verb }: Pick<RolloutPlan, 'verb'>): boolean => verb === undefined || verb === 'release';

/**
 * The rollout as a part of a whole release: what has no users yet is checked with smoke and load before it gets them. Without
 * an idle colour there is nothing without users.
 */
export function withinRelease<Plan extends RolloutPlan>(plan: Plan): Plan {
  const { release } = plan;
  const first = plan.steps.findIndex((step) => step.do === 'shift');
  const steps = [...plan.steps];
  if (plan.strategy === 'blue-green')
    steps.splice(first, 0, { do: 'check', side: { kind: 'colour', colour: plan.idle }, release });
  return { ...plan, verb: 'release', steps };
}
