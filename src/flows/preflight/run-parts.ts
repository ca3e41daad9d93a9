import { whyNotBuilt } from '../../core/judge/unbuilt.ts';
import { judgePreflight } from '../../core/judge/preflight.ts';
import { preflightParts, type PreflightPart, preflightTitles } from '../../core/preflight.ts';
import type { RunEvidence } from '../../core/run-result.ts';
import { isSettled } from '../../core/verdict.ts';
import type { CheckRun } from '../check-run.ts';
import type { PreflightContext, PreflightGatherers } from './context.ts';

/** What takes long and is about the release alone; everything else may have changed since. */
const kept: ReadonlySet<PreflightPart> = new Set<PreflightPart>(['gates', 'artifacts']);

/** Whether an earlier run of the same release need not be repeated for this part. */
export function isKept(part: PreflightPart, evidence: RunEvidence): boolean {
  const judged = kept.has(part) ? judgePreflight[part](evidence) : undefined;
  if (!judged || judged.judgements.length === 0) return false;
  return judged.judgements.every(isSettled) && !judged.notChecked.some(({ required }) => required);
}

/** Evidence of an earlier run of the same release without what is gathered again, which would be shown as judged now. */
export const keptEvidence = (evidence: RunEvidence): RunEvidence => {
  const { schemaVersion, runId, plan, gates, artifacts, strategy } = evidence;
  return {
    schemaVersion,
    runId,
    plan,
    ...(strategy === undefined ? {} : { strategy }),
    smoke: [],
    ...(gates && isKept('gates', evidence) ? { gates } : {}),
    ...(artifacts && isKept('artifacts', evidence) ? { artifacts } : {}),
  };
};

/** Runs the parts in the SOP's order; after a failed one the rest is left out. `save` writes the evidence after each. */
export async function runParts(
  run: CheckRun,
  context: PreflightContext,
  gatherers: PreflightGatherers,
  save: (evidence: RunEvidence) => Promise<void>,
): Promise<void> {
  for (const part of preflightParts) {
    const unbuilt = part === 'artifacts' ? whyNotBuilt(run.evidence()) : undefined;
    if (context.runner.signal.aborted) run.skip([part], 'the run was interrupted before it');
    else if (run.hasFailed()) run.skip([part], 'an earlier check failed');
    else if (unbuilt !== undefined) run.skip([part], unbuilt);
    else if (isKept(part, run.evidence()))
      context.runner.emit({ type: 'note', text: `${preflightTitles[part].title}: passed before, not repeated` });
    else await run.runStep(part, preflightTitles[part].title, () => gatherers[part](context));
    await save(run.evidence());
  }
}
