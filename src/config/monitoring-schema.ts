import { z } from 'zod';
import { type AlertId, alertIds, alertMeasures, type AlertSettings, alertUnits } from '../core/alerts.ts';
import { addressSchema } from './target-schemas.ts';

const offSchema = z.strictObject({ off: z.string().min(1, 'the reason') });

const variableName = z.string().regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable, not its value');
const serverSchema = z.strictObject({
  url: addressSchema,
  /** Name of the variable with a bearer token. */
  token: variableName.exactOptional(),
});

/** src/core/alerts.ts explains each. */
const alertSchema = z.union(
  [
    offSchema,
    z
      .strictObject({
        detector: z.union([z.string().min(1), z.int().transform(String)]).exactOptional(),
        project: z
          .string()
          .regex(/^[\w-]+$/, 'the slug of a project')
          .exactOptional(),
        rule: z.string().min(1).exactOptional(),
        measures: z.enum(alertMeasures).exactOptional(),
        unit: z.enum(alertUnits).exactOptional(),
        covers: z.string().min(1, 'the reason').exactOptional(),
      })
      .transform((settings): AlertSettings => settings),
  ],
  { error: '{ detector: NAME }, { rule: NAME } of Prometheus, or { off: REASON }' },
);

/** Clauses 1.4a and 1.4b. */
export const monitoringSchema = z.strictObject({
  /** Only to turn it off: `sentry` names where the release is recorded. */
  release: offSchema.exactOptional(),
  alerts: z
    .strictObject(
      Object.fromEntries(alertIds.map((id) => [id, alertSchema.exactOptional()])) as Record<
        AlertId,
        z.ZodExactOptional<typeof alertSchema>
      >,
    )
    .prefault({}),
  /** Where the alerting rules are; by default the source of the metrics, where that is Prometheus. */
  prometheus: serverSchema.exactOptional(),
  alertmanager: serverSchema.exactOptional(),
});
