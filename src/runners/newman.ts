import { dirname, join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { Assertion, JourneyStep, SmokeEvidence, StepStatus, ToolOutcome } from '../core/evidence.ts';
import type { Target } from '../core/target.ts';
import { readJson, removeFile, writeJsonAtomic } from '../system/files.ts';
import { runTool } from '../system/process.ts';
import {
  type ChildExecution,
  type ChildQuestion,
  type ChildReport,
  childReportSchema,
} from './newman-child/contract.ts';
import type { RunnerContext } from './runner.ts';

export interface NewmanQuestion {
  readonly target: Target;
  readonly collection: string;
  readonly environmentFile?: string;
  /** The file through which the tools of a run share their logins; the child's question is put beside it. */
  readonly sessionsFile: string;
  readonly budgetMs: number;
  readonly expectedRelease?: string;
}

const requestTimeoutMs = 15_000;

/** Walks a Postman collection with newman in a process of its own, and tells what happened. Never throws for what it did. */
export async function runNewman(question: NewmanQuestion, context: RunnerContext): Promise<SmokeEvidence> {
  const { target, collection, budgetMs } = question;
  const folder = join(context.runFolder, 'newman');
  const report = join(folder, 'report.json');
  const questionFile = join(dirname(question.sessionsFile), 'newman-question.json');
  // A report of an earlier run must not be taken for this one's.
  await removeFile(report);
  const total = countRequests(await readJson(collection).catch(() => undefined));
  const asked: ChildQuestion = {
    collection,
    ...(question.environmentFile === undefined ? {} : { environmentFile: question.environmentFile }),
    variables: variablesOf(target, question.expectedRelease),
    otp: target.otp,
    report,
    sessionsFile: question.sessionsFile,
    emails: target.users,
    timeoutMs: budgetMs,
    requestTimeoutMs: Math.min(requestTimeoutMs, budgetMs),
  };
  await writeJsonAtomic(questionFile, asked, 0o600);

  let done = 0;
  const outcome = await runTool({
    tool: 'newman',
    version: newmanVersion,
    command: [process.execPath, '--import', 'tsx', join(import.meta.dirname, 'newman-child/main.ts'), questionFile],
    env: context.toolEnv,
    cwd: context.projectRoot,
    stdoutPath: join(folder, 'stdout.log'),
    stderrPath: join(folder, 'stderr.log'),
    timeoutMs: budgetMs,
    signal: context.signal,
    mask: context.mask,
    onLine: (line, stream) => {
      if (stream !== 'stdout') return;
      done += 1;
      context.emit({ type: 'step-progress', step: 'smoke', text: `Postman: ${line}`, done, of: Math.max(total, done) });
    },
  });
  await removeFile(questionFile);
  return readEvidence(outcome, report);
}

/** Pinned in package.json; the child's own word would come too late when it cannot start. */
const newmanVersion = '6.2.2';

function variablesOf({ environment, paths, users, otp }: Target, expectedRelease = ''): Record<string, string> {
  return {
    base_url: environment.api,
    auth_path: paths.auth,
    api_path: paths.api,
    health_path: paths.health.replace(/^\//, ''),
    ready_path: paths.ready.replace(/^\//, ''),
    client_email: users.client,
    freelancer_email: users.freelancer,
    otp_code: otp.from === 'fixed' ? otp.code : '',
    expected_release: expectedRelease,
  };
}

const files = ['newman/report.json', 'newman/stderr.log'];

async function readEvidence(outcome: ToolOutcome, reportFile: string): Promise<SmokeEvidence> {
  const base = { kind: 'smoke' as const, outcome, files };
  const read = await readReport(reportFile);
  if (typeof read === 'string') return { ...base, steps: [], problems: [read] };
  const steps = stepsOf(read);
  const explained = steps.some(({ status }) => status === 'fail' || status === 'rate-limited');
  const problems = [
    ...(read.error === undefined ? [] : [`newman: ${read.error}`]),
    ...(read.items.length === 0 ? ['the collection has no requests'] : []),
    // Whatever newman counts as a failure and no step shows would otherwise be lost.
    ...(read.failures.length > 0 && !explained ? read.failures.map((failure) => `newman: ${failure}`) : []),
  ];
  return { ...base, steps, problems };
}

async function readReport(file: string): Promise<ChildReport | string> {
  try {
    const json = await readJson(file);
    return json === undefined ? 'newman left no report' : childReportSchema.parse(json);
  } catch (error) {
    return `newman's report cannot be read: ${messageOf(error).slice(0, 300)}`;
  }
}

/** One step an execution, and one for every request of the collection that was never sent. */
function stepsOf({ items, executions }: ChildReport): JourneyStep[] {
  const folders = new Map(items.map(({ id, folder }) => [id, folder]));
  const sent = executions
    .filter((execution, index) => !isWaitedOut(execution, executions.slice(index + 1)))
    .map((execution) => stepOf(execution, folders.get(execution.itemId) ?? ''));
  const reached = new Set(executions.map(({ itemId }) => itemId));
  const unsent = items
    .filter(({ id }) => !reached.has(id))
    .map(({ name, folder }): JourneyStep => ({
      name,
      group: folder,
      status: 'not-run',
      durationMs: 0,
      requestIds: [],
      assertions: [],
      attachments: [],
    }));
  return [...sent, ...unsent];
}

/** A 429 after which the same request was sent again is no step of the journey. */
const isWaitedOut = (execution: ChildExecution, later: readonly ChildExecution[]): boolean =>
  execution.status === 429 && later.some(({ itemId }) => itemId === execution.itemId);

function stepOf(execution: ChildExecution, group: string): JourneyStep {
  const error = execution.requestError ?? execution.scriptErrors[0];
  return {
    name: execution.name,
    group,
    status: statusOf(execution),
    startedAt: execution.startedAt,
    durationMs: execution.durationMs,
    method: execution.method,
    url: execution.url,
    ...(execution.status === undefined ? {} : { httpStatus: execution.status }),
    requestIds: execution.requestId === undefined ? [] : [execution.requestId],
    ...(execution.release === undefined ? {} : { release: execution.release }),
    assertions: execution.assertions
      .filter(({ skipped }) => !skipped)
      .map(({ name, ok, message }): Assertion => ({ name, ok, ...(message === undefined ? {} : { message }) })),
    ...(error === undefined ? {} : { error }),
    attachments: [],
  };
}

function statusOf({ status, requestError, scriptErrors, assertions }: ChildExecution): StepStatus {
  const failed =
    requestError !== undefined || scriptErrors.length > 0 || assertions.some(({ ok, skipped }) => !ok && !skipped);
  if (failed) return status === 429 ? 'rate-limited' : 'fail';
  return assertions.some(({ skipped }) => !skipped) ? 'pass' : 'skipped';
}

/** Only for the progress that a person sees; anything unreadable counts nothing. */
function countRequests(collection: unknown): number {
  const { item } = (collection ?? {}) as { item?: unknown };
  if (!Array.isArray(item)) return 0;
  return item.reduce((sum: number, each: unknown) => sum + (hasRequest(each) ? 1 : countRequests(each)), 0);
}

const hasRequest = (item: unknown): boolean => typeof item === 'object' && item !== null && 'request' in item;
