import { judgeStage, type StageVerdict } from '../../core/judge/stage.ts';
import type { Stage } from '../../core/rollout/step.ts';
import { viewStage } from '../../core/rollout/view.ts';
import { formatMs } from '../../core/slo.ts';
import { type Observer, openObserver } from './observer.ts';
import type { RolloutRun } from './run.ts';
import { sendSynthetic } from './synthetic.ts';

/** How a step ended: the next one may come, it went back, or it waits for a person. */
export type Outcome = 'continue' | 'rolling-back' | { readonly paused: string };

/** Clause 2.B4: watches a stage until its counts decide, with requests of our own where users send too few. */
export async function observe(stage: Stage, run: RolloutRun): Promise<Outcome> {
  const traffic = await sendSynthetic(stage, run);
  try {
    // After the login, whose rate limit may take its time: waiting for ourselves is no gap in what was seen.
    const observer = await openObserver(stage, run);
    return await observeUntil(stage, observer, run, ({ word }) => word === 'GO');
  } finally {
    await traffic[Symbol.asyncDispose]();
  }
}

/** Looks once an interval, writes down what it saw, and turns back the moment a rollback criterion is met. */
export async function observeUntil(
  stage: Stage,
  observer: Observer,
  run: RolloutRun,
  isEnough: (verdict: StageVerdict) => boolean,
): Promise<Outcome> {
  const { settings } = run.state().plan;
  let blindMs = 0;
  let dueMs = run.clock.monotonic();
  for (;;) {
    dueMs += settings.intervalMs;
    await run.clock.sleep(Math.max(0, dueMs - run.clock.monotonic()), run.signal);
    if (run.signal.aborted) return { paused: `interrupted by ${String(run.signal.reason)}` };
    const { observation, movedBy } = await observer.observe();
    // Broken off by the person, a look says nothing.
    if (run.signal.aborted) return { paused: `interrupted by ${String(run.signal.reason)}` };
    await run.append({ type: 'observed', stage, observation });
    if (movedBy !== undefined) return { paused: movedBy };

    const { observations } = run.state();
    const verdict = judgeStage({ stage, observations, slos: run.slos, settings });
    run.emit({
      type: 'stage-observed',
      word: verdict.word,
      view: viewStage(stage, observations, settings, verdict.judgements),
    });
    if (verdict.word === 'NO-GO') {
      await run.append({ type: 'judged', stage, word: 'NO-GO', because: verdict.because });
      return 'rolling-back';
    }
    blindMs = observation.observed ? 0 : blindMs + observation.lengthMs;
    if (blindMs > Math.max(settings.holdBudgetMs, 10 * settings.intervalMs)) {
      return {
        paused: `nothing could be seen for ${formatMs(blindMs)}: ${observation.problems[0] ?? 'nobody knows why'}`,
      };
    }
    if (isEnough(verdict)) return 'continue';
  }
}
