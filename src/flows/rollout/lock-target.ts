import { messageOf, UserError } from '../../core/errors.ts';
import { formatMs } from '../../core/slo.ts';
import { type LockOwner, acquireLock, type TargetLock } from '../../journal/lock.ts';
import type { DeployOptions } from './options.ts';
import type { Flow } from '../flow.ts';

const pollMs = 500;

/** The lock of a target; waits `waitMs` for a command that holds it. Throws UserError that names the holder. */
export async function lockTarget(targetKey: string, options: DeployOptions, flow: Flow): Promise<TargetLock> {
  const { USER, LOGNAME, GITHUB_RUN_ID } = flow.environment.variables;
  const owner = GITHUB_RUN_ID === undefined ? (USER ?? LOGNAME ?? 'unknown user') : `GitHub run ${GITHUB_RUN_ID}`;
  const reason = options.abort
    ? 'deploy --abort'
    : options.resume
      ? 'deploy --resume'
      : `deploy ${options.release ?? 'the next release'}`;
  const deadline = flow.clock.monotonic() + (options.waitMs ?? 0);
  const token = flow.random();
  let announced = false;
  for (;;) {
    const answer = await acquireLock({
      reportsRoot: flow.reportsRoot,
      targetKey,
      owner,
      reason,
      token,
      now: flow.clock.now,
    }).catch((error: unknown) => {
      if (error instanceof UserError) throw error;
      throw new UserError(
        `The lock of this target cannot be written in ${flow.reportsRoot}: ${messageOf(error)}`,
        ['free space on its disk, or correct its permissions'],
        { cause: error },
      );
    });
    if ('lock' in answer) return answer.lock;
    if (flow.clock.monotonic() >= deadline || flow.signal.aborted) throw heldBy(answer.heldBy);
    if (!announced) flow.listen({ type: 'note', text: `waiting: ${describe(answer.heldBy)}` });
    announced = true;
    await flow.clock.sleep(pollMs, flow.signal);
  }
}

const describe = ({ owner, host, pid, reason, since }: LockOwner): string =>
  `The target is locked by ${owner} (process ${pid} on ${host}) since ${new Date(since).toISOString()}: ${reason}`;

const heldBy = (holder: LockOwner): UserError =>
  new UserError(`${describe(holder)}.`, [
    `npm run deploy -- … --wait 10m   to wait for up to ${formatMs(600_000)}`,
    'npm run status',
  ]);
