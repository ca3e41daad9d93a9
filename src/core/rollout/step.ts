import type { ClauseId } from '../sop.ts';
import type { Colour } from '../target.ts';

/** Percent of the traffic per colour, 0 to 100, together 100. */
export type Shares = Readonly<Record<Colour, number>>;

/** What runs the new release at a stage: a whole colour, some instances, or everything. */
export type Side =
  | { readonly kind: 'colour'; readonly colour: Colour }
  | { readonly kind: 'instances'; readonly names: readonly string[] }
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
  /** What follows the watch of a whole release (3.3). It cannot fail the rollout: what is not confirmed pauses it. */
  | { readonly do: 'finalize' }
  | { readonly do: 'review-crashes' }
  /** `at`: what differs then from the snapshot before the release. */
  | { readonly do: 'snapshot-flags'; readonly at?: 'released' | 'promoted' }
  | { readonly do: 'restore-flags' }
  /** `ids` in the order in which they were applied. */
  | { readonly do: 'migrate-down'; readonly ids: readonly string[] }
  | { readonly do: 'notify-incident' }
  | { readonly do: 'open-ticket' }
  | { readonly do: 'record-failed-deploy' }
  | { readonly do: 'prove-rollback'; readonly side: Side };

export interface StepInfo {
  /** Unique in its plan, stable over versions of it: `shift 10`, `stop green-1`. */
  readonly id: string;
  readonly title: string;
  readonly clause: ClauseId;
  /** Whether it changes the target; such a step is journalled as `intended` before it is executed. */
  readonly mutates: boolean;
}

const nameOf = (side: Side): string =>
  side.kind === 'colour' ? side.colour : side.kind === 'public' ? 'public' : side.names.join(', ');

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

/** How a step is named in the journal and in messages. */
export function stepInfo(step: RolloutStep): StepInfo {
  switch (step.do) {
    case 'release':
      return facts(`release ${step.colour}`, `${step.release} on ${step.colour}`, '2.B1', true);
    case 'migrate':
      return facts('migrate', 'Migrations', '2.B2', true);
    case 'verify':
      return facts(
        `verify ${nameOf(step.side)}`,
        `Health and readiness of ${nameOf(step.side)}`,
        proofClause(step.side),
        false,
      );
    case 'check':
      return facts(`check ${nameOf(step.side)}`, `Smoke and load on ${nameOf(step.side)} without users`, '3.1', false);
    case 'shift':
      return shiftInfo(step);
    case 'compare':
      return facts(
        `compare ${step.stage.stepBack ?? 1}`,
        `Comparing both releases at ${step.stage.share} %, step-back ${step.stage.stepBack ?? 1}`,
        '4.1b',
        false,
      );
    case 'observe':
      return facts(`observe ${step.stage.share}`, `Observing ${step.stage.share} %`, '2.B4', false);
    case 'smoke':
      return step.at === undefined
        ? facts(`smoke ${step.stage.share}`, `Smoke at ${step.stage.share} %`, '3.1', false)
        : facts(
            `smoke ${step.at}`,
            `Smoke at the ${step.at === 'watch-start' ? 'start' : 'end'} of the watch`,
            '3.1',
            false,
          );
    case 'judge':
      return facts(`judge ${step.stage.share}`, `Verdict at ${step.stage.share} %`, '2.B4', false);
    case 'confirm':
      return step.because === 'keep-warm'
        ? facts(`confirm ${nameOf(step.side)}`, `${nameOf(step.side)} is kept warm`, '2.B5', false)
        : facts(`confirm ${nameOf(step.side)}`, `${nameOf(step.side)} is healthy`, '4.2.1', false);
    case 'start':
      return facts(`start ${step.instance} ${step.release}`, `${step.release} on ${step.instance}`, '2.R2', true);
    case 'join':
      return facts(`join ${step.instance}`, `${step.instance} joins the pool`, '2.R3', true);
    case 'drain':
      return facts(`drain ${step.instance}`, `Draining ${step.instance}`, '2.R1', true);
    case 'stop':
      return facts(`stop ${step.instance}`, `Stopping ${step.instance}`, '2.R4', true);
    case 'replace':
    case 'verify-live':
      return inPlaceInfo(step);
    case 'adopt':
      return facts('adopt', `${step.release} has all traffic`, '2.B1', false);
    case 'watch':
      return facts('watch', 'Watch', '4.1b', false);
    case 'conclude-watch':
      return facts('conclude-watch', 'Verdict of the watch', '3.2d', false);
    case 'finalize':
      return facts('finalize', 'Sentry release finalized, deploy recorded', '3.3a', true);
    case 'review-crashes':
      return facts('review-crashes', 'Crashlytics reviewed', '3.3b', false);
    default:
      return undoInfo(step);
  }
}

function inPlaceInfo(step: Extract<RolloutStep, { do: 'replace' | 'verify-live' }>): StepInfo {
  if (step.do === 'verify-live')
    return facts('verify-live', 'Identity, health and readiness under traffic', '2.B3b', false);
  return step.rollback
    ? facts('replace back', `Rollback to ${step.release} by the platform`, '4.2.1', true)
    : facts('replace', `Deploy of ${step.release} by the platform`, '2.B1', true);
}

function shiftInfo({ shares, rollback, stepBack }: Extract<RolloutStep, { do: 'shift' }>): StepInfo {
  const traffic = `traffic ${describeShares(shares)}`;
  const split = `${shares.blue}:${shares.green}`;
  if (rollback) return facts(`shift ${split}`, `Rollback, ${traffic}`, '4.2.1', true);
  if (stepBack === undefined) return facts(`shift ${split}`, `Traffic ${describeShares(shares)}`, '2.B4', true);
  const isOver = shares.blue === 0 || shares.green === 0;
  return facts(
    `step-back ${stepBack} ${split}`,
    `Step-back ${stepBack}${isOver ? ' over' : ''}, ${traffic}`,
    '4.1b',
    true,
  );
}

/** The steps of section 4.2 beside the traffic. */
function undoInfo(step: Extract<RolloutStep, { do: UndoStep | 'snapshot-flags' }>): StepInfo {
  switch (step.do) {
    case 'snapshot-flags':
      return step.at === undefined
        ? facts('snapshot-flags', 'Snapshot of the feature flags', '4.2.2', false)
        : facts(
            `snapshot-flags ${step.at}`,
            `Feature flags changed until ${step.at === 'released' ? 'the first traffic' : 'the end'}`,
            '4.2.2',
            false,
          );
    case 'restore-flags':
      return facts('restore-flags', 'Feature flags restored', '4.2.2', true);
    case 'migrate-down':
      return facts('migrate-down', `Down migrations of ${step.ids.toReversed().join(', ')}`, '4.2.3', true);
    case 'notify-incident':
      return facts('notify-incident', 'Incident channel notified', '4.2.4', true);
    case 'open-ticket':
      return facts('open-ticket', 'Retro ticket opened', '4.2.4', true);
    case 'record-failed-deploy':
      return facts('record-failed-deploy', 'Failed deploy recorded in Sentry', '4.2.5', true);
    case 'prove-rollback':
      return facts('prove-rollback', `${nameOf(step.side)} serves within its objectives`, '4.2.1', false);
  }
}

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
  step.do === 'verify-live' ||
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
  what === 'replace';

const facts = (id: string, title: string, clause: ClauseId, mutates: boolean): StepInfo => ({
  id,
  title,
  clause,
  mutates,
});
const proofClause = (side: Side): ClauseId => (side.kind === 'instances' ? '2.R3' : '2.B3b');
