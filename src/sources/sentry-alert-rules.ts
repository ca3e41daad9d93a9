import { z } from 'zod';
import type { AlertRule } from '../core/alerts.ts';

const id = z.union([z.string(), z.int()]).transform(String);

/** A metric alert rule of Sentry's old interface, which is switched off step by step since May 2026. */
export const alertRuleSchema = z.object({
  id,
  name: z.string(),
  status: z.int().nullish(),
  aggregate: z.string(),
  query: z.string().default(''),
  environment: z.string().nullish(),
  /** 0: above, 1: below. */
  thresholdType: z.int(),
  comparisonDelta: z.number().nullish(),
  detectionType: z.string().nullish(),
  snooze: z.boolean().nullish(),
  projects: z.array(z.string()),
  triggers: z.array(
    z.object({
      alertThreshold: z.number(),
      thresholdType: z.int().nullish(),
      actions: z.array(z.unknown()).default([]),
    }),
  ),
});
export type SentryAlertRule = z.output<typeof alertRuleSchema>;

export const incidentSchema = z.object({ alertRule: z.object({ id }), status: z.int() });
export type Incident = z.output<typeof incidentSchema>;

/** Status of a rule that is not evaluated, and of an incident that is over. */
const disabledRule = 5;
const closedIncident = 2;

export function ruleOfAlertRule(
  rule: SentryAlertRule,
  incidents: readonly Incident[] | { readonly problem: string },
): AlertRule {
  const { comparisonDelta, detectionType, thresholdType } = rule;
  // A warning without an action notifies no recipient.
  const notifying = rule.triggers.filter(({ actions }) => actions.length > 0);
  return {
    id: rule.id,
    name: rule.name,
    measured: rule.aggregate,
    query: rule.query,
    ...(rule.environment ? { environment: rule.environment } : {}),
    thresholds: (notifying.length > 0 ? notifying : rule.triggers).map((trigger) => ({
      direction: (trigger.thresholdType ?? thresholdType) === 0 ? 'above' : 'below',
      value: trigger.alertThreshold,
    })),
    inactive: [
      ...(rule.status === disabledRule ? ['it is disabled'] : []),
      ...(rule.snooze === true ? ['it is muted'] : []),
      ...(comparisonDelta ? ['it compares with an earlier period, and not with a limit'] : []),
      ...(detectionType === 'dynamic' ? ['it detects anomalies, and has no limit'] : []),
      ...(notifying.length > 0 ? [] : ['it has no action']),
    ],
    unknown: [],
    ...('problem' in incidents
      ? {}
      : { firing: incidents.some((each) => each.alertRule.id === rule.id && each.status !== closedIncident) }),
  };
}
