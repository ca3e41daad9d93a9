import { z } from 'zod';
import type { AlertRule, AlertThreshold } from '../core/alerts.ts';

const id = z.union([z.string(), z.int()]).transform(String);

/** A detector ("monitor") of Sentry that watches a metric. */
export const detectorSchema = z.object({
  id,
  projectId: id,
  name: z.string(),
  type: z.string(),
  enabled: z.boolean(),
  workflowIds: z.array(id).nullish(),
  openIssues: z.int().nonnegative().nullish(),
  latestGroup: z.object({ status: z.string() }).nullish(),
  config: z.object({ detectionType: z.string().nullish(), comparisonDelta: z.number().nullish() }).nullish(),
  dataSources: z
    .array(
      z.object({
        queryObj: z
          .object({
            status: z.int().nullish(),
            snubaQuery: z
              .object({
                aggregate: z.string(),
                query: z.string(),
                environment: z.string().nullish(),
              })
              .optional(),
          })
          .nullish(),
      }),
    )
    .nullish(),
  conditionGroup: z
    .object({
      logicType: z.string(),
      conditions: z.array(z.object({ type: z.string(), comparison: z.unknown(), conditionResult: z.unknown() })),
    })
    .nullish(),
});
export type Detector = z.output<typeof detectorSchema>;

const actions = z.array(z.object({ status: z.string().nullish() })).nullish();
/** A workflow ("alert") of Sentry: the recipients that it notifies when a detector opens an issue. */
export const workflowSchema = z.object({
  id,
  name: z.string(),
  enabled: z.boolean(),
  environment: z.string().nullish(),
  triggers: z.object({ actions }).nullish(),
  actionFilters: z.array(z.object({ actions })).nullish(),
});
export type Workflow = z.output<typeof workflowSchema>;

/** Status of a subscription that is not queried. */
const disabledQuery = 4;

export function ruleOfDetector(
  detector: Detector,
  workflows: readonly Workflow[] | { readonly problem: string },
): AlertRule {
  const source = detector.dataSources?.[0]?.queryObj;
  const query = source?.snubaQuery;
  return {
    id: detector.id,
    name: detector.name,
    measured: query?.aggregate ?? 'nothing',
    query: query?.query ?? '',
    ...(query?.environment ? { environment: query.environment } : {}),
    thresholds: thresholdsOf(detector),
    inactive: [
      ...(detector.enabled ? [] : ['it is disabled']),
      ...(query ? [] : ['it has no query']),
      ...(source?.status === disabledQuery ? ['its query is disabled'] : []),
      ...relative(detector),
      ...silent(detector, workflows),
    ],
    unknown: 'problem' in workflows ? [`its recipients could not be read: ${workflows.problem}`] : [],
    ...firingOf(detector),
  };
}

/** Results above 0 open an issue; 0 closes it. Of several that all have to hold, the last one decides. */
function thresholdsOf({ conditionGroup }: Detector): AlertThreshold[] {
  const raised = (conditionGroup?.conditions ?? []).flatMap(({ type, comparison, conditionResult }) => {
    if (typeof comparison !== 'number' || Number(conditionResult) <= 0) return [];
    const direction = { gt: 'above', gte: 'above', lt: 'below', lte: 'below' }[type];
    return direction === 'above' || direction === 'below' ? [{ direction, value: comparison } as const] : [];
  });
  if (conditionGroup?.logicType !== 'all') return raised;
  const above = raised.filter(({ direction }) => direction === 'above').toSorted((a, b) => b.value - a.value);
  const below = raised.filter(({ direction }) => direction === 'below').toSorted((a, b) => a.value - b.value);
  return [...above.slice(0, 1), ...below.slice(0, 1)];
}

function relative({ config }: Detector): string[] {
  const type = config?.comparisonDelta ? 'percent' : config?.detectionType;
  if (type === 'percent') return ['it compares with an earlier period, and not with a limit'];
  return type === 'dynamic' ? ['it looks for anomalies, and has no limit'] : [];
}

const isActive = ({ status }: { readonly status?: string | null | undefined }): boolean =>
  status === undefined || status === null || status === 'active';

/** Why an issue of the detector notifies no recipient. */
function silent({ workflowIds }: Detector, workflows: readonly Workflow[] | { readonly problem: string }): string[] {
  const ids = workflowIds ?? [];
  if (ids.length === 0) return ['no alert is connected to it'];
  if ('problem' in workflows) return [];
  const connected = workflows.filter((workflow) => ids.includes(workflow.id));
  if (connected.length === 0) return ['the alerts that are connected to it do not exist'];
  const working = connected.filter((workflow) => workflow.enabled && actionsOf(workflow).some(isActive));
  const names = connected.map(({ name }) => `"${name}"`).join(', ');
  return working.length > 0 ? [] : [`the alert that is connected to it, ${names}, is disabled or has no action`];
}

const actionsOf = ({ triggers, actionFilters }: Workflow) => [
  ...(triggers?.actions ?? []),
  ...(actionFilters ?? []).flatMap((filter) => filter.actions ?? []),
];

/** Servers that do not count open issues return the last one. */
function firingOf({ openIssues, latestGroup }: Detector): { readonly firing?: boolean } {
  if (typeof openIssues === 'number') return { firing: openIssues > 0 };
  return latestGroup === undefined ? {} : { firing: latestGroup?.status === 'unresolved' };
}
