import { z } from 'zod';

const schema = z.object({
  delivered: z.boolean(),
  retry: z.boolean().default(false),
  uncertain: z.boolean().default(false),
  retryAfterMs: z.number().nonnegative().exactOptional(),
});

/** What the journal has of an attempt to inform somebody; one that is not understood may have been delivered. */
export const parseCourtesyData = (data: unknown): z.output<typeof schema> =>
  schema.safeParse(data).data ?? { delivered: false, retry: false, uncertain: true };
