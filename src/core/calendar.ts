/** A period in which nothing is shipped, as the target file has it: by a cron expression and a length, or by its first and last instant. */
export type FreezeWindow =
  | { readonly cron: string; readonly forMs: number; readonly zone: string; readonly reason: string }
  | { readonly from: string; readonly until: string; readonly zone: string; readonly reason: string };

/** One period of a window: ISO 8601 with the offset of its zone; `until` is the first instant after it. */
export interface FreezePeriod {
  readonly reason: string;
  readonly zone: string;
  readonly from: string;
  readonly until: string;
}

export interface CalendarEvidence {
  /** ISO 8601: when the calendar was read. */
  readonly at: string;
  /** Of each window the period that contains `at`, else the next one, else the last one. */
  readonly periods: readonly FreezePeriod[];
  /** Why the release is shipped inside a window; absent where it is no hotfix. */
  readonly hotfix?: string;
}

/** The state of a period at an instant: it holds from its first instant to the one before `until`. */
export function periodState({ from, until }: FreezePeriod, at: string): 'open' | 'ahead' | 'over' {
  const instant = Date.parse(at);
  if (instant < Date.parse(from)) return 'ahead';
  return instant < Date.parse(until) ? 'open' : 'over';
}

export const openPeriods = ({ at, periods }: CalendarEvidence): readonly FreezePeriod[] =>
  periods.filter((period) => periodState(period, at) === 'open');

/** The period that begins next; undefined where none is ahead. */
export const nextPeriod = ({ at, periods }: CalendarEvidence): FreezePeriod | undefined =>
  periods
    .filter((period) => periodState(period, at) === 'ahead')
    .toSorted((a, b) => Date.parse(a.from) - Date.parse(b.from))[0];

/** `2026-11-30 08:00 Europe/Berlin (2026-11-30 07:00 UTC)`, of an instant with the offset of the zone. */
export function formatInZone(instant: string, zone: string): string {
  const minutes = (iso: string) => iso.slice(0, 16).replace('T', ' ');
  const universal = `${minutes(new Date(instant).toISOString())} UTC`;
  return zone === 'UTC' ? universal : `${minutes(instant)} ${zone} (${universal})`;
}

/** What the report names as a deviation: a hotfix inside a freeze window. */
export function hotfixDeviations(evidence: CalendarEvidence | undefined): string[] {
  if (evidence?.hotfix === undefined) return [];
  return openPeriods(evidence).map(
    ({ reason, zone, until }) =>
      `Shipped as a hotfix (${evidence.hotfix}) inside a freeze window until ${formatInZone(until, zone)}: ${reason}.`,
  );
}
