import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import type { Assertion, JourneyStep, StepStatus } from '../core/evidence.ts';
import type { Mask } from '../core/redact.ts';
import { duringTest, foreignOrigins, isWithin, unprovedBy } from './playwright-observed.ts';
import type {
  Observed,
  PlaywrightReport,
  PlaywrightResult,
  PlaywrightStep,
  PlaywrightTest,
} from './playwright-child/contract.ts';
import { notExecuted } from './not-executed.ts';

/** What our own journey records of every answer; other folders have no such annotations, and the observer's lines instead. */
const answerSchema = z.object({
  /** Milliseconds since the epoch. */
  at: z.number(),
  method: z.string(),
  url: z.string(),
  status: z.number(),
  requestId: z.string().optional(),
  release: z.string().optional(),
});
type Answer = z.infer<typeof answerSchema>;

export interface StepContext {
  readonly mask: Mask;
  /** Path of a kept attachment, relative to the run's folder; undefined for what is not kept. */
  readonly keep: (path: string) => string | undefined;
  /** What the workers' requests and pages were answered. */
  readonly observed: readonly Observed[];
  /** The target's. */
  readonly origins: readonly string[];
  /** Of several releases that answered within one step, one other than this is reported. */
  readonly expectedRelease: string | undefined;
  /** Shiproom's own folder, which says why it skips a test. */
  readonly isOwn?: boolean;
}

/** The journey as reported by Playwright: one step for each `test.step`, or for the whole test where it has none. */
export const journeyOf = (report: PlaywrightReport, context: StepContext): JourneyStep[] =>
  report.tests.flatMap((test) => {
    const own = test.result ? duringTest(context.observed, test.result, report) : [];
    return stepsOfTest(test, own, context);
  });

/** Of the tests that passed: what they have not proved, although Playwright counts them as passed. */
export const unprovedTests = (report: PlaywrightReport, observed: readonly Observed[]): string[] =>
  report.tests.flatMap((test) => {
    if (test.result === undefined || statusOf(test) !== 'pass') return [];
    if (test.result.assertions.length === 0) return [`The test "${test.title}" evaluated no expect()`];
    const own = duringTest(observed, test.result, report);
    return unprovedBy(test.result, own).map((why) => `The test "${test.title}": ${why}`);
  });

function stepsOfTest(test: PlaywrightTest, own: readonly Observed[], context: StepContext): JourneyStep[] {
  const { result } = test;
  if (!result) {
    const status = statusOf(test);
    return [{ ...nameOf(test), status, durationMs: 0, requestIds: [], assertions: [], attachments: [] }];
  }
  const reason = context.isOwn && statusOf(test) === 'skipped' ? reasonOf(result) : undefined;
  if (reason?.status === 'not-needed') return [];
  if (reason)
    return [
      {
        ...wholeOf(test, result, reason.status, [], context),
        assertions: [],
        error: cleaner(context.mask)(reason.reason),
      },
    ];
  const [unproved] = statusOf(test) === 'pass' ? unprovedBy(result, own) : [];
  const status = unproved === undefined ? statusOf(test) : 'not-run';
  const answers = answersOf(result, own);
  const attachments = result.attachments.flatMap((path) => context.keep(path) ?? []);
  const steps = status === 'skipped' ? [] : result.steps.map((step) => stepOf(test, step, answers, context));
  // The step that failed has the screenshots.
  const withAttachments = steps.map((step) => (step.status === 'pass' ? step : { ...step, attachments }));
  const explained = status === 'pass' || (status === 'fail' && withAttachments.some((step) => step.status !== 'pass'));
  const complete = withForeign(withAttachments, result.steps, own, context);
  if (complete.length > 0 && explained) return complete;
  // A failure outside of every step (a fixture, a time-out, a retry) must not be lost.
  const whole = wholeOf(test, result, status, answers, context);
  const error = unproved === undefined ? {} : { error: unproved };
  const asked = complete.length > 0 ? [] : foreignOrigins(own, context.origins);
  return [...complete, { ...whole, ...error, ...(asked.length > 0 ? { elsewhere: asked } : {}), attachments }];
}

/** Each step with the foreign origins that it asked; what was asked outside of every step is the first one's. */
function withForeign(
  steps: readonly JourneyStep[],
  spans: readonly PlaywrightStep[],
  own: readonly Observed[],
  { origins }: StepContext,
): JourneyStep[] {
  const outside = own.filter((each) => !spans.some((span) => isWithin(each, span)));
  return steps.map((step, index) => {
    const span = spans[index];
    const within = own.filter((each) => span !== undefined && isWithin(each, span));
    const asked = foreignOrigins(index === 0 ? [...outside, ...within] : within, origins);
    return asked.length > 0 ? { ...step, elsewhere: asked } : step;
  });
}

function wholeOf(
  test: PlaywrightTest,
  result: PlaywrightResult,
  status: StepStatus,
  answers: readonly Answer[],
  context: StepContext,
): JourneyStep {
  const clean = cleaner(context.mask);
  const [error] = result.errors.map(clean);
  return {
    ...nameOf(test),
    status,
    startedAt: new Date(result.startedAt).toISOString(),
    durationMs: result.durationMs,
    ...stepInfo(answers, status, context),
    assertions: result.assertions.map((assertion) => assertionOf(assertion, clean)),
    ...(error === undefined ? {} : { error }),
    attachments: [],
  };
}

function stepOf(
  test: PlaywrightTest,
  step: PlaywrightStep,
  answers: readonly Answer[],
  context: StepContext,
): JourneyStep {
  const clean = cleaner(context.mask);
  const status = step.error === undefined ? 'pass' : isRateLimited(test.result) ? 'rate-limited' : 'fail';
  const own = answers.filter(({ at }) => at >= step.startedAt && at <= step.startedAt + step.durationMs);
  const assertions = step.assertions.map((assertion) => assertionOf(assertion, clean));
  // Playwright's actions wait until they are possible, so a step of actions alone asserts that they could be executed.
  const error = step.error === undefined ? undefined : clean(step.error);
  const possible = { name: 'every action could be executed', ok: !error, ...(error ? { message: error } : {}) };
  return {
    name: step.title,
    group: test.title,
    ...projectOf(test),
    status,
    startedAt: new Date(step.startedAt).toISOString(),
    durationMs: step.durationMs,
    ...stepInfo(own, status, context),
    assertions: assertions.length > 0 ? assertions : [possible],
    ...(error === undefined ? {} : { error }),
    attachments: [],
  };
}

const projectOf = ({ project }: PlaywrightTest) => (project === '' ? {} : { project });
const nameOf = (test: PlaywrightTest) => ({ name: test.title, group: test.group, ...projectOf(test) });

const cleaner = (mask: Mask) => (text: string) => mask(stripVTControlCharacters(text)).slice(0, 2000);

const assertionOf = ({ name, error }: PlaywrightStep['assertions'][number], clean: Mask): Assertion => ({
  name: clean(name),
  ok: error === undefined,
  ...(error === undefined ? {} : { message: reasonIn(clean(error)) }),
});

/** Playwright's messages are pages long; a reader needs the expected and the received value first. */
function reasonIn(message: string): string {
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  const facts = lines
    .filter((line) => /^(Expected|Received)\b.*: /.test(line))
    .map((line) => line.replace(/: +/, ': '));
  return facts.length > 0 ? facts.join(', ') : (lines[0] ?? message).replace(/^Error: /, '');
}

function statusOf({ outcome, expectedStatus, result }: PlaywrightTest): StepStatus {
  // Playwright also counts as skipped what it did not reach: after a failed project, an interruption, a time-out.
  if (!result) return expectedStatus === 'skipped' ? 'skipped' : 'not-run';
  if (result.status === 'interrupted') return 'not-run';
  if (outcome === 'skipped') return 'skipped';
  if (outcome === 'flaky') return 'flaky';
  // A test that is expected to fail, and does, proves nothing about the release.
  if (outcome === 'expected') return result.status === 'passed' ? 'pass' : 'skipped';
  return isRateLimited(result) ? 'rate-limited' : 'fail';
}

/** Our own journey annotates a rate limit that lasted longer than its retries. */
const isRateLimited = (result: PlaywrightResult | undefined): boolean =>
  result?.annotations.some(({ type }) => type === 'rate-limited') ?? false;

/** What our own journey waited for rate limits, in ms. */
export const waitedIn = ({ tests }: PlaywrightReport): number =>
  tests
    .flatMap(({ result }) => result?.annotations ?? [])
    .filter(({ type }) => type === 'rate-limit-wait')
    .reduce((sum, { description }) => sum + (Number.parseInt(description ?? '', 10) || 0), 0);

/** The reason of `test.skip(true, REASON)`. */
const reasonOf = ({ annotations }: PlaywrightResult) =>
  annotations.flatMap(({ type, description }) => (type === 'skip' && notExecuted(description)) || []).at(-1);

function answersOf({ annotations }: PlaywrightResult, observed: readonly Observed[]): Answer[] {
  const annotated = annotations.filter(({ type }) => type === 'answer').map(({ description }) => parse(description));
  return (annotated.length > 0 ? annotated : observed).flatMap((answer) => {
    const parsed = answerSchema.safeParse(answer);
    return parsed.success ? [parsed.data] : [];
  });
}

/** Of several answers, the one that explains the status is shown, and writes before reads. */
function stepInfo(answers: readonly Answer[], status: StepStatus, { expectedRelease }: StepContext) {
  const ranked = answers.toSorted((a, b) => Number(a.method !== 'GET') - Number(b.method !== 'GET'));
  const fitting = (wanted: (httpStatus: number) => boolean) => ranked.findLast((answer) => wanted(answer.status));
  const bad = fitting((code) => code >= 500) ?? (status === 'pass' ? undefined : fitting((code) => code >= 400));
  const shown = bad ?? fitting((code) => code < 400) ?? ranked.at(-1);
  const releases = answers.flatMap((answer) => answer.release ?? []);
  const release = releases.find((name) => name !== expectedRelease) ?? releases[0];
  return {
    ...(shown ? { method: shown.method, url: shown.url, httpStatus: shown.status } : {}),
    ...(release === undefined ? {} : { release }),
    requestIds: answers.flatMap(({ requestId }) => requestId ?? []),
  };
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
