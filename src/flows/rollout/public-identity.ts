import { formatMs } from '../../core/slo.ts';
import { versionOf } from '../../core/platform.ts';
import type { StepOutcome } from '../../core/rollout/advance.ts';
import { type NamedAnswer, readSide } from './identity.ts';
import { stepFailed } from './release-steps.ts';
import { signalOf } from './retry.ts';
import type { RolloutRun } from './run.ts';

const pollMs = 500;

/**
 * Waits within the readiness budget until all of the answers in a row at the public address show the release: a platform may
 * report a deployment live while its load balancer still reaches the instance before it. Whether they do is for the caller to ask.
 */
export async function untilAnswersAs(release: string, run: RolloutRun): Promise<readonly NamedAnswer[]> {
  const { budgetMs } = run.targetOf('public').readiness;
  const began = run.clock.monotonic();
  const signal = signalOf(run);
  for (;;) {
    const answers = await readSide({ kind: 'public' }, run, signal);
    const wanted = answers.filter((answer) => 'release' in answer && isSame(answer.release, release)).length;
    const silent = answers.filter((answer) => 'problem' in answer).length;
    const waitedMs = run.clock.monotonic() - began;
    // Where no answer shows a release at all, waiting does not help.
    if (wanted === answers.length || silent === answers.length || signal.aborted || waitedMs > budgetMs) return answers;
    const text = `${wanted} of ${answers.length} answers show ${release}, after ${formatMs(waitedMs)}`;
    run.emit({ type: 'step-progress', step: 'identity', text, done: waitedMs, of: budgetMs });
    await run.clock.sleep(pollMs, signal);
  }
}

/** A platform may know a release by its version alone. */
const isSame = (answered: string, release: string): boolean => versionOf(answered) === versionOf(release);

/** Clause 4.2.1 at the public address of a platform: it is healthy, and answers as the previous release where that is known. */
export async function confirmPublic(run: RolloutRun): Promise<StepOutcome> {
  const { previousRelease } = run.state().plan;
  if (previousRelease === undefined) return { summary: 'healthy and ready; the previous release is not known by name' };
  const answers = await untilAnswersAs(previousRelease, run);
  const other = answers.find((answer) => 'release' in answer && !isSame(answer.release, previousRelease));
  if (other && 'release' in other)
    throw stepFailed(`the public address answers as ${other.release}, not as ${previousRelease}.`);
  const shown = answers.filter((answer) => 'release' in answer).length;
  const word = shown === answers.length ? `answers as ${previousRelease}` : 'does not show its release in every answer';
  return { summary: `healthy and ready, ${word} (${shown} of ${answers.length})` };
}
