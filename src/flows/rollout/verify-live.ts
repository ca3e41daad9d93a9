import type { StepOutcome } from '../../core/rollout/advance.ts';
import type { RolloutStep } from '../../core/rollout/step.ts';
import { requireIdentity } from './identity.ts';
import { confirmImage } from './running-image.ts';
import { observeUntil, type Outcome, recordGap } from './observe.ts';
import { openObserver } from './observer.ts';
import { untilAnswersAs } from './public-identity.ts';
import { stepFailed } from './release-steps.ts';
import { signalOf } from './retry.ts';
import type { RolloutRun } from './run.ts';
import { targetsOf } from './sides.ts';
import { verifyTarget } from './verify-side.ts';

type Step = RolloutStep & { do: 'verify-live' };

/**
 * Clauses 2.B1 and 2.B3 where users have the release already, at the public address of a platform once all answers in a row are the
 * release's, or at each instance that a runtime has replaced by itself. The counters decide meanwhile: a release that breaks a
 * criterion is rolled back before its readiness window is over.
 */
export async function verifyLive(step: Step, run: RolloutRun): Promise<StepOutcome | { readonly outcome: Outcome }> {
  const { stage, release } = step;
  if (stage.canary.kind === 'public') await untilAnswersAs(release, run);
  await recordGap(stage, run);
  const observer = await openObserver(stage, run);
  const stopper = new AbortController();
  let over = false;
  const verify = stage.canary.kind === 'public' ? verifyPublic : verifyInstances;
  const verifying = verify(step, run, AbortSignal.any([stopper.signal, signalOf(run)])).finally(() => {
    over = true;
  });
  // Its error is thrown where it is awaited; where the observation ends first, the probes are not waited for.
  verifying.catch(() => undefined);
  let outcome: Outcome;
  try {
    outcome = await observeUntil(stage, observer, run, () => over);
  } finally {
    stopper.abort();
  }
  return outcome === 'continue' ? verifying : { outcome };
}

/** Every instance of the release at its own address; an instance that comes while the others are probed is one of them at the end. */
async function verifyInstances(
  { stage: { canary }, release }: Step,
  run: RolloutRun,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const targets = await targetsOf(canary, run, release);
  if (targets.length === 0) throw stepFailed(`No instance runs ${release}.`);
  const summaries = await Promise.all(targets.map((target) => verifyTarget(target, canary, run, signal)));
  const { releases, summary } = await requireIdentity(canary, release, run);
  await confirmImage(canary, release, run);
  const [first = ''] = summaries;
  return { summary: `${targets.length} of ${targets.length} instances ${first}; ${summary}`, releases };
}

async function verifyPublic(
  { stage: { canary }, release }: Step,
  run: RolloutRun,
  signal: AbortSignal,
): Promise<StepOutcome> {
  const targets = await targetsOf(canary, run, release);
  const deadline = run.clock.monotonic() + run.targetOf('public').readiness.budgetMs;
  for (;;) {
    const summaries = await Promise.all(targets.map((target) => verifyTarget(target, canary, run, signal)));
    // The load balancer of a platform may return to the instance before it for a while.
    if (!wasMixed(release, run) || run.clock.monotonic() > deadline) {
      const { releases, summary } = await requireIdentity(canary, release, run);
      return { summary: [...summaries, summary].join('; '), releases };
    }
    await untilAnswersAs(release, run);
  }
}

const wasMixed = (release: string, { evidence: { health, readiness } }: RolloutRun): boolean =>
  [health, readiness].some((probe) =>
    probe?.samples.some((sample) => sample.release !== undefined && sample.release !== release),
  );
