import type { JourneyStep, StepStatus } from '../core/evidence.ts';
import { elsewhere } from '../core/origins.ts';
import type { ChildExecution, ChildReport } from './newman-child/contract.ts';
import { type NotExecuted, notExecuted } from './not-executed.ts';

export interface StepContext {
  /** Whether the contract limits how often this address may be asked, so that a 429 may be the suite's own doing. */
  readonly isLimited: (url: string) => boolean;
  /** The target's. */
  readonly origins: readonly string[];
  /** Shiproom's own collection, which says why it skips a request. */
  readonly isOwn?: boolean;
}

/** One step for each execution, and one for each request of the collection that was never executed. */
export function stepsOf({ items, executions }: ChildReport, context: StepContext): JourneyStep[] {
  const names = new Map(items.map((item) => [item.id, item]));
  const reached = new Set(executions.map(({ itemId }) => itemId));
  const executed = executions
    .filter((execution, index) => !isWaitedOut(execution, executions.slice(index + 1), context))
    .reduce<JourneyStep[]>((steps, execution) => {
      const failedBefore = steps.some(({ status }) => status === 'fail');
      const step = stepOf(execution, names.get(execution.itemId), { ...context, failedBefore });
      const reason = context.isOwn ? reasonIn(execution) : undefined;
      if (reason?.status === 'not-needed') return steps;
      return [...steps, reason ? { ...step, status: reason.status, error: reason.reason } : step];
    }, []);
  return [...excuseAfterLimit(executed), ...items.filter(({ id }) => !reached.has(id)).map(unreached)];
}

/** Why Shiproom's own collection did not send a request. */
const reasonIn = (execution: ChildExecution): NotExecuted | undefined =>
  execution.status !== undefined || hasFailed(execution)
    ? undefined
    : execution.assertions.flatMap(({ name, skipped }) => (skipped && notExecuted(name)) || []).at(0);

/** Why the steps may not be believed, besides what they show themselves. */
export function problemsOf(report: ChildReport, steps: readonly JourneyStep[]): string[] {
  const { items, executions, failures, problems } = report;
  const names = new Map(items.map(({ id, name }) => [id, name]));
  const nameOf = ({ itemId }: ChildExecution) => `"${names.get(itemId)}"`;
  const silent = executions.filter(({ status, assertions }) => status !== undefined && assertions.length === 0);
  const explained =
    steps.some(({ status }) => status === 'fail' || status === 'rate-limited') ||
    executions.some(({ unfilled }) => unfilled.length > 0);
  return [
    ...problems,
    ...(items.length === 0 && problems.length === 0 ? ['the collection has no requests'] : []),
    ...silent
      .filter(({ scriptErrors }) => scriptErrors.length === 0)
      .map((execution) => `${nameOf(execution)} asserts nothing`),
    ...new Set(executions.flatMap((each) => each.notes.map((note) => `${nameOf(each)}: the test ${note}`))),
    ...withoutValue(executions, steps).map((each) => `${nameOf(each)} sent ${unfilledOf(each)}, which has no value`),
    // A failure that newman counts and no step shows would otherwise be lost.
    ...(explained ? [] : failures.map((failure) => `newman: ${failure}`)),
  ];
}

/** After a failed step a variable that it would have set is a consequence; before one it is a fault of the collection. */
function withoutValue(executions: readonly ChildExecution[], steps: readonly JourneyStep[]): ChildExecution[] {
  const failed = steps.find(({ status }) => status === 'fail')?.startedAt;
  return executions.filter((each) => each.unfilled.length > 0 && (failed === undefined || each.startedAt < failed));
}

const unfilledOf = ({ unfilled: names }: Pick<ChildExecution, 'unfilled'>): string =>
  names.map((name) => `{{${name}}}`).join(', ');

/** A 429 after which the same request was sent again is not a step of the journey. */
const isWaitedOut = (execution: ChildExecution, later: readonly ChildExecution[], context: StepContext): boolean =>
  isOfLimit(execution, context) && !hasFailed(execution) && later.some(({ itemId }) => itemId === execution.itemId);

/** A 429 that the suite's own requests may have caused. */
const isOfLimit = ({ status, url, limited }: ChildExecution, { isLimited }: StepContext): boolean =>
  status === 429 && (limited === true || isLimited(url));

const hasFailed = ({ requestError, scriptErrors, assertions }: ChildExecution): boolean =>
  requestError !== undefined || scriptErrors.length > 0 || assertions.some(({ ok, skipped }) => !ok && !skipped);

function statusOf(execution: ChildExecution, context: StepContext): StepStatus {
  const { assertions } = execution;
  // Sent with `{{name}}` in it, the request was not the one that the journey means.
  if (hasFailed(execution) && execution.unfilled.length > 0) return 'not-run';
  if (hasFailed(execution)) return isOfLimit(execution, context) ? 'rate-limited' : 'fail';
  return assertions.length === 0 || assertions.some(({ skipped }) => skipped) ? 'skipped' : 'pass';
}

/** Without a login nothing else can succeed, so a failure after a rate limit proves nothing about the release. */
function excuseAfterLimit(steps: readonly JourneyStep[]): JourneyStep[] {
  const limited = steps.findIndex(({ status }) => status === 'rate-limited');
  if (limited < 0) return [...steps];
  return steps.map((step, index) =>
    index > limited && step.status === 'fail' ? { ...step, status: 'not-run' } : step,
  );
}

type Item = ChildReport['items'][number];

function stepOf(
  execution: ChildExecution,
  item: Item | undefined,
  context: StepContext & { readonly failedBefore: boolean },
): JourneyStep {
  const { status, requestId, release, tries } = execution;
  const stepStatus = statusOf(execution, context);
  const error = errorOf(execution, stepStatus, context.failedBefore);
  const foreign = elsewhere(execution.origins, context.origins);
  return {
    name: item?.name ?? '',
    group: item?.folder ?? '',
    status: stepStatus,
    startedAt: execution.startedAt,
    durationMs: execution.durationMs,
    method: execution.method,
    url: execution.url,
    ...(status === undefined ? {} : { httpStatus: status }),
    requestIds: requestId === undefined ? [] : [requestId],
    ...(release === undefined ? {} : { release }),
    ...(tries > 1 ? { tries } : {}),
    ...(foreign.length > 0 ? { elsewhere: foreign } : {}),
    assertions: execution.assertions
      .filter(({ skipped }) => !skipped)
      .map(({ name, ok, message }) => ({ name, ok, ...(message === undefined ? {} : { message }) })),
    ...(error === undefined ? {} : { error }),
    attachments: [],
  };
}

function errorOf(execution: ChildExecution, status: StepStatus, failedBefore: boolean): string | undefined {
  if (status !== 'not-run') return execution.requestError ?? execution.scriptErrors[0];
  return `${unfilledOf(execution)} has no value${failedBefore ? ', because an earlier step failed' : ''}`;
}

const unreached = ({ name, folder }: Item): JourneyStep => ({
  name,
  group: folder,
  status: 'not-run',
  durationMs: 0,
  requestIds: [],
  assertions: [],
  attachments: [],
});
