import { messageOf, UserError } from '../../core/errors.ts';
import { isFinished, type StepOutcome } from '../../core/rollout/advance.ts';
import { stepInfo } from '../../core/rollout/step-info.ts';
import { type RolloutStep, type UndoStep } from '../../core/rollout/step.ts';
import { confirm, shift } from './traffic-steps.ts';
import { checkIdle } from './check-idle.ts';
import { migrate, releaseColour, stepFailed } from './release-steps.ts';
import { verifyLive } from './verify-live.ts';
import { verifySide } from './verify-side.ts';
import { drainInstance, joinPool, startInstance, stopInstance } from './instance-steps.ts';
import { notifyBlind } from './blind-notice.ts';
import { judgeNow } from './judge-now.ts';
import { replace } from './replace.ts';
import { replaceBack } from './replace-back.ts';
import { releaseSide, roll, rollBack } from './side-steps.ts';
import { observe, type Outcome } from './observe.ts';
import { migrateDown, performCourtesy, proveRollback, restoreFlags, snapshotFlags } from './rollback-steps.ts';
import type { RolloutRun } from './run.ts';
import { smokeStage } from './stage-smoke.ts';
import { adopt } from './adopt.ts';
import { compare } from './compare.ts';
import { concludeWatch, watch } from './watch.ts';

/** Executes step after step until the rollout is finished or paused. */
export async function driveRollout(run: RolloutRun): Promise<void> {
  while (!isFinished(run.state())) {
    const step = run.state().steps[run.state().position];
    if (!step) return;
    // A rollback is not interrupted: users come first, and it takes seconds.
    const interrupted = run.signal.aborted && run.state().phase !== 'rolling-back';
    const outcome = interrupted ? { paused: interruptedBy(run) } : await executeStep(step, run);
    if (typeof outcome === 'object') {
      await run.append({ type: 'paused', because: outcome.paused });
      if ('blind' in outcome && outcome.blind) await notifyBlind(outcome.blind, run);
      return;
    }
  }
}

const interruptedBy = ({ signal }: RolloutRun): string => `interrupted by ${String(signal.reason)}`;

/** Sets the shares of the rollout again after an external change, as the operator ordered. */
export async function restoreTraffic(run: RolloutRun): Promise<void> {
  const { shares } = run.state();
  if (!shares) return;
  const step = { do: 'shift', shares } as const;
  await run.append({ type: 'intended', step });
  const outcome = await shift(step, run);
  if ('outcome' in outcome) throw stepFailed(outcome.outcome.paused);
  await run.append({ type: 'done', step, ...outcome });
  run.emit({ type: 'note', text: `shares of the rollout restored: ${outcome.summary}` });
}

async function executeStep(step: RolloutStep, run: RolloutRun): Promise<Outcome> {
  const { id, title, mutates } = stepInfo(step);
  const began = run.clock.monotonic();
  run.emit({ type: 'step-started', step: id, title });
  try {
    if (mutates) await run.append({ type: 'intended', step });
    const done = await perform(step, run);
    if (step.do === 'verify' || step.do === 'verify-live') await run.saveEvidence();
    if ('summary' in done) await run.append({ type: 'done', step, ...done });
    return 'summary' in done ? 'continue' : done.outcome;
  } catch (error) {
    // The lock, and with it the journal, belongs to another command.
    if (error instanceof UserError) throw error;
    if (run.journalError() !== undefined && run.state().phase !== 'rolling-back') throw error;
    // A step that ends after an interruption is repeated by --resume, which then finds what failed by itself.
    if (run.signal.aborted && run.state().phase !== 'rolling-back')
      return { paused: `${interruptedBy(run)} in "${title}": ${messageOf(error)}` };
    await run.append({ type: 'failed', step, because: `${title}: ${messageOf(error)}` });
    return 'rolling-back';
  } finally {
    run.emit({ type: 'step-finished', step: id, durationMs: run.clock.monotonic() - began, summary: title });
  }
}

async function perform(step: RolloutStep, run: RolloutRun): Promise<StepOutcome | { readonly outcome: Outcome }> {
  switch (step.do) {
    case 'release':
      return run.drivers.runtime.sides ? releaseSide(step, run) : releaseColour(step, run);
    case 'migrate':
      return migrate(run);
    case 'verify':
      return verifySide(step, run);
    case 'check':
      return checkIdle(step, run);
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
    case 'roll':
      return roll(step, run);
    case 'roll-back':
      return rollBack(step, run);
    case 'replace':
      return step.rollback ? replaceBack(run) : replace(run);
    case 'verify-live':
      return verifyLive(step, run);
    case 'observe':
      return withSummary(await observe(step.stage, run), 'objectives met');
    case 'compare':
      return compare(step.stage, run);
    case 'smoke':
      return withSummary(await smokeStage(step.stage, run), 'passed');
    case 'watch':
      return watch(step.stage, run);
    case 'conclude-watch':
      return { outcome: await concludeWatch(step.stage, run) };
    case 'judge':
      return { outcome: await judge(step, run) };
    case 'snapshot-flags':
      return snapshotFlags(step, run);
    case 'adopt':
      return adopt(step, run);
    default:
      return performUndo(step, run);
  }
}

type StepOf<What> = Extract<RolloutStep, { do: What }>;

async function performUndo(step: StepOf<UndoStep>, run: RolloutRun): Promise<StepOutcome> {
  switch (step.do) {
    case 'restore-flags':
      return restoreFlags(run);
    case 'migrate-down':
      return migrateDown(step, run);
    case 'notify-incident':
    case 'open-ticket':
    case 'record-failed-deploy':
      return performCourtesy(step, run);
    case 'prove-rollback':
      return proveRollback(step, run);
  }
}

const withSummary = (outcome: Outcome, summary: string): StepOutcome | { readonly outcome: Outcome } =>
  outcome === 'continue' ? { summary } : { outcome };

/** Judges the counts once more after the smoke, because requests counted meanwhile belong to the stage too. */
async function judge({ stage }: RolloutStep & { do: 'judge' }, run: RolloutRun): Promise<Outcome> {
  const { word, because, line } = judgeNow(stage, run);
  await run.append({ type: 'judged', stage, word, because, line });
  return 'continue';
}
