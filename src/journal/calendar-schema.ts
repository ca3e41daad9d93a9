import { z } from 'zod';
import type { CalendarEvidence } from '../core/calendar.ts';

const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'an ISO 8601 instant');

export const calendarEvidenceSchema = z.object({
  at: instant,
  periods: z.array(z.object({ reason: z.string(), zone: z.string(), from: instant, until: instant })),
  hotfix: z.string().exactOptional(),
}) satisfies z.ZodType<CalendarEvidence>;
