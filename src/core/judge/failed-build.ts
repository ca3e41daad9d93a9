import type { BuildRecord } from '../artifacts.ts';
import { formatMs } from '../slo.ts';
import type { Judgement } from '../verdict.ts';

export interface Decision extends Pick<Judgement, 'status' | 'because'> {
  /** Default: nothing was built. */
  readonly actual?: string;
}

/** Why a build has not succeeded; undefined where it has. */
export function failedBuild({ outcome, firstFailure }: BuildRecord): Decision | undefined {
  const command = `\`${outcome.command.join(' ')}\``;
  if (outcome.timedOut)
    return {
      status: 'error',
      because: `${command} was ended at its time limit, after ${formatMs(outcome.durationMs)}.`,
    };
  if (outcome.interrupted) return { status: 'error', because: `${command} was interrupted.` };
  const first = firstFailure === undefined ? '' : `: ${firstFailure.replace(/\.$/, '')}`;
  // 126 and 127 are the shell's: the program does not exist, or cannot be executed.
  const { exitCode } = outcome;
  if (exitCode === null || exitCode === 126 || exitCode === 127)
    return { status: 'error', because: `${command} did not run to its end${first}.` };
  return exitCode === 0
    ? undefined
    : { status: 'fail', because: `${command} ended with exit code ${exitCode}${first}.` };
}
