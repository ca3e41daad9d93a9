import { messageOf, UserError } from '../../core/errors.ts';
import { formatMs } from '../../core/slo.ts';
import type { TargetStore } from '../../journal/index.ts';
import { type LockAnswer, type LockOwner, prepareLock, type TargetLock } from '../../journal/lock.ts';
import type { DeployOptions } from './options.ts';
import type { Flow } from '../flow.ts';

const pollMs = 500;

/**
 * The lock of a target; waits `waitMs` for a command that holds it. Whether an owner on another host is alive shows within
 * seconds in its heartbeat, and its death after a minute without one. Throws UserError that names the holder.
 */
export async function lockTarget(
  store: Pick<TargetStore, 'lock' | 'place'>,
  options: DeployOptions & { readonly lockReason?: string },
  flow: Flow,
): Promise<TargetLock> {
  const { USER, LOGNAME, GITHUB_RUN_ID } = flow.environment.variables;
  const owner = GITHUB_RUN_ID === undefined ? (USER ?? LOGNAME ?? 'unknown user') : `GitHub run ${GITHUB_RUN_ID}`;
  const attempt = prepareLock({
    store,
    owner,
    reason: options.lockReason ?? reasonOf(options),
    token: flow.random(),
    clock: flow.clock,
  });
  const deadline = flow.clock.monotonic() + (options.waitMs ?? 0);
  let announced = false;
  for (;;) {
    const answer = await attempt().catch((error: unknown) => refuse(error, store));
    if ('lock' in answer) return answer.lock;
    const isOver = flow.clock.monotonic() >= deadline && answer.isAlive === true;
    if (isOver || flow.signal.aborted) throw heldBy(answer.heldBy);
    if (!announced) flow.listen({ type: 'note', text: announcement(answer) });
    announced = true;
    await flow.clock.sleep(pollMs, flow.signal);
  }
}

function reasonOf({ abort, resume, release, decision, verb }: DeployOptions): string {
  if (decision) return `decide --${decision.decision}, by ${decision.by}`;
  const command = verb ?? 'deploy';
  if (abort || resume) return `${command} ${abort ? '--abort' : '--resume'}`;
  return `${command} ${release ?? 'the next release'}`;
}

function refuse(error: unknown, { place }: Pick<TargetStore, 'place'>): never {
  if (error instanceof UserError) throw error;
  throw new UserError(
    `The lock of this target cannot be written in ${place}: ${messageOf(error)}`,
    ['free space on its disk, or correct its permissions', '`store` in the target file'],
    { cause: error },
  );
}

const announcement = ({ heldBy: holder, isAlive }: Extract<LockAnswer, { heldBy: LockOwner }>): string =>
  isAlive
    ? `waiting: ${describe(holder)}`
    : `waiting for a heartbeat, or for a minute without one: ${describe(holder)}`;

const describe = ({ owner, host, pid, reason, since }: LockOwner): string =>
  `The target is locked by ${owner} (process ${pid} on ${host}) since ${new Date(since).toISOString()}: ${reason}`;

const heldBy = (holder: LockOwner): UserError =>
  new UserError(`${describe(holder)}.`, [
    `npm run deploy -- … --wait 10m   to wait for up to ${formatMs(600_000)}`,
    'npm run status',
  ]);
