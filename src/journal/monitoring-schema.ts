import { z } from 'zod';
import { alertIds, alertMeasures, alertSources, alertUnits } from '../core/alerts.ts';
import type { MonitoringEvidence } from '../core/monitoring.ts';
import { sloSchema } from './result-schema.ts';
import { releaseEvidenceSchema } from './tracked-schema.ts';
import { unmeasuredSchema } from './unmeasured-schema.ts';

const ruleSchema = z.object({
  id: z.string(),
  name: z.string(),
  measured: z.string(),
  query: z.string(),
  environment: z.string().exactOptional(),
  isExpression: z.literal(true).exactOptional(),
  thresholds: z.array(z.object({ direction: z.enum(['above', 'below']), value: z.number() })),
  inactive: z.array(z.string()),
  unknown: z.array(z.string()),
  firing: z.boolean().exactOptional(),
});

/** Clauses 1.4a and 1.4b, as they are read back to be judged again. */
export const monitoringEvidenceSchema = z.object({
  release: z.union([releaseEvidenceSchema, unmeasuredSchema]),
  alerts: z.object({
    found: z.array(
      z.object({
        alert: z.enum(alertIds),
        source: z.enum(alertSources),
        settings: z.object({
          detector: z.string().exactOptional(),
          project: z.string().exactOptional(),
          rule: z.string().exactOptional(),
          measures: z.enum(alertMeasures).exactOptional(),
          unit: z.enum(alertUnits).exactOptional(),
          covers: z.string().exactOptional(),
        }),
        candidates: z.array(ruleSchema),
        readFrom: z.string(),
        problem: z.string().exactOptional(),
      }),
    ),
    unmeasured: z.partialRecord(z.enum(alertIds), unmeasuredSchema),
    objectives: z.array(sloSchema),
    environment: z.string(),
  }),
}) satisfies z.ZodType<MonitoringEvidence>;
