import type { StepOutcome } from '../../core/rollout/advance.ts';
import { isSettled } from '../../core/verdict.ts';
import type { RolloutStep } from '../../core/rollout/step.ts';
import { openCheck } from '../check-side.ts';
import { loadPlanOf } from '../load-plan-of.ts';
import type { Outcome } from './observe.ts';
import { stepFailed } from './release-steps.ts';
import { confirmImage } from './running-image.ts';
import type { RolloutRun } from './run.ts';
import { entryOf } from './sides.ts';

/** Clauses 3.1 and 3.2 on the colour that no user reaches yet: what fails here has cost no user anything. */
export async function checkIdle(
  { side, release }: RolloutStep & { do: 'check' },
  run: RolloutRun,
): Promise<StepOutcome | { readonly outcome: Outcome }> {
  const target = await entryOf(side, run, release);
  if (!target) throw stepFailed('The side has no address to check.');
  // What is not known to be the recorded image gets no user.
  const image = await confirmImage(side, release, run);
  if (image && !isSettled(image)) return { outcome: { paused: `${image.title}: ${image.because}` } };
  const { tools, sessionsFile, clock, variables, profiles, evidence } = run;
  const { off } = target.load;
  const load = off === undefined ? { load: loadPlanOf(profiles, {}, target.load, target.rateLimit) } : {};
  const context = { target, tools, runner: run.runner, sessionsFile, clock, variables, ...load };
  const checked = await run.instruments.checkSide(context, evidence);
  await run.learnSecrets();
  const { smoke, plan, load: applied, metrics, aftermath } = checked;
  Object.assign(evidence, {
    smoke: [...evidence.smoke.filter(({ stage }) => stage !== undefined), ...smoke],
    plan: { ...evidence.plan, leftOut: { ...evidence.plan.leftOut, ...plan.leftOut } },
    load: applied,
    metrics,
    aftermath,
  });
  await run.saveEvidence();
  const open = openCheck(checked);
  if (!open) return { summary: `smoke passed, ${applied ? 'load within its objectives' : 'no load on this target'}` };
  const because = `${open.title}: ${open.because}`;
  if (open.status === 'fail') throw stepFailed(because);
  return { outcome: { paused: because } };
}
