import { isFinished } from '../core/rollout/advance.ts';
import { currentStage } from '../core/rollout/decision.ts';
import type { RolloutPlan } from '../core/rollout/plan.ts';
import type { PastRollout } from '../journal/read-rollout.ts';

/** What an operator types next; the first is what the state asks for. */
export function nextCommands(
  past: Pick<PastRollout, 'state' | 'concluded' | 'word'> | undefined,
  { locked, hasIdle, isWaiting }: { readonly locked: boolean; readonly hasIdle: boolean; readonly isWaiting: boolean },
): string[] {
  const verb = past ? verbOf(past.state.plan) : 'deploy';
  if (locked)
    return [
      'npm run status                 again, in a moment',
      'npm run deploy -- … --wait 10m  to wait for it',
      ...(past && currentStage(past.state) && !isFinished(past.state)
        ? ['npm run decide -- --go | --no-go | --extend 10m  --by NAME --because "…"']
        : []),
    ];
  if (past && !isFinished(past.state))
    return [
      `npm run ${verb} -- --resume   to continue it`,
      `npm run ${verb} -- --abort    to roll it back`,
      ...(currentStage(past.state) ? ['npm run decide -- --go | --no-go | --extend 10m  --by NAME --because "…"'] : []),
    ];
  if (past?.state.phase === 'rollback-failed')
    return [
      'npm run deploy -- --abort    to retry the rollback, once the router answers',
      'npm run deploy -- … --accept-weights   after you have shifted all traffic to one healthy colour yourself',
    ];
  if (isWaiting) return ['npm run release -- --resume   to repeat what did not pass of its preflight'];
  return [
    ...(past ? afterItsEnd(past) : []),
    'npm run release -- --release …',
    `npm run verify -- --env ${hasIdle ? 'idle' : 'public'}`,
  ];
}

/** What the last rollout still needs once nothing of it is open. */
function afterItsEnd({ state, concluded, word }: Pick<PastRollout, 'state' | 'concluded' | 'word'>): string[] {
  const verb = verbOf(state.plan);
  if (!concluded) return [`npm run ${verb} -- --resume   to write its report`];
  if (state.phase !== 'promoted') return [];
  if (word === 'NO-GO') return ['npm run rollback -- --reason "…"   to give users the previous release'];
  return word === 'HOLD' && verb === 'release'
    ? ['npm run release -- --resume   to repeat what was not confirmed after its watch']
    : [];
}

const verbOf = ({ verb }: RolloutPlan): 'watch' | 'release' | 'deploy' =>
  verb === 'watch' || verb === 'release' ? verb : 'deploy';
