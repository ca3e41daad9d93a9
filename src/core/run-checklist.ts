import { type ChecklistRow, checklistOf } from './checklist.ts';
import type { RunResult } from './run-result.ts';

/** Verbs that cover the SOP as a whole; the checklist of every other verb has the clauses that it judges. */
const wholeVerbs: ReadonlySet<string> = new Set(['release']);

/** The checklist of a run. */
export const checklistOfRun = ({ verb, judgements, notChecked, rollout }: RunResult): ChecklistRow[] =>
  checklistOf(judgements, notChecked, {
    whole: coversSop({ verb }),
    ...(rollout ? { strategy: rollout.strategy } : {}),
    ...(rollout?.receipt ? { receipt: rollout.receipt } : {}),
  });

/** Whether the checklist of this run has the clauses that nothing judged, too. */
export const coversSop = ({ verb }: { readonly verb: string }): boolean => wholeVerbs.has(verb);
