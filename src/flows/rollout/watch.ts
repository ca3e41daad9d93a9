import { judgeStageSmoke } from '../../core/judge/rollout.ts';
import type { StageVerdict } from '../../core/judge/stage.ts';
import type { StepOutcome } from '../../core/rollout/advance.ts';
import { observedMs } from '../../core/rollout/observation.ts';
import type { Stage } from '../../core/rollout/step.ts';
import { describeMissing, watchEndMs } from '../../core/rollout/watch.ts';
import { formatMs } from '../../core/slo.ts';
import { isSettled } from '../../core/verdict.ts';
import { judgeNow } from './judge-now.ts';
import { observeUntil, type Outcome, recordGap } from './observe.ts';
import { openObserver } from './observer.ts';
import type { RolloutRun } from './run.ts';
import { judgeSessionsNow } from './sessions.ts';
import { smokeStage } from './stage-smoke.ts';
import { sendSynthetic } from './synthetic.ts';

/** Clauses 3.2 and 4.1: observes the release until the watch is over, and repeats the smoke meanwhile where that is set. */
export async function watch(stage: Stage, run: RolloutRun): Promise<StepOutcome | { readonly outcome: Outcome }> {
  const { smokeEveryMs = Number.POSITIVE_INFINITY } = run.state().plan.settings.watch;
  for (;;) {
    const smokeDueMs = soFar(run) + smokeEveryMs;
    const outcome = await observeWatch(stage, run, (verdict) => isOver(verdict, run) || soFar(run) >= smokeDueMs);
    if (outcome !== 'continue') return { outcome };
    if (isOver(judgeNow(stage, run), run))
      return { summary: `observed for ${formatMs(soFar(run))} since the last shift` };
    const smoked = await smokeStage(stage, run);
    if (smoked !== 'continue') return { outcome: smoked };
    await judgeSessionsNow(run);
  }
}

async function observeWatch(
  stage: Stage,
  run: RolloutRun,
  isEnough: (verdict: StageVerdict) => boolean,
): Promise<Outcome> {
  const traffic = await sendSynthetic(stage, run, { forMs: Math.max(0, watchEndMs(run.state()) - soFar(run)) });
  try {
    await recordGap(stage, run);
    return await observeUntil(stage, await openObserver(stage, run, traffic), run, isEnough);
  } finally {
    traffic.stop();
  }
}

const soFar = (run: RolloutRun): number => observedMs(run.state().observations);

/** A watch that was extended ends early once everything is proved. */
const isOver = ({ word }: StageVerdict, run: RolloutRun): boolean =>
  word === 'GO' || soFar(run) >= watchEndMs(run.state());

/** Where the target file says of every objective why it does not apply, nothing is left to prove: readiness and smoke decide. */
function withoutObjectives(verdict: StageVerdict, run: RolloutRun): StageVerdict {
  const reasons = Object.values(run.evidence.plan.inapplicable ?? {});
  const isLeft = run.slos.length > 0 || reasons.length === 0 || verdict.word !== 'HOLD';
  if (isLeft || soFar(run) < watchEndMs(run.state())) return verdict;
  const because = `no objective applies (${[...new Set(reasons)].join('; ')}); ready for ${formatMs(soFar(run))}`;
  return { ...verdict, word: 'GO', because };
}

/**
 * GO with every proof, a smoke that passed and enough crash-free sessions; otherwise a HOLD that names what is missing. Sessions
 * that crash are no criterion of 4.1, so that they hold and do not roll back.
 */
export async function concludeWatch(stage: Stage, run: RolloutRun): Promise<Outcome> {
  const { word, because, line, judgements } = withoutObjectives(judgeNow(stage, run), run);
  const smoke = judgeStageSmoke(stage, run.evidence.smoke, run.evidence.plan);
  // Read again now: whatever was read before is older than the watch.
  const sessions = word === 'NO-GO' ? [] : await judgeSessionsNow(run);
  const open = [...judgements, ...smoke, ...sessions].filter((judgement) => !isSettled(judgement));
  const go = word === 'GO' && open.length === 0 && smoke.length > 0;
  if (go || word === 'NO-GO') {
    await run.append({ type: 'judged', stage, word, because, line: go ? 'watch-end' : line });
    return 'continue';
  }
  const { observations, plan } = run.state();
  const missing =
    open.length > 0
      ? describeMissing(open, observations, { slos: run.slos, settings: plan.settings })
      : smoke.length === 0
        ? 'the smoke journey was not run'
        : because;
  const hold = `the watch is over and has not proved everything. ${missing}`;
  await run.append({ type: 'judged', stage, word: 'HOLD', because: hold, line: 'watch-end' });
  return { paused: hold };
}
