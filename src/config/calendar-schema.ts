import { z } from 'zod';
import type { FreezeWindow } from '../core/calendar.ts';
import { nearest } from '../core/nearest.ts';
import { formatMs } from '../core/slo.ts';
import { durationSchema } from './duration.ts';
import { cronProblem, instantIn, isZone, shortestPeriodMs } from './freeze-window.ts';

const example = "{ cron: '0 18 * * 5', for: 62h, zone: Europe/Berlin, reason: no releases at the weekend }";
const dates = '{ from: 2026-12-20, until: 2027-01-04, zone: Europe/Berlin, reason: … }';

const zoneSchema = z.string().superRefine((zone, context) => {
  if (isZone(zone)) return;
  const known = nearest(zone, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
  const meant = known === undefined ? 'write for example Europe/Berlin or UTC' : `did you mean ${known}?`;
  context.addIssue({ code: 'custom', message: `"${zone}" is not a time zone; ${meant}` });
});

const cronSchema = z.string().superRefine((cron, context) => {
  const problem = cronProblem(cron);
  if (problem === undefined) return;
  context.addIssue({
    code: 'custom',
    message: `"${cron}" is not a cron expression (${problem}); write for example 0 18 * * 5`,
  });
});

const keys = {
  /** Starts of a window that comes again, with its length. */
  cron: cronSchema.exactOptional(),
  for: durationSchema.exactOptional(),
  /** Or one window: dates are whole days of the zone. */
  from: z.string().min(1).exactOptional(),
  until: z.string().min(1).exactOptional(),
  zone: zoneSchema,
  reason: z.string().min(1, 'the reason, which the report shows'),
};
type Keys = z.output<z.ZodObject<typeof keys>>;

const windowSchema = z.strictObject(keys).transform((window, context): FreezeWindow => {
  const found = windowOf(window);
  if (!('wrong' in found)) return found;
  context.addIssue({ code: 'custom', path: [found.wrong], message: found.message });
  return z.NEVER;
});

const formatHours = (ms: number): string => (ms % 3_600_000 === 0 ? `${ms / 3_600_000} h` : formatMs(ms));

interface KeyProblem {
  readonly wrong: string;
  readonly message: string;
}

function windowOf({ cron, for: forMs, from, until, zone, reason }: Keys): KeyProblem | FreezeWindow {
  const wrong = (key: string, message: string): KeyProblem => ({ wrong: key, message });
  if (cron !== undefined) {
    if (from !== undefined || until !== undefined)
      return wrong(from === undefined ? 'until' : 'from', `contradicts \`cron\`: write ${example}, or ${dates}`);
    if (forMs === undefined) return wrong('for', `is missing: how long the window is; write ${example}`);
    const periodMs = shortestPeriodMs(cron);
    if (forMs >= periodMs)
      return wrong(
        'for',
        `${formatHours(forMs)} is not shorter than the ${formatHours(periodMs)} between two starts of "${cron}": the freeze would never end`,
      );
    return { cron, forMs, zone, reason };
  }
  if (forMs !== undefined) return wrong('for', `goes with \`cron\`; write ${example}`);
  if (from === undefined) return wrong('from', `is missing: write ${dates}, or ${example}`);
  if (until === undefined) return wrong('until', `is missing: write ${dates}`);
  const [first, end] = [instantIn(from, zone, 'from'), instantIn(until, zone, 'until')];
  if (first === undefined)
    return wrong('from', `"${from}" is no date; write for example 2026-12-20 or 2026-12-20T18:00`);
  if (end === undefined)
    return wrong('until', `"${until}" is no date; write for example 2027-01-04 or 2027-01-04T08:00`);
  if (Date.parse(end) <= Date.parse(first)) return wrong('until', `"${until}" is before \`from\`, "${from}"`);
  return { from: first, until: end, zone, reason };
}

/** Periods in which nothing is shipped; none by default. */
export const freezeSchema = z.array(windowSchema).default([]);
