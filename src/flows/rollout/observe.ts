import { judgeStage, type StageVerdict } from '../../core/judge/stage.ts';
import type { Stage } from '../../core/rollout/step.ts';
import { viewStage } from '../../core/rollout/view.ts';
import { formatMs } from '../../core/slo.ts';
import { type Watch, watchStage } from './look.ts';
import type { RolloutRun } from './run.ts';
import { sendSynthetic } from './synthetic.ts';

/** How a step ended: the next one may come, it went back, or it waits for a person. */
export type Outcome = 'go-on' | 'turned-back' | { readonly paused: string };

/** Clause 2.B4: watches a stage until its counts decide, with requests of our own where users send too few. */
export async function observe(stage: Stage, run: RolloutRun): Promise<Outcome> {
  const traffic = await sendSynthetic(stage, run);
  try {
    // After the login, whose rate limit may take its time: waiting for ourselves is no gap in what was seen.
    const watch = await watchStage(stage, run);
    return await keepWatching(stage, watch, run, ({ word }) => word === 'GO');
  } finally {
    await traffic[Symbol.asyncDispose]();
  }
}

/** Looks once an interval, writes down what it saw, and turns back the moment a rollback criterion is met. */
export async function keepWatching(
  stage: Stage,
  watch: Watch,
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
    const { tick, movedBy } = await watch.look();
    // Broken off by the person, a look says nothing.
    if (run.signal.aborted) return { paused: `interrupted by ${String(run.signal.reason)}` };
    await run.happen({ type: 'tick', stage, tick });
    if (movedBy !== undefined) return { paused: movedBy };

    const { ticks } = run.state();
    const verdict = judgeStage({ stage, ticks, slos: run.slos, settings });
    run.emit({
      type: 'stage-watched',
      word: verdict.word,
      view: viewStage(stage, ticks, settings, verdict.judgements),
    });
    if (verdict.word === 'NO-GO') {
      await run.happen({ type: 'judged', stage, word: 'NO-GO', because: verdict.because });
      return 'turned-back';
    }
    blindMs = tick.observed ? 0 : blindMs + tick.lengthMs;
    if (blindMs > Math.max(settings.holdBudgetMs, 10 * settings.intervalMs)) {
      return { paused: `nothing could be seen for ${formatMs(blindMs)}: ${tick.problems[0] ?? 'nobody knows why'}` };
    }
    if (isEnough(verdict)) return 'go-on';
  }
}
