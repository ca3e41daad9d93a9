import { z } from 'zod';
import type { AnnouncementEvidence, AnnouncementState } from '../core/announcement.ts';

const addressSchema = z.object({ channel: z.string(), ts: z.string() });

/** What a run keeps of its message in the channel of the stakeholders (3.4b). */
export const announcementStateSchema = z.object({
  address: addressSchema.exactOptional(),
  sent: z.object({ revision: z.string(), certain: z.boolean() }).exactOptional(),
}) satisfies z.ZodType<AnnouncementState>;

export const announcementSchema = z.union([
  z.object({ kind: z.literal('announcement'), state: z.enum(['off', 'missing']), because: z.string() }),
  z.object({
    kind: z.literal('announcement'),
    state: z.enum(['delivered', 'unconfirmed', 'undelivered']),
    channel: z.string(),
    word: z.enum(['GO', 'NO-GO', 'HOLD']),
    address: addressSchema.exactOptional(),
    readBack: z.boolean(),
    attempts: z.int().nonnegative(),
    because: z.string(),
  }),
]) satisfies z.ZodType<AnnouncementEvidence>;
