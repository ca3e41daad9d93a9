import { gateIds } from '../gate.ts';
import type { PreflightPart } from '../preflight.ts';
import type { RunEvidence } from '../run-result.ts';
import { judgeArtifacts } from './artifacts.ts';
import { judgeCalendar } from './calendar.ts';
import { judgeDatabase } from './database.ts';
import { judgeGates, withoutGate } from './gates.ts';
import type { Judged } from './judged.ts';
import { judgeMonitoring } from './monitoring.ts';

/** The judgements of one part of the preflight; undefined where it has no evidence. */
export const judgePreflight: Readonly<Record<PreflightPart, (evidence: RunEvidence) => Judged | undefined>> = {
  calendar: ({ calendar }) => calendar && judgeCalendar(calendar),
  // Every gate is required, unless the target file gives the reason why it does not apply.
  gates: ({ gates, plan: { gatesOff = {} } }) =>
    gates && {
      judgements: judgeGates(gates),
      notChecked: gateIds
        .filter((id) => !gates.some(({ gate }) => gate === id))
        .map((id) => withoutGate(id, gatesOff[id])),
    },
  database: ({ database }) => database && judgeDatabase(database),
  artifacts: ({ artifacts }) => artifacts && judgeArtifacts(artifacts),
  monitoring: ({ monitoring, plan }) => monitoring && judgeMonitoring(monitoring, plan),
};
