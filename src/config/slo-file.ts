import { z } from 'zod';
import type { Slo } from '../core/slo.ts';
import { type ClauseId, isClauseId } from '../core/sop.ts';
import { durationSchema, percentSchema } from './duration.ts';
import { outcomeCounterSchema } from './metrics-schema.ts';
import { parseYaml } from './yaml-file.ts';

const clauseSchema = z.string().transform((text, context): ClauseId => {
  if (isClauseId(text)) return text;
  context.addIssue({ code: 'custom', message: `"${text}" is not a clause of the SOP` });
  return z.NEVER;
});

const common = {
  id: z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower case letters, digits and dashes'),
  title: z.string().min(1),
  clause: clauseSchema,
  minSamples: z.int().positive(),
};
const rollback = z.strictObject({ clause: clauseSchema, above: percentSchema }).optional();

const entrySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('latency'),
    percentile: z.number().gt(0).lt(100),
    below: durationSchema,
  }),
  z.strictObject({ ...common, kind: z.literal('server-errors'), below: percentSchema, rollback }),
  z.strictObject({
    ...common,
    kind: z.literal('payment-success'),
    atLeast: percentSchema,
    rollback,
    counter: outcomeCounterSchema.optional(),
    routes: z.array(z.string().startsWith('/', 'a path: /pay/')).exactOptional(),
  }),
  z.strictObject({ ...common, kind: z.literal('crash-free'), atLeast: percentSchema }),
]);

export const sloFileSchema = z.strictObject({ slos: z.array(entrySchema).min(1) }).superRefine((file, context) => {
  const seen = new Set<string>();
  for (const [index, { id }] of file.slos.entries()) {
    if (seen.has(id))
      context.addIssue({ code: 'custom', path: ['slos', index, 'id'], message: `"${id}" is already in use` });
    seen.add(id);
  }
});

/** The objectives on requests, which a load and the counters of a target measure. Throws UserError with file, line and key. */
export const parseSlos = (file: string, text: string): Slo[] => parseObjectives(file, text).slos;

/** All objectives of the file, normalised to rates; clause 3.2b apart, because its sessions are none of the requests. */
export function parseObjectives(file: string, text: string): { readonly slos: Slo[]; readonly crashFree?: Slo } {
  const { slos } = parseYaml(file, text, sloFileSchema, {
    next: ['git diff config/slo.yaml   shows what was changed; its comments explain every key'],
  });
  const all = slos.map(normalise);
  const crashFree = all.find(isCrashFree);
  return { slos: all.filter((slo) => !isCrashFree(slo)), ...(crashFree ? { crashFree } : {}) };
}

const isCrashFree = ({ event }: Slo): boolean => event.kind === 'crashed-session';

function normalise(entry: z.output<typeof entrySchema>): Slo {
  const { id, title, clause, minSamples } = entry;
  const base = { id, title, clause, minSamples };
  switch (entry.kind) {
    case 'latency':
      // P95 < 1 s means fewer than 5 % of the responses last 1 s or more; rounded, because 1 - 0.95 is not 0.05.
      return {
        ...base,
        event: { kind: 'slow-response', percentile: entry.percentile, thresholdMs: entry.below },
        limit: Number((1 - entry.percentile / 100).toFixed(6)),
        limitIncluded: false,
      };
    case 'server-errors':
      return {
        ...base,
        event: { kind: 'server-error' },
        limit: entry.below,
        limitIncluded: false,
        ...criterion(entry),
      };
    case 'crash-free':
      return {
        ...base,
        event: { kind: 'crashed-session' },
        limit: Number((1 - entry.atLeast).toFixed(6)),
        limitIncluded: true,
      };
    case 'payment-success':
      return {
        ...base,
        event: { kind: 'failed-payment' },
        limit: Number((1 - entry.atLeast).toFixed(6)),
        limitIncluded: true,
        ...criterion(entry),
        ...(entry.counter ? { counter: entry.counter } : {}),
        ...(entry.routes ? { routes: entry.routes } : {}),
      };
  }
}

const criterion = (entry: { rollback?: NonNullable<Slo['rollback']> | undefined }): Pick<Slo, 'rollback'> =>
  entry.rollback ? { rollback: entry.rollback } : {};
