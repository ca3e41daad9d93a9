import { join } from 'node:path';
import type { SmokeEvidence } from '../../core/evidence.ts';
import { judgeStageSmoke } from '../../core/judge/rollout.ts';
import type { Stage } from '../../core/rollout/step.ts';
import { observedMs } from '../../core/rollout/observation.ts';
import type { Judgement } from '../../core/verdict.ts';
import { runJourney } from '../journey.ts';
import { openObserver } from './observer.ts';
import { observeUntil, type Outcome } from './observe.ts';
import type { RolloutRun } from './run.ts';
import { targetsOf } from './sides.ts';

/** Clause 3.1 at a stage: the journey on the new release itself, while the stage is watched on. */
export async function smokeStage(stage: Stage, run: RolloutRun): Promise<Outcome> {
  const { plan } = run.state();
  const [target] = (await targetsOf(stage.canary, run, plan.release)).toReversed();
  if (!target) return { paused: 'no instance of the new release has an address' };
  const observer = await openObserver(stage, run);
  const earlier = run.evidence.smoke.filter((walk) => walk.stage === stage.share);
  const folder = `stage-${stage.share}/smoke-${new Set(earlier.map(({ outcome }) => outcome.startedAt)).size + 1}`;

  const stopper = new AbortController();
  let over = false;
  const context = {
    ...run.runner,
    runFolder: join(run.runner.runFolder, folder),
    signal: AbortSignal.any([stopper.signal, run.signal]),
  };
  const walking = runJourney({ target, tools: run.tools, runner: context, sessionsFile: run.sessionsFile }).finally(
    () => {
      over = true;
    },
  );
  // Told where it is awaited; where the watch ends first, nobody waits for the tools to end.
  walking.catch(() => undefined);
  let outcome: Outcome;
  try {
    outcome = await observeUntil(stage, observer, run, () => over);
  } finally {
    stopper.abort();
  }
  if (outcome !== 'continue') return outcome;
  const walks = (await walking).map((walk) => below(folder, { ...walk, stage: stage.share }));
  await run.learnSecrets();
  run.evidence.smoke = [...run.evidence.smoke, ...walks];
  await run.saveEvidence();
  return decide(stage, run);
}

async function decide(stage: Stage, run: RolloutRun): Promise<Outcome> {
  const judgements = judgeStageSmoke(stage, run.evidence.smoke, run.evidence.plan);
  for (const judgement of judgements) run.emit({ type: 'judged', judgement });
  const told = ({ title, because }: Judgement) => `${title}: ${because}`;
  const red = judgements.find(({ status }) => status === 'fail');
  if (red) {
    await run.append({ type: 'judged', stage, word: 'NO-GO', because: told(red) });
    return 'rolling-back';
  }
  const open = judgements.find(({ status }) => status !== 'pass');
  if (!open && judgements.length > 0) return 'continue';
  const because = open ? told(open) : 'The smoke journey was not walked.';
  const { settings } = run.state().plan;
  const spent = observedMs(run.state().observations) >= settings.dwellMs + settings.holdBudgetMs;
  await run.append({
    type: 'judged',
    stage,
    word: spent ? 'NO-GO' : 'HOLD',
    because: spent ? `degraded: ${because}` : because,
  });
  return 'rolling-back';
}

/** Files are named from the run's folder, wherever below it they are. */
const below = (folder: string, walk: SmokeEvidence): SmokeEvidence => ({
  ...walk,
  files: walk.files.map((file) => `${folder}/${file}`),
  steps: walk.steps.map((step) => ({ ...step, attachments: step.attachments.map((file) => `${folder}/${file}`) })),
});
