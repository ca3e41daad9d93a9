import type { RunEvidence } from '../run-result.ts';
import { isSettled } from '../verdict.ts';
import { judgeRun } from './run.ts';

/**
 * Why the artifacts of a release are not built yet; undefined where they may be. The first image that is recorded stays that of the
 * release, so that none is made of code that has not passed its gates.
 */
export function whyNotBuilt(evidence: RunEvidence): string | undefined {
  const open = judgeRun(evidence).judgements.find(
    (judgement) => judgement.id.startsWith('gate.') && !isSettled(judgement),
  );
  return open && `nothing is built before the gates have passed: ${open.title}`;
}
