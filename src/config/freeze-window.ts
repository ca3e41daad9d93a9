import { CronExpressionParser } from 'cron-parser';
import { DateTime, IANAZone } from 'luxon';
import type { FreezePeriod, FreezeWindow } from '../core/calendar.ts';

/** Cron expressions and time zones of freeze windows: the only file that knows the two libraries. */
const dayMs = 86_400_000;

export const isZone = (zone: string): boolean => IANAZone.isValidZone(zone);

/** Why a text is no cron expression of five fields; undefined where it is one. */
export function cronProblem(cron: string): string | undefined {
  // The library fills missing fields up, takes seconds, and replaces H by a random number.
  if (cron.trim().split(/\s+/).length !== 5 || /[^\w\s*,/?#-]/.test(cron) || /\bH\b/i.test(cron))
    return 'five fields are expected: minute, hour, day of the month, month, day of the week';
  try {
    CronExpressionParser.parse(cron, { currentDate: new Date(0), tz: 'UTC' }).next();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The shortest time between two starts, in ms, in a zone without changes of the clocks: of 30 starts, which pass the end of an hour, a day or a month. */
export function shortestPeriodMs(cron: string): number {
  const starts = CronExpressionParser.parse(cron, { currentDate: new Date('2024-01-01T00:00:00Z'), tz: 'UTC' });
  const wanted = 30;
  let [last, shortest] = [starts.next().getTime(), Number.POSITIVE_INFINITY];
  for (let count = 1; count < wanted && starts.hasNext(); count += 1) {
    const start = starts.next().getTime();
    shortest = Math.min(shortest, start - last);
    last = start;
    // The 29th of February: nothing that is this long is reached by a window.
    if (start - Date.parse('2024-01-01T00:00:00Z') > 10 * 366 * dayMs) break;
  }
  return shortest;
}

/** The instant of a date or a date-time in a zone, ISO 8601 with its offset; a date `until` is its whole day. Undefined where there is none. */
export function instantIn(text: string, zone: string, edge: 'from' | 'until'): string | undefined {
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  if (!isDate && !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?$/.test(text)) return undefined;
  const at = DateTime.fromISO(text, { zone });
  if (!at.isValid) return undefined;
  return (isDate && edge === 'until' ? at.plus({ days: 1 }).startOf('day') : at).toISO() ?? undefined;
}

/** The period of a window that contains an instant (ms since the epoch), else the next one, else the last one. */
export function periodAt(window: FreezeWindow, now: number): FreezePeriod | undefined {
  const { zone, reason } = window;
  if ('from' in window) return { zone, reason, from: window.from, until: window.until };
  const start = startNear(window, now);
  if (start === undefined) return undefined;
  const format = (ms: number) => DateTime.fromMillis(ms, { zone }).toISO() ?? new Date(ms).toISOString();
  return { zone, reason, from: format(start), until: format(start + window.forMs) };
}

/**
 * Starts are enumerated forwards only: backwards the library leaves out a start in the hour that a change of the clocks skips, and
 * repeats one in the hour that comes twice.
 */
function startNear({ cron, forMs, zone }: Extract<FreezeWindow, { cron: string }>, now: number): number | undefined {
  const starts = CronExpressionParser.parse(cron, { currentDate: new Date(now - forMs - 2 * dayMs), tz: zone });
  let open: number | undefined;
  while (starts.hasNext()) {
    const start = starts.next().getTime();
    if (start > now) return open ?? start;
    if (now < start + forMs) open = start;
  }
  return open;
}
