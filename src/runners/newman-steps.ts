import type { JourneyStep, StepStatus } from '../core/evidence.ts';
import type { ChildExecution, ChildReport } from './newman-child/contract.ts';

/** Whether the contract limits how often this address may be asked, so that a 429 may be the suite's own doing. */
export type IsLimited = (url: string) => boolean;

/** One step for each execution, and one for each request of the collection that was never executed. */
export function stepsOf({ items, executions }: ChildReport, isLimited: IsLimited): JourneyStep[] {
  const names = new Map(items.map((item) => [item.id, item]));
  const reached = new Set(executions.map(({ itemId }) => itemId));
  const executed = executions
    .filter((execution, index) => !isWaitedOut(execution, executions.slice(index + 1), isLimited))
    .map((execution) => stepOf(execution, names.get(execution.itemId), isLimited));
  return [...excuseAfterLimit(executed), ...items.filter(({ id }) => !reached.has(id)).map(unreached)];
}

/** Why the steps may not be believed, besides what they show themselves. */
export function problemsOf(report: ChildReport, steps: readonly JourneyStep[]): string[] {
  const { items, executions, failures, problems } = report;
  const names = new Map(items.map(({ id, name }) => [id, name]));
  const silent = executions.filter(({ status, assertions }) => status !== undefined && assertions.length === 0);
  const explained = steps.some(({ status }) => status === 'fail' || status === 'rate-limited');
  return [
    ...problems,
    ...(items.length === 0 && problems.length === 0 ? ['the collection has no requests'] : []),
    ...silent
      .filter(({ scriptErrors }) => scriptErrors.length === 0)
      .map(({ itemId }) => `"${names.get(itemId)}" asserts nothing`),
    // A failure that newman counts and no step shows would otherwise be lost.
    ...(explained ? [] : failures.map((failure) => `newman: ${failure}`)),
  ];
}

/** A 429 after which the same request was sent again is not a step of the journey. */
const isWaitedOut = (execution: ChildExecution, later: readonly ChildExecution[], isLimited: IsLimited): boolean =>
  execution.status === 429 &&
  isLimited(execution.url) &&
  !hasFailed(execution) &&
  later.some(({ itemId }) => itemId === execution.itemId);

const hasFailed = ({ requestError, scriptErrors, assertions }: ChildExecution): boolean =>
  requestError !== undefined || scriptErrors.length > 0 || assertions.some(({ ok, skipped }) => !ok && !skipped);

function statusOf(execution: ChildExecution, isLimited: IsLimited): StepStatus {
  const { status, url, assertions } = execution;
  if (hasFailed(execution)) return status === 429 && isLimited(url) ? 'rate-limited' : 'fail';
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

function stepOf(execution: ChildExecution, item: Item | undefined, isLimited: IsLimited): JourneyStep {
  const { status, requestId, release, requestError, scriptErrors } = execution;
  const error = requestError ?? scriptErrors[0];
  return {
    name: item?.name ?? '',
    group: item?.folder ?? '',
    status: statusOf(execution, isLimited),
    startedAt: execution.startedAt,
    durationMs: execution.durationMs,
    method: execution.method,
    url: execution.url,
    ...(status === undefined ? {} : { httpStatus: status }),
    requestIds: requestId === undefined ? [] : [requestId],
    ...(release === undefined ? {} : { release }),
    assertions: execution.assertions
      .filter(({ skipped }) => !skipped)
      .map(({ name, ok, message }) => ({ name, ok, ...(message === undefined ? {} : { message }) })),
    ...(error === undefined ? {} : { error }),
    attachments: [],
  };
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
