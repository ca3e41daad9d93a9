import { type CalendarEvidence, formatInZone, nextPeriod, openPeriods } from '../calendar.ts';
import type { Judgement } from '../verdict.ts';
import type { Judged } from './judged.ts';

/** The SOP has no clause on it: a target without a freeze window is not held by it. */
const base = { id: 'calendar.freeze', title: 'Freeze windows', clauses: [] } as const;

/** No release inside a freeze window of the target file, except as a hotfix with its reason. */
export function judgeCalendar(evidence: CalendarEvidence): Judged {
  if (evidence.periods.length === 0)
    return {
      judgements: [],
      notChecked: [
        { ...base, reason: 'not-applicable', because: 'the target file has no `preflight.freeze`', required: false },
      ],
    };
  return { judgements: [judgePeriods(evidence)], notChecked: [] };
}

function judgePeriods(evidence: CalendarEvidence): Judgement {
  const open = openPeriods(evidence);
  const common = {
    ...base,
    expected: 'no freeze window is open, or a hotfix with its reason',
    evidence: [],
    requestIds: [],
  };
  if (open.length === 0) {
    const next = nextPeriod(evidence);
    const because = next
      ? `The next freeze window begins ${formatInZone(next.from, next.zone)}: ${next.reason}.`
      : 'No freeze window is open, and none is ahead.';
    return { ...common, status: 'pass', actual: 'no freeze window is open', because };
  }
  const windows = open.map(({ reason, zone, until }) => `${reason}, until ${formatInZone(until, zone)}`).join('; ');
  if (evidence.hotfix !== undefined)
    return {
      ...common,
      status: 'pass',
      actual: `hotfix: ${evidence.hotfix}`,
      because: `Shipped as a hotfix (${evidence.hotfix}) inside a freeze window: ${windows}.`,
    };
  return {
    ...common,
    status: 'inconclusive',
    actual: open.length === 1 ? 'a freeze window is open' : `${open.length} freeze windows are open`,
    because: `${windows}. A hotfix is shipped with --hotfix "why".`,
  };
}
