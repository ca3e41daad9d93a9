import { isRolledByRuntime, joinSteps, leaveSteps, liveSideOf, type RolloutPlan, sharesOf } from './plan.ts';
import { planDown } from './migrations.ts';
import type { RolloutStep, Side } from './step.ts';

/**
 * The steps of the rollback (4.2), given the steps that were started. It undoes nothing that was not started, at no moment
 * serves users with fewer instances than the rollout itself does, and touches flags and schema only after traffic is back.
 */
export function planRollback(plan: RolloutPlan, startedSteps: readonly RolloutStep[]): RolloutStep[] {
  const side = sideBefore(plan);
  return [
    ...previousSteps(plan, side),
    ...trafficSteps(plan, startedSteps),
    { do: 'confirm', side, because: 'rollback' },
    ...undoSteps(plan, startedSteps),
    ...reportSteps(plan, side),
  ];
}

/** What serves users before the rollout, and after its rollback. */
export function sideBefore(plan: RolloutPlan): Side {
  if (isRolledByRuntime(plan)) return { kind: 'running', colour: plan.live, release: nameBefore(plan) };
  return plan.strategy === 'rolling' ? { kind: 'instances', names: plan.batches.flat() } : liveSideOf(plan);
}

const nameBefore = ({ previousRelease }: RolloutPlan): string => previousRelease ?? 'the release before it';

/** After days the previous colour may not run any more. A rolling update starts it instance by instance. */
function previousSteps(plan: RolloutPlan, side: Side): RolloutStep[] {
  const { undoes, previousRelease: release } = plan;
  if (!undoes?.startPrevious || release === undefined || plan.strategy !== 'blue-green') return [];
  return [
    { do: 'release', colour: plan.live, release },
    { do: 'verify', side, release },
  ];
}

function trafficSteps(plan: RolloutPlan, startedSteps: readonly RolloutStep[]): RolloutStep[] {
  if (plan.strategy === 'blue-green') return [{ do: 'shift', shares: sharesOf(plan.live, 100), rollback: true }];
  if (plan.strategy === 'in-place') {
    const isLive = startedSteps.some((step) => step.do === 'replace' || step.do === 'adopt');
    const release = plan.previousRelease ?? `deployment ${plan.before.live}`;
    return isLive ? [{ do: 'replace', release, rollback: true }] : [];
  }
  if (isRolledByRuntime(plan)) {
    const isTouched = startedSteps.some((step) => step.do === 'roll' || step.do === 'adopt');
    return isTouched ? [{ do: 'roll-back', release: nameBefore(plan) }] : [];
  }
  const wasStarted = (what: 'start' | 'drain') => (name: string) =>
    startedSteps.some((step) => step.do === what && step.instance === name);
  const left = plan.batches.flat().filter(wasStarted('drain'));
  const arrived = plan.surge.filter(wasStarted('start'));
  const renew = (name: string) => [...leaveSteps(name), ...joinSteps(name, plan.previousRelease)];
  return [
    // A surge instance that was already leaving has to serve again while the others are replaced (2.R2).
    ...plan.surge.filter(wasStarted('drain')).flatMap(renew),
    ...left.toReversed().flatMap(renew),
    ...arrived.flatMap(leaveSteps),
  ];
}

function undoSteps({ rollback }: RolloutPlan, startedSteps: readonly RolloutStep[]): RolloutStep[] {
  const wasStarted = (what: RolloutStep['do']) => startedSteps.some((step) => step.do === what);
  const { revert } = planDown(wasStarted('migrate') ? (rollback?.migrations ?? []) : []);
  const ids = revert.map(({ id }) => id);
  return [
    ...(wasStarted('snapshot-flags') ? [{ do: 'restore-flags' } as const] : []),
    ...(ids.length > 0 ? [{ do: 'migrate-down', ids } as const] : []),
  ];
}

function reportSteps({ rollback = {} }: RolloutPlan, side: Side): RolloutStep[] {
  return [
    ...(rollback.incident ? [{ do: 'notify-incident' } as const] : []),
    ...(rollback.ticket ? [{ do: 'open-ticket' } as const] : []),
    ...(rollback.sentry ? [{ do: 'record-failed-deploy' } as const] : []),
    ...(rollback.proof ? [{ do: 'prove-rollback', side } as const] : []),
  ];
}
