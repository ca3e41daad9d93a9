import type { StartedProcess } from '../../core/drivers.ts';
import { ToolError } from '../../core/errors.ts';
import { stepInfo } from '../../core/rollout/step-info.ts';
import { formatMs } from '../../core/slo.ts';
import { signalOf } from './retry.ts';
import type { RolloutRun } from './run.ts';

/** Longer than any command that a driver starts may run. */
const longestMs = 20 * 60_000;
const graceMs = 5000;

/**
 * Commands that a dead process of this rollout has started may still be changing the target. A rollout that continues waits
 * for them; a rollback, which users wait for, ends those that would undo it, and leaves migrations to finish, because it
 * needs none of them undone. Throws ToolError where a command cannot be waited for.
 */
export async function settleCommands(run: RolloutRun): Promise<void> {
  const { commands, intended, phase } = run.state();
  const migrating = (intended ?? run.state().startedSteps.at(-1))?.do === 'migrate';
  for (const command of commands) {
    if (phase === 'rolling-back') {
      if (!migrating) await run.instruments.endGroup(command, graceMs);
    } else await waitFor(command, run);
  }
}

async function waitFor(command: StartedProcess, run: RolloutRun): Promise<void> {
  const { intended } = run.state();
  const what = `${intended ? `The command of "${stepInfo(intended).title}"` : 'A command'}, process ${command.pid} on ${command.host},`;
  const state = await run.instruments.groupState(command);
  if (state === 'ended') return;
  if (state === 'elsewhere')
    throw new ToolError(
      `${what} may still be running, which only that machine can check. Type npm run deploy -- --resume there, or --abort.`,
      { command: [], exitCode: null },
    );
  run.emit({ type: 'note', text: `${what} is still running; waiting for it to end` });
  const ended = await run.instruments.waitForGroup(command, { timeoutMs: longestMs, signal: signalOf(run) });
  if (!ended && !run.signal.aborted)
    throw new ToolError(`${what} has not ended within ${formatMs(longestMs)}.`, { command: [], exitCode: null });
}
