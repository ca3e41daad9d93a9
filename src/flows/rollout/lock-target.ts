import { messageOf, UserError } from '../../core/errors.ts';
import { formatMs } from '../../core/slo.ts';
import { type LockOwner, acquireLock, type TargetLock } from '../../journal/lock.ts';
import type { DeployOptions } from './options.ts';
import type { Flow } from '../flow.ts';

const pollMs = 500;

/** The lock of a target; where somebody has it, waits as long as it was told, or says who. */
export async function lockTarget(targetKey: string, options: DeployOptions, flow: Flow): Promise<TargetLock> {
  const { USER, LOGNAME, GITHUB_RUN_ID } = flow.environment.variables;
  const owner = GITHUB_RUN_ID === undefined ? (USER ?? LOGNAME ?? 'somebody') : `GitHub run ${GITHUB_RUN_ID}`;
  const reason = options.abort
    ? 'deploy --abort'
    : options.resume
      ? 'deploy --resume'
      : `deploy ${options.release ?? 'the next release'}`;
  const deadline = flow.clock.monotonic() + (options.waitMs ?? 0);
  const token = flow.random();
  let told = false;
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
        ['make room or rights for the reports folder'],
        { cause: error },
      );
    });
    if ('lock' in answer) return answer.lock;
    if (flow.clock.monotonic() >= deadline || flow.signal.aborted) throw heldBy(answer.heldBy);
    if (!told) flow.listen({ type: 'note', text: `waiting: ${describe(answer.heldBy)}` });
    told = true;
    await flow.clock.sleep(pollMs, flow.signal);
  }
}

const describe = ({ owner, host, pid, reason, since }: LockOwner): string =>
  `${owner} (process ${pid} on ${host}) is at work on this target since ${new Date(since).toISOString()}: ${reason}`;

const heldBy = (holder: LockOwner): UserError =>
  new UserError(`${describe(holder)}.`, [
    `npm run deploy -- … --wait 10m   to wait for it, up to ${formatMs(600_000)}`,
    'npm run status',
  ]);
