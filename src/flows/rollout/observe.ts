import type { StageVerdict } from '../../core/judge/stage.ts';
import {
  type Blind,
  blindLimits,
  describeBlind,
  isTooBlind,
  nextBlind,
  notBlind,
  retryPauseMs,
} from '../../core/rollout/blind.ts';
import type { Stage } from '../../core/rollout/step.ts';
import { viewStage } from '../../core/rollout/view.ts';
import { formatMs } from '../../core/slo.ts';
import { pickUpDecision } from './decisions.ts';
import { judgeNow } from './judge-now.ts';
import { endBlind } from './blind-notice.ts';
import { type Observer, openObserver } from './observer.ts';
import type { RolloutRun } from './run.ts';
import { openSampler } from './sampler.ts';
import { watchForStepBack } from './step-back.ts';
import { sendSynthetic } from './synthetic.ts';

/** How a step ended: the next one follows, the state has left it already (a rollback, a decision, a step-back), or the rollout pauses. */
export type Outcome = 'continue' | 'rolling-back' | Paused;

export interface Paused {
  readonly paused: string;
  /** Because nothing could be measured for too long. */
  readonly blind?: Blind;
}

/** Clause 2.B4: observes a stage until its counts decide, with requests of our own where users send too few. */
export async function observe(stage: Stage, run: RolloutRun): Promise<Outcome> {
  const traffic = await sendSynthetic(stage, run);
  try {
    await recordGap(stage, run);
    const observer = await openObserver(stage, run, traffic);
    return await observeUntil(stage, observer, run, ({ word }) => word === 'GO');
  } finally {
    traffic.stop();
  }
}

/** The time since the shift, or since the last observation, in which nothing was observed: a login, the start of k6. */
export async function recordGap(stage: Stage, run: RolloutRun): Promise<void> {
  const lengthMs = run.clock.monotonic() - run.observedUntilMs();
  if (lengthMs <= run.state().plan.settings.intervalMs) return;
  const observation = {
    at: new Date(run.clock.now()).toISOString(),
    lengthMs,
    observed: false,
    canary: {},
    baseline: {},
    problems: [`unobserved for ${formatMs(lengthMs)} since the last shift or observation`],
  };
  await run.append({ type: 'observed', stage, observation });
}

/** How often an operator's decision is asked for. */
const decisionMs = 1000;

/** True where a decision has ended the step meanwhile. */
async function sleepUntil(dueMs: number, run: RolloutRun): Promise<boolean> {
  for (;;) {
    if (await pickUpDecision(run)) return true;
    const leftMs = dueMs - run.clock.monotonic();
    if (leftMs <= 0 || run.signal.aborted) return false;
    await run.clock.sleep(Math.min(leftMs, decisionMs), run.signal);
  }
}

/**
 * Samples the router's counters every second and observes once an interval, journals both, and starts the rollback the moment
 * a rollback criterion is met.
 */
export async function observeUntil(
  stage: Stage,
  observer: Observer,
  run: RolloutRun,
  isEnough: (verdict: StageVerdict) => boolean,
): Promise<Outcome> {
  const { settings } = run.state().plan;
  const sampler = await openSampler(stage, run, observer.sent);
  const watcher = watchForStepBack(stage, run);
  const interrupted = () => ({ paused: `interrupted by ${String(run.signal.reason)}` });
  let blind = notBlind;
  let observeAtMs = run.clock.monotonic() + settings.intervalMs;
  let dueMs = run.clock.monotonic();
  for (;;) {
    dueMs = Math.min(observeAtMs, dueMs + settings.judge.sample.everyMs);
    if (await sleepUntil(dueMs, run)) return 'rolling-back';
    const sample = run.signal.aborted ? undefined : await sampler.sample();
    if (run.signal.aborted) return interrupted();
    if (sample) {
      await run.append({ type: 'sampled', stage, sample });
      if (run.judge().current?.decided) return rollBack(judgeNow(stage, run), stage, run);
      if (await watcher.stepsBack(sample)) return 'rolling-back';
    }
    if (dueMs < observeAtMs) continue;

    const { observation, changed, readable } = await observer.observe();
    // An observation that the operator interrupted counts for nothing.
    if (run.signal.aborted) return interrupted();
    await run.append({ type: 'observed', stage, observation });
    if (changed?.isPrevious) return rollBack(changed, stage, run);
    if (changed) return { paused: changed.because };
    const verdict = judgeNow(stage, run);
    run.emit({
      type: 'stage-observed',
      word: verdict.word,
      view: viewStage(stage, run.state(), verdict.judgements),
    });
    if (verdict.word === 'NO-GO') return rollBack(verdict, stage, run);
    if (verdict.spent) return { paused: verdict.because };
    blind = nextBlind(blind, observation);
    if (isTooBlind(blind, settings)) return endBlind(blind, run);
    if (isEnough(verdict)) return 'continue';
    observeAtMs += readable ? settings.intervalMs : retryPauseMs(blind, settings);
    if (!readable) emitRetry(blind, stage, observeAtMs - run.clock.monotonic(), run);
  }
}

async function rollBack(
  { because, line }: Pick<StageVerdict, 'because'> & Partial<Pick<StageVerdict, 'line'>>,
  stage: Stage,
  run: RolloutRun,
): Promise<Outcome> {
  await run.append({ type: 'judged', stage, word: 'NO-GO', because, ...(line === undefined ? {} : { line }) });
  return 'rolling-back';
}

function emitRetry(blind: Blind, { share }: Stage, pauseMs: number, run: RolloutRun): void {
  const { endAfterMs } = blindLimits(run.state().plan.settings);
  const text = `${describeBlind(blind)}; read again in ${formatMs(pauseMs)}, HOLD after ${formatMs(endAfterMs)}`;
  run.emit({ type: 'step-progress', step: `observe ${share}`, text });
}
