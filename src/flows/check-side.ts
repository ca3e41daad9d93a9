import type { LoadPlan } from '../core/load-plan.ts';
import { isSettled, type Judgement } from '../core/verdict.ts';
import { judgeRun } from '../core/judge/run.ts';
import type { StepId } from '../core/plan.ts';
import type { RunEvidence } from '../core/run-result.ts';
import type { Clock } from '../system/clock.ts';
import { startCheckRun } from './check-run.ts';
import { checkSteps } from './check-steps.ts';
import type { JourneyContext } from './journey.ts';

export const sideSteps = ['smoke', 'load', 'metrics', 'aftermath'] as const satisfies readonly StepId[];

/** What one side of a target is checked with. */
export interface SideContext extends JourneyContext {
  readonly clock: Clock;
  /** Absent where the target has no load. */
  readonly load?: LoadPlan;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Clauses 3.1 and 3.2 of one side: the evidence of these steps alone. After a failed check the rest is left out. */
export async function checkSide(context: SideContext, { plan, ...evidence }: RunEvidence): Promise<RunEvidence> {
  const { clock, runner } = context;
  const { load: _, metrics: __, aftermath: ___, rollout: ____, ...earlier } = evidence;
  const empty = { ...earlier, plan: { ...plan, steps: sideSteps, leftOut: {} }, smoke: [] };
  const run = startCheckRun(empty, clock, runner.emit);
  for (const { covers, execute } of checkSteps) {
    if (!covers.some((step) => (sideSteps as readonly StepId[]).includes(step))) continue;
    if (runner.signal.aborted) run.skip(covers, 'the run was interrupted before it');
    else if (run.hasFailed()) run.skip(covers, 'an earlier check failed');
    else await execute({ ...context, run, waited: run.waited });
  }
  return run.evidence();
}

/** What decides against the checks, the rollout around them left out; undefined where every required check passed. */
export function openCheck(evidence: RunEvidence): Pick<Judgement, 'status' | 'title' | 'because'> | undefined {
  const { rollout: _, ...checked } = evidence;
  const { judgements, notChecked } = judgeRun(checked);
  // Which release answers is judged over the whole run.
  const own = judgements.filter(({ id }) => id !== 'release');
  const failed = own.find(({ status }) => status === 'fail') ?? own.find((judgement) => !isSettled(judgement));
  if (failed) return failed;
  const missing = notChecked.find(({ required, reason }) => required && reason === 'skipped');
  return missing && { ...missing, status: 'inconclusive' };
}
