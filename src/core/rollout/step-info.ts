import type { ClauseId } from '../sop.ts';
import { describeShares, nameOf, type RolloutStep, type Side, type UndoStep } from './step.ts';

export interface StepInfo {
  /** Unique in its plan, stable over versions of it: `shift 10`, `stop green-1`. */
  readonly id: string;
  readonly title: string;
  readonly clause: ClauseId;
  /** Whether it changes the target; such a step is journalled as `intended` before it is executed. */
  readonly mutates: boolean;
}

/** How a step is named in the journal and in messages. */
export function stepInfo(step: RolloutStep): StepInfo {
  switch (step.do) {
    case 'release':
      return facts(`release ${step.colour}`, `${step.release} on ${step.colour}`, '2.B1', true);
    case 'migrate':
      return facts('migrate', 'Migrations', '2.B2', true);
    case 'verify':
      return facts(`verify ${nameOf(step.side)}`, verifyTitle(step.side), proofClause(step.side), false);
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
    case 'roll':
    case 'roll-back':
      return rollInfo(step);
    case 'replace':
    case 'verify-live':
      return inPlaceInfo(step);
    case 'adopt':
    case 'watch':
    case 'conclude-watch':
      return shippedInfo(step);
    default:
      return undoInfo(step);
  }
}

const verifyTitle = (side: Side): string => `Health and readiness of ${nameOf(side)}`;
const proofClause = (side: Side): ClauseId => (side.kind === 'instances' || side.kind === 'running' ? '2.R3' : '2.B3b');

const facts = (id: string, title: string, clause: ClauseId, mutates: boolean): StepInfo => ({
  id,
  title,
  clause,
  mutates,
});
function inPlaceInfo(step: Extract<RolloutStep, { do: 'replace' | 'verify-live' }>): StepInfo {
  if (step.do === 'verify-live') {
    const { canary, share } = step.stage;
    const title = 'Identity, health and readiness under traffic';
    return canary.kind === 'public'
      ? facts('verify-live', title, '2.B3b', false)
      : facts(`verify-live ${share}`, `${title} at ${share} %`, proofClause(canary), false);
  }
  return step.rollback
    ? facts('replace back', `Rollback to ${step.release} by the platform`, '4.2.1', true)
    : facts('replace', `Deploy of ${step.release} by the platform`, '2.B1', true);
}

function rollInfo(step: Extract<RolloutStep, { do: 'roll' | 'roll-back' }>): StepInfo {
  if (step.do === 'roll-back') return facts('roll back', `Rollback to ${step.release} by the runtime`, '4.2.1', true);
  const where = step.part === 'first' ? 'the first instances' : 'all instances';
  return facts(`roll ${step.part}`, `${step.release} on ${where}, by the runtime`, '2.R2', true);
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

/** The steps of a release that has all traffic. */
function shippedInfo(step: Extract<RolloutStep, { do: 'adopt' | 'watch' | 'conclude-watch' }>): StepInfo {
  switch (step.do) {
    case 'adopt':
      return facts('adopt', `${step.release} has all traffic`, '2.B1', false);
    case 'watch':
      return facts('watch', 'Watch', '4.1b', false);
    case 'conclude-watch':
      return facts('conclude-watch', 'Verdict of the watch', '3.2d', false);
  }
}
