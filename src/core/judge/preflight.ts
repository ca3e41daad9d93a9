import { gateIds } from '../gate.ts';
import type { PreflightPart, Unmeasured } from '../preflight.ts';
import type { RunEvidence } from '../run-result.ts';
import type { NotChecked } from '../verdict.ts';
import { judgeCalendar } from './calendar.ts';
import { judgeGates, withoutGate } from './gates.ts';
import type { Judged } from './judged.ts';

/** The judgements of one part of the preflight; undefined where it has no evidence. */
export const judgePreflight: Readonly<Record<PreflightPart, (evidence: RunEvidence) => Judged | undefined>> = {
  calendar: ({ calendar }) => calendar && judgeCalendar(calendar),
  // Every gate is required, unless the target file says why it does not apply.
  gates: ({ gates, plan: { gatesOff = {} } }) =>
    gates && {
      judgements: judgeGates(gates),
      notChecked: gateIds
        .filter((id) => !gates.some(({ gate }) => gate === id))
        .map((id) => withoutGate(id, gatesOff[id])),
    },
};

/** A check that the target file turns off is not applicable; one that it does not mention is required. */
export const withoutEvidence = (check: Pick<NotChecked, 'id' | 'title' | 'clauses'>, why: Unmeasured): NotChecked =>
  'off' in why
    ? { ...check, reason: 'not-applicable', because: `target file: ${why.off}`, required: false }
    : { ...check, reason: 'skipped', because: why.missing, required: true };
