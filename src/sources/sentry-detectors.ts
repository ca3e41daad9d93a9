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
const filter = z.object({
  logicType: z.string().default('all'),
  conditions: z.array(z.object({ type: z.string(), comparison: z.unknown() })).nullish(),
  actions,
});
/** A workflow ("alert") of Sentry: the recipients that it notifies when a detector opens an issue. */
export const workflowSchema = z.object({
  id,
  name: z.string(),
  enabled: z.boolean(),
  environment: z.string().nullish(),
  triggers: z.object({ actions }).nullish(),
  actionFilters: z.array(filter).nullish(),
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
    thresholds: thresholdsOf(detector, (priority) => notifies(priority, detector, workflows)),
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

/**
 * Results above 0 open an issue of that priority; 0 closes it. Of several that all have to hold, the last one decides. One whose
 * priority notifies no recipient is none.
 */
function thresholdsOf({ conditionGroup }: Detector, isNotified: (priority: number) => boolean): AlertThreshold[] {
  const { logicType = '', conditions = [] } = conditionGroup ?? {};
  const raising = conditions.filter(({ conditionResult }) => Number(conditionResult) > 0);
  const raised = raising
    .filter(({ conditionResult }) => isNotified(Number(conditionResult)))
    .flatMap(({ type, comparison }) => {
      const direction = { gt: 'above', gte: 'above', lt: 'below', lte: 'below' }[type];
      if (typeof comparison !== 'number' || (direction !== 'above' && direction !== 'below')) return [];
      return [{ direction, value: comparison } as const];
    });
  if (logicType.startsWith('any')) return raised;
  // A condition that is not read, and a range of values, are no limit.
  const [first] = raised;
  if (logicType !== 'all' || !first || raised.length < raising.length) return [];
  if (raised.some(({ direction }) => direction !== first.direction)) return [];
  const values = raised.map(({ value }) => value);
  return [{ ...first, value: first.direction === 'above' ? Math.max(...values) : Math.min(...values) }];
}

function relative({ config }: Detector): string[] {
  const type = config?.comparisonDelta ? 'percent' : config?.detectionType;
  if (type === 'percent') return ['it compares with an earlier period, and not with a limit'];
  return type === 'dynamic' ? ['it detects anomalies, and has no limit'] : [];
}

const isActive = ({ status }: { readonly status?: string | null | undefined }): boolean =>
  status === undefined || status === null || status === 'active';

/** Why an issue of the detector notifies no recipient. */
function silent(detector: Detector, workflows: readonly Workflow[] | { readonly problem: string }): string[] {
  const ids = detector.workflowIds ?? [];
  if (ids.length === 0) return ['no alert is connected to it'];
  if ('problem' in workflows) return [];
  const connected = workflows.filter((workflow) => ids.includes(workflow.id));
  if (connected.length === 0) return ['the alerts that are connected to it do not exist'];
  const names = connected.map(({ name }) => `"${name}"`).join(', ');
  if (!connected.some((workflow) => workflow.enabled && actionsOf(workflow).some(isActive)))
    return [`the alert that is connected to it, ${names}, is disabled or has no action`];
  const priorities = (detector.conditionGroup?.conditions ?? []).map(({ conditionResult }) => Number(conditionResult));
  return priorities.every((priority) => !(priority > 0) || !notifies(priority, detector, workflows))
    ? [`the alert that is connected to it, ${names}, has a filter for other priorities`]
    : [];
}

const actionsOf = ({ triggers, actionFilters }: Workflow) => [
  ...(triggers?.actions ?? []),
  ...(actionFilters ?? []).flatMap((each) => each.actions ?? []),
];

/** Whether an issue of this priority notifies a recipient, as far as the filters of the workflows decide by it. */
const notifies = (
  priority: number,
  { workflowIds }: Detector,
  workflows: readonly Workflow[] | { readonly problem: string },
): boolean =>
  'problem' in workflows ||
  workflows.some(
    (workflow) =>
      workflow.enabled &&
      (workflowIds ?? []).includes(workflow.id) &&
      ((workflow.triggers?.actions ?? []).some(isActive) ||
        (workflow.actionFilters ?? []).some((each) => (each.actions ?? []).some(isActive) && admits(each, priority))),
  );

/** A condition on anything but the priority may hold. */
function admits({ logicType, conditions }: z.output<typeof filter>, priority: number): boolean {
  const held = (conditions ?? []).map(({ type, comparison }) => {
    if (type === 'issue_priority_greater_or_equal') return priority >= Number(comparison);
    if (type === 'issue_priority_equals') return priority === Number(comparison);
    return type === 'issue_priority_deescalating' ? false : undefined;
  });
  if (logicType === 'none') return !held.includes(true);
  return logicType === 'all' ? !held.includes(false) : held.length === 0 || held.some((each) => each !== false);
}

/** Servers that do not count open issues return the last one. */
function firingOf({ openIssues, latestGroup }: Detector): { readonly firing?: boolean } {
  if (typeof openIssues === 'number') return { firing: openIssues > 0 };
  return latestGroup === undefined ? {} : { firing: latestGroup?.status === 'unresolved' };
}
