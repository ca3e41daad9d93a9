import { reportUrlOf } from '../../core/courtesy.ts';
import { judgeCompleted } from '../../core/judge/completed.ts';
import type { Unmeasured } from '../../core/preflight.ts';
import type { RunEvidence } from '../../core/run-result.ts';
import { isSettled } from '../../core/verdict.ts';
import type { FinalizeEvidence } from '../../core/tracked-release.ts';
import type { RolloutRun } from '../rollout/run.ts';

type Completed = Pick<RunEvidence, 'finalized' | 'crashes'>;

const requestTimeoutMs = 10_000;
const firstPauseMs = 1000;
const longestPauseMs = 15_000;

/**
 * Section 3.3 of a release that has passed its watch. It cannot change what users have: what is not confirmed is in the
 * evidence, and is tried again by --resume.
 */
export async function completeRelease(run: RolloutRun): Promise<void> {
  const { phase, plan } = run.state();
  if (plan.verb !== 'release' || phase !== 'promoted') return;
  if (!isConfirmed(run, 'sentry.deploy'))
    await step(run, 'Sentry release finalized, deploy recorded', async () => ({ finalized: await finalize(run) }));
  if (!isConfirmed(run, 'crashlytics.issues'))
    await step(run, 'Crashlytics reviewed', async () => ({
      crashes: await run.services.reviewCrashes({ release: plan.release, from: startOf(run) }),
    }));
}

const isConfirmed = (run: RolloutRun, id: string): boolean =>
  judgeCompleted({ ...run.evidence, rollout: run.record() }).judgements.some(
    (judgement) => judgement.id === id && isSettled(judgement),
  );

async function step(run: RolloutRun, title: string, gather: () => Promise<Completed>): Promise<void> {
  const began = run.clock.monotonic();
  run.emit({ type: 'step-started', step: title, title });
  const gathered = await gather();
  Object.assign(run.evidence, gathered);
  await run.saveEvidence();
  run.emit({ type: 'step-finished', step: title, durationMs: run.clock.monotonic() - began, summary: title });
}

const startOf = (run: RolloutRun): string => run.record().events[0]?.at ?? new Date(run.clock.now()).toISOString();

/** With growing pauses, for as long as the target file gives to the reports of a rollback. */
async function finalize(run: RolloutRun): Promise<FinalizeEvidence | Unmeasured> {
  const deadline = run.clock.monotonic() + (run.courtesies?.retryMs ?? 0);
  const earlier = deployedOf(run.evidence.finalized);
  const deployed = earlier ?? describeDeploy(run);
  let uncertain = earlier !== undefined;
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const found = await run.services.finalize(deployed, {
      signal: run.signal,
      timeoutMs: requestTimeoutMs,
      uncertain,
    });
    if (!('outcome' in found) || found.outcome.done || !found.outcome.retry || run.signal.aborted) return found;
    const waitMs = Math.max(pauseMs, found.outcome.retryAfterMs ?? 0);
    if (run.clock.monotonic() + waitMs > deadline) return found;
    uncertain ||= found.outcome.uncertain;
    run.emit({ type: 'note', text: `${found.outcome.because}; tried again` });
    await run.clock.sleep(waitMs, run.signal);
  }
}

const deployedOf = (finalized: RunEvidence['finalized']): FinalizeEvidence['deployed'] | undefined =>
  finalized && 'deployed' in finalized ? finalized.deployed : undefined;

/** From the first event of the rollout to its last decision, so that a repetition records the same times. */
function describeDeploy(run: RolloutRun): FinalizeEvidence['deployed'] {
  const { plan, events } = run.record();
  const startedAt = startOf(run);
  const decided = events.findLast(({ type }) => type === 'judged' || type === 'decided');
  const { runId } = run.evidence;
  return {
    runId,
    release: plan.release,
    environment: run.targetOf(plan.live).name,
    startedAt,
    finishedAt: decided?.at ?? startedAt,
    ...reportUrlOf(run.courtesies, runId),
  };
}
