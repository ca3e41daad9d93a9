import { messageOf, UserError } from '../../core/errors.ts';
import { isOver } from '../../core/rollout/advance.ts';
import { judgeStage } from '../../core/judge/stage.ts';
import { factsOf, type RolloutStep } from '../../core/rollout/step.ts';
import { confirm, type Done, migrate, prove, releaseColour, shift } from './colour-steps.ts';
import { drainInstance, joinPool, startInstance, stopInstance } from './instance-steps.ts';
import { observe, type Outcome } from './observe.ts';
import type { RolloutRun } from './run.ts';
import { smokeStage } from './stage-smoke.ts';

/** Takes step after step until the rollout is over, or waits for a person. */
export async function driveRollout(run: RolloutRun): Promise<void> {
  while (!isOver(run.state())) {
    const step = run.state().steps[run.state().position];
    if (!step) return;
    // The way back is never left half gone: users come first, and it takes seconds.
    const interrupted = run.signal.aborted && run.state().phase !== 'back';
    const outcome = interrupted ? { paused: `interrupted by ${String(run.signal.reason)}` } : await take(step, run);
    if (typeof outcome === 'object') {
      await run.happen({ type: 'paused', because: outcome.paused });
      return;
    }
  }
}

/** Somebody else has moved the traffic, and the person says that it is to be as the rollout had it. */
export async function setTrafficAgain(run: RolloutRun): Promise<void> {
  const { shares } = run.state();
  if (!shares) return;
  const step = { do: 'shift', shares } as const;
  await run.happen({ type: 'intended', step });
  const { summary } = await shift(step, run);
  await run.happen({ type: 'done', step, summary });
  run.emit({ type: 'note', text: `traffic as the rollout had it: ${summary}` });
}

async function take(step: RolloutStep, run: RolloutRun): Promise<Outcome> {
  const { id, title, mutates } = factsOf(step);
  const began = run.clock.monotonic();
  run.emit({ type: 'step-started', step: id, title });
  try {
    if (mutates) await run.happen({ type: 'intended', step });
    const done = await perform(step, run);
    if (step.do === 'prove') await run.keepEvidence();
    if ('summary' in done) await run.happen({ type: 'done', step, ...done });
    return 'summary' in done ? 'go-on' : done.outcome;
  } catch (error) {
    // The lock is another command's now, and so is the journal.
    if (error instanceof UserError) throw error;
    if (run.journalTrouble() !== undefined && run.state().phase !== 'back') throw error;
    // Broken off by the person, a step has not failed.
    if (run.signal.aborted && !mutates && run.state().phase !== 'back')
      return { paused: `interrupted by ${String(run.signal.reason)}` };
    await run.happen({ type: 'failed', step, because: `${title}: ${messageOf(error)}` });
    return 'turned-back';
  } finally {
    run.emit({ type: 'step-finished', step: id, durationMs: run.clock.monotonic() - began, summary: title });
  }
}

async function perform(step: RolloutStep, run: RolloutRun): Promise<Done | { readonly outcome: Outcome }> {
  switch (step.do) {
    case 'release':
      return releaseColour(step, run);
    case 'migrate':
      return migrate(run);
    case 'prove':
      return prove(step, run);
    case 'shift':
      return shift(step, run);
    case 'confirm':
      return confirm(step, run);
    case 'start':
      return startInstance(step, run);
    case 'join':
      return joinPool(step, run);
    case 'drain':
      return drainInstance(step, run);
    case 'stop':
      return stopInstance(step, run);
    case 'observe':
      return withSummary(await observe(step.stage, run), 'the counts allow to go on');
    case 'smoke':
      return withSummary(await smokeStage(step.stage, run), 'green');
    case 'judge':
      return { outcome: await judge(step, run) };
  }
}

const withSummary = (outcome: Outcome, summary: string): Done | { readonly outcome: Outcome } =>
  outcome === 'go-on' ? { summary } : { outcome };

/** The counts once more, now that the smoke is over: what came in meanwhile counts too. */
async function judge({ stage }: RolloutStep & { do: 'judge' }, run: RolloutRun): Promise<Outcome> {
  const { ticks, plan } = run.state();
  const { word, because } = judgeStage({ stage, ticks, slos: run.slos, settings: plan.settings });
  await run.happen({ type: 'judged', stage, word, because });
  return 'go-on';
}
