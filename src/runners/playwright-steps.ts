import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import type { Assertion, JourneyStep, StepStatus } from '../core/evidence.ts';
import type { Mask } from '../core/redact.ts';
import type {
  PlaywrightReport,
  PlaywrightResult,
  PlaywrightStep,
  PlaywrightTest,
} from './playwright-child/contract.ts';
import { notExecuted } from './not-executed.ts';

/** What our own journey records of every answer; other folders have no such annotations. */
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
  /** Of several releases that answered within one step, one other than this is reported. */
  readonly expectedRelease: string | undefined;
  /** Shiproom's own folder, which says why it skips a test. */
  readonly isOwn?: boolean;
}

/** The journey as reported by Playwright: one step for each `test.step`, or for the whole test where it has none. */
export const journeyOf = ({ tests }: PlaywrightReport, context: StepContext): JourneyStep[] =>
  tests.flatMap((test) => stepsOfTest(test, context));

/** Names of the tests that passed and evaluated no `expect`, which proves nothing. */
export const testsWithoutAssertions = ({ tests }: PlaywrightReport): string[] =>
  tests.filter((test) => statusOf(test) === 'pass' && test.result?.assertions.length === 0).map(({ title }) => title);

function stepsOfTest(test: PlaywrightTest, context: StepContext): JourneyStep[] {
  const { result } = test;
  const status = statusOf(test);
  if (!result) return [{ ...nameOf(test), status, durationMs: 0, requestIds: [], assertions: [], attachments: [] }];
  const reason = context.isOwn && status === 'skipped' ? reasonOf(result) : undefined;
  if (reason?.status === 'not-needed') return [];
  if (reason)
    return [
      {
        ...wholeOf(test, result, reason.status, [], context),
        assertions: [],
        error: cleaner(context.mask)(reason.reason),
      },
    ];
  const answers = answersOf(result);
  const attachments = result.attachments.flatMap((path) => context.keep(path) ?? []);
  const steps = status === 'skipped' ? [] : result.steps.map((step) => stepOf(test, step, answers, context));
  // The step that failed has the screenshots.
  const withAttachments = steps.map((step) => (step.status === 'pass' ? step : { ...step, attachments }));
  const explained = status === 'pass' || (status === 'fail' && withAttachments.some((step) => step.status !== 'pass'));
  if (withAttachments.length > 0 && explained) return withAttachments;
  // A failure outside of every step (a fixture, a time-out, a retry) must not be lost.
  return [...withAttachments, { ...wholeOf(test, result, status, answers, context), attachments }];
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

/** The reason of `test.skip(true, REASON)`. */
const reasonOf = ({ annotations }: PlaywrightResult) =>
  annotations.flatMap(({ type, description }) => (type === 'skip' && notExecuted(description)) || []).at(-1);

const answersOf = ({ annotations }: PlaywrightResult): Answer[] =>
  annotations
    .filter(({ type }) => type === 'answer')
    .flatMap(({ description }) => {
      const parsed = answerSchema.safeParse(parse(description));
      return parsed.success ? [parsed.data] : [];
    });

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
