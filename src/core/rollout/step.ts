import type { Colour } from '../target.ts';

/** Percent of the traffic per colour, 0 to 100, together 100. */
export type Shares = Readonly<Record<Colour, number>>;

/** What runs the new release at a stage: a whole colour, some instances, or everything. */
export type Side =
  | { readonly kind: 'colour'; readonly colour: Colour }
  | { readonly kind: 'instances'; readonly names: readonly string[] }
  /** The instances of a colour that run a release at this moment: the runtime replaces them by others with other names. */
  | { readonly kind: 'running'; readonly colour: Colour; readonly release: string }
  /** All there is, at its public address: what a platform replaces as a whole. */
  | { readonly kind: 'public' };

/** A share of traffic on the new release. */
export interface Stage {
  /** Percent of the traffic, above 0 to 100. */
  readonly share: number;
  readonly canary: Side;
  /** Set while the traffic is put back from 100 % to this share: the how many-th time of the rollout. */
  readonly stepBack?: number;
}

/** One step of a rollout. A step that changes the target first checks whether it is done already. */
export type RolloutStep =
  | { readonly do: 'release'; readonly colour: Colour; readonly release: string }
  | { readonly do: 'migrate'; readonly release: string }
  | { readonly do: 'verify'; readonly side: Side; readonly release: string }
  /** Smoke and load on a side that no user reaches yet. */
  | { readonly do: 'check'; readonly side: Side; readonly release: string }
  /** `rollback`: to the colour that had the traffic before (4.2.1). `stepBack`: its number, and which way by the shares. */
  | { readonly do: 'shift'; readonly shares: Shares; readonly rollback?: true; readonly stepBack?: number }
  /** Both colours in traffic during a step-back, until the fast lane decides or the time is over. */
  | { readonly do: 'compare'; readonly stage: Stage }
  | { readonly do: 'observe'; readonly stage: Stage }
  /** `at`: of the watch instead of the stage. */
  | { readonly do: 'smoke'; readonly stage: Stage; readonly at?: 'watch-start' | 'watch-end' }
  | { readonly do: 'judge'; readonly stage: Stage }
  /** Healthy and ready at this moment: required of the side that a rollback returns to, and of the colour kept warm. */
  | { readonly do: 'confirm'; readonly side: Side; readonly because: 'keep-warm' | 'rollback' }
  | { readonly do: 'start'; readonly instance: string; readonly release: string }
  | { readonly do: 'join'; readonly instance: string }
  | { readonly do: 'drain'; readonly instance: string }
  | { readonly do: 'stop'; readonly instance: string }
  /** The runtime replaces the instances of the colour by itself: the first of them, and then all (2.R2). */
  | { readonly do: 'roll'; readonly release: string; readonly part: 'first' | 'all' }
  /** The runtime gives the colour its previous release again, and no instance of the newer one is left (4.2.1). */
  | { readonly do: 'roll-back'; readonly release: string }
  /** The platform replaces what serves users. `rollback`: by the deployment that was live before (4.2.1). */
  | { readonly do: 'replace'; readonly release: string; readonly rollback?: true }
  /** Identity, health and readiness of what has users already; it is observed meanwhile. */
  | { readonly do: 'verify-live'; readonly stage: Stage; readonly release: string }
  /**
   * A release that was shipped otherwise is what answers and has all traffic: where a run that only watches begins.
   * `unobservedMs`: since it was shipped.
   */
  | {
      readonly do: 'adopt';
      readonly stage: Stage;
      readonly release: string;
      /** Absent where no router shares the traffic. */
      readonly shares?: Shares;
      readonly unobservedMs: number;
    }
  | { readonly do: 'watch'; readonly stage: Stage }
  | { readonly do: 'conclude-watch'; readonly stage: Stage }
  /** `at`: what differs then from the snapshot before the release. */
  | { readonly do: 'snapshot-flags'; readonly at?: 'released' | 'promoted' }
  | { readonly do: 'restore-flags' }
  /** `ids` in the order in which they were applied. */
  | { readonly do: 'migrate-down'; readonly ids: readonly string[] }
  | { readonly do: 'notify-incident' }
  | { readonly do: 'open-ticket' }
  | { readonly do: 'record-failed-deploy' }
  | { readonly do: 'prove-rollback'; readonly side: Side };

export function nameOf(side: Side): string {
  switch (side.kind) {
    case 'colour':
      return side.colour;
    case 'instances':
      return side.names.join(', ');
    case 'running':
      return side.release;
    case 'public':
      return 'public';
  }
}

/** The larger part first: `90 % blue, 10 % green`. */
export const describeShares = (shares: Shares): string =>
  (['blue', 'green'] as const)
    .toSorted((a, b) => shares[b] - shares[a])
    .map((colour) => `${shares[colour]} % ${colour}`)
    .join(', ');

export const sameStage = (a: Stage, b: Stage): boolean =>
  a.share === b.share && a.stepBack === b.stepBack && nameOf(a.canary) === nameOf(b.canary);

/** `50 %`, `step-back 1, 50 %`. */
export const describeStage = ({ share, stepBack }: Stage): string =>
  stepBack === undefined ? `${share} %` : `step-back ${stepBack}, ${share} %`;

/** What a rollback does once traffic is back. */
export type UndoStep =
  | 'restore-flags'
  | 'migrate-down'
  | 'notify-incident'
  | 'open-ticket'
  | 'record-failed-deploy'
  | 'prove-rollback';

/** Whether a step belongs to the watch after the last shift. What a platform has made live is watched from then on. */
export const isWatchStep = (step: RolloutStep): boolean =>
  step.do === 'watch' ||
  (step.do === 'verify-live' && step.stage.canary.kind === 'public') ||
  step.do === 'conclude-watch' ||
  (step.do === 'smoke' && step.at !== undefined);

/** What a rollback says or measures once traffic is back. It can neither fail the rollback nor keep it from its end. */
export const isCourtesy = ({ do: what }: RolloutStep): boolean =>
  what === 'notify-incident' || what === 'open-ticket' || what === 'record-failed-deploy' || what === 'prove-rollback';

/** Whether a step of a rollback moves traffic, or makes an instance ready for it. */
export const movesTraffic = ({ do: what }: RolloutStep): boolean =>
  what === 'release' ||
  what === 'shift' ||
  what === 'start' ||
  what === 'verify' ||
  what === 'join' ||
  what === 'drain' ||
  what === 'stop' ||
  what === 'roll' ||
  what === 'roll-back' ||
  what === 'replace';
