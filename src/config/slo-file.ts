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
  }),
]);

const fileSchema = z.strictObject({ slos: z.array(entrySchema).min(1) }).superRefine((file, context) => {
  const seen = new Set<string>();
  for (const [index, { id }] of file.slos.entries()) {
    if (seen.has(id))
      context.addIssue({ code: 'custom', path: ['slos', index, 'id'], message: `"${id}" is already in use` });
    seen.add(id);
  }
});

/** The objectives of config/slo.yaml, normalised to rates. Throws UserError with file, line and key. */
export function parseSlos(file: string, text: string): Slo[] {
  const { slos } = parseYaml(file, text, fileSchema, { next: ['config/slo.yaml is a commented example'] });
  return slos.map(normalise);
}

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
    case 'payment-success':
      return {
        ...base,
        event: { kind: 'failed-payment' },
        limit: Number((1 - entry.atLeast).toFixed(6)),
        limitIncluded: true,
        ...criterion(entry),
        ...(entry.counter ? { counter: entry.counter } : {}),
      };
  }
}

const criterion = (entry: { rollback?: NonNullable<Slo['rollback']> | undefined }): Pick<Slo, 'rollback'> =>
  entry.rollback ? { rollback: entry.rollback } : {};
