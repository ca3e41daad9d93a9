import { z } from 'zod';
import { patternedAddressSchema, slackSchema } from './courtesy-schema.ts';
import { durationSchema } from './duration.ts';

/** Where the stakeholders read the Go/No-Go of a release (3.4b). */
export const announcementsSchema = z.union(
  [
    z.strictObject({ off: z.string().min(1, 'the reason') }),
    z.strictObject({
      slack: slackSchema,
      /** Shown under the message; {release}, {previous}, {run} and {target} are replaced. */
      links: z
        .array(z.strictObject({ text: z.string().min(1).max(80), url: patternedAddressSchema.max(400) }))
        .max(10, 'at most 10 links')
        .default([]),
      /** How long the final message is tried again. */
      retryFor: durationSchema.prefault('1m'),
    }),
  ],
  {
    error:
      '{ slack: { token: NAME, channel: C0123456789 } }, { slack: { webhook: NAME } } or { off: REASON }; names of environment variables, and the id of a channel',
  },
);
