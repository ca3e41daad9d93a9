import { z } from 'zod';

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `250ms`, `5s`, `1.5 m`, `1h` -> milliseconds; undefined if the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)$/.exec(text.trim());
  if (!match) return undefined;
  return Number(match[1]) * units[match[2] as keyof typeof units];
}

export const durationSchema = z
  .string('a duration with its unit; write for example 250ms, 5s, 5m')
  .transform((text, context) => {
    const ms = parseDuration(text);
    if (ms !== undefined && ms > 0) return ms;
    context.addIssue({ code: 'custom', message: `"${text}" is not a duration; write for example 250ms, 5s, 5m` });
    return z.NEVER;
  });

/** `0.5 %` -> 0.005; a fraction strictly between 0 and 1. */
export const percentSchema = z.string('a rate; write for example 0.5 %').transform((text, context) => {
  const match = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim());
  const fraction = match ? Number(match[1]) / 100 : Number.NaN;
  if (fraction > 0 && fraction < 1) return fraction;
  context.addIssue({ code: 'custom', message: `"${text}" is not a rate; write for example 0.5 %` });
  return z.NEVER;
});

/** A duration that may be 0. */
export const spanSchema = z.string('a duration; write for example 0s, 10s, 5m').transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `"${text}" is not a duration; write for example 0s, 10s, 5m` });
  return z.NEVER;
});
