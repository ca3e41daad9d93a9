import { join } from 'node:path';
import type { SmokeEvidence } from '../../core/evidence.ts';
import { judgeStageSmoke } from '../../core/judge/rollout.ts';
import type { Stage } from '../../core/rollout/step.ts';
import { observedMs } from '../../core/rollout/observation.ts';
import { isWatching } from '../../core/rollout/watch.ts';
import { isSettled, type Judgement } from '../../core/verdict.ts';
import { openObserver } from './observer.ts';
import { observeUntil, type Outcome, recordGap } from './observe.ts';
import type { RolloutRun } from './run.ts';
import { entryOf } from './sides.ts';

/** Clause 3.1 at a stage: the journey against the new release itself, while the stage is observed. */
export async function smokeStage(stage: Stage, run: RolloutRun): Promise<Outcome> {
  const { plan } = run.state();
  const target = await entryOf(stage.canary, run, plan.release);
  if (!target) return { paused: 'no instance of the new release has an address' };
  await recordGap(stage, run);
  const observer = await openObserver(stage, run);
  const earlier = run.evidence.smoke.filter((each) => each.stage === stage.share);
  const folder = `stage-${stage.share}/smoke-${new Set(earlier.map(({ outcome }) => outcome.startedAt)).size + 1}`;

  const stopper = new AbortController();
  let over = false;
  const context = {
    ...run.runner,
    runFolder: join(run.runner.runFolder, folder),
    signal: AbortSignal.any([stopper.signal, run.signal]),
  };
  const smoking = run.instruments
    .runJourney({ target, tools: run.tools, runner: context, sessionsFile: run.sessionsFile })
    .finally(() => {
      over = true;
    });
  // Its error is thrown where it is awaited; where the observation ends first, the tools are not waited for.
  smoking.catch(() => undefined);
  let outcome: Outcome;
  try {
    outcome = await observeUntil(stage, observer, run, () => over);
  } finally {
    stopper.abort();
  }
  if (outcome !== 'continue') return outcome;
  const smoke = (await smoking).map((each) => below(folder, { ...each, stage: stage.share }));
  await run.learnSecrets();
  run.evidence.smoke = [...run.evidence.smoke, ...smoke];
  await run.saveEvidence();
  return decide(stage, run);
}

async function decide(stage: Stage, run: RolloutRun): Promise<Outcome> {
  const judgements = judgeStageSmoke(stage, run.evidence.smoke, run.evidence.plan);
  for (const judgement of judgements) run.emit({ type: 'judged', judgement });
  const failed = judgements.find(({ status }) => status === 'fail');
  if (failed) {
    await run.append({ type: 'judged', stage, word: 'NO-GO', because: describe(failed), line: 'smoke' });
    return 'rolling-back';
  }
  const open = judgements.find((judgement) => !isSettled(judgement));
  if (!open && judgements.length > 0) return 'continue';
  const because = open ? describe(open) : 'The smoke journey was not run.';
  // The watch goes on; its next smoke decides, and at its end there is no GO without one that passed.
  if (isWatching(run.state())) {
    run.emit({ type: 'note', text: because });
    return 'continue';
  }
  const { settings } = run.state().plan;
  const spent = observedMs(run.state().observations) >= settings.dwellMs + settings.holdBudgetMs;
  await run.append({
    type: 'judged',
    stage,
    word: spent ? 'NO-GO' : 'HOLD',
    because: spent ? `degraded: ${because}` : because,
    line: 'smoke',
  });
  return 'rolling-back';
}

const describe = ({ title, because }: Judgement): string => `${title}: ${because}`;

/** Evidence names its files relative to the run's folder. */
const below = (folder: string, smoke: SmokeEvidence): SmokeEvidence => ({
  ...smoke,
  files: smoke.files.map((file) => `${folder}/${file}`),
  steps: smoke.steps.map((step) => ({ ...step, attachments: step.attachments.map((file) => `${folder}/${file}`) })),
});
