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

/** What our own journey notes of every answer that it got; other folders have no such notes. */
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
  /** Among several releases that answered within one step, another one than this is what has to be told. */
  readonly expectedRelease: string | undefined;
}

/** The journey as Playwright told it: one step for each `test.step`, or for the whole test where it has none. */
export const journeyOf = ({ tests }: PlaywrightReport, context: StepContext): JourneyStep[] =>
  tests.flatMap((test) => stepsOfTest(test, context));

/** Tests that passed and evaluated no `expect` have shown nothing; their names. */
export const testsWithoutAssertions = ({ tests }: PlaywrightReport): string[] =>
  tests.filter((test) => statusOf(test) === 'pass' && test.result?.assertions.length === 0).map(({ title }) => title);

function stepsOfTest(test: PlaywrightTest, context: StepContext): JourneyStep[] {
  const { result } = test;
  const status = statusOf(test);
  if (!result) return [{ ...nameOf(test), status, durationMs: 0, requestIds: [], assertions: [], attachments: [] }];
  const answers = answersOf(result);
  const attachments = result.attachments.flatMap((path) => context.keep(path) ?? []);
  const steps = status === 'skipped' ? [] : result.steps.map((step) => stepOf(test, step, answers, context));
  // Who failed has the pictures.
  const told = steps.map((step) => (step.status === 'pass' ? step : { ...step, attachments }));
  const explained = status === 'pass' || (status === 'fail' && told.some((step) => step.status !== 'pass'));
  if (told.length > 0 && explained) return told;
  // What befell the test outside of every step (a fixture, the time, a second try) must not be lost between them.
  return [...told, { ...wholeOf(test, result, status, answers, context), attachments }];
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
  // Playwright's acts wait until they are possible, so a step of acts alone asserts that it could be done.
  const error = step.error === undefined ? undefined : clean(step.error);
  const possible = { name: 'everything in it could be done', ok: !error, ...(error ? { message: error } : {}) };
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

/** Playwright's messages are pages long; what was expected and what came are what a reader needs first. */
function reasonIn(message: string): string {
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  const facts = lines
    .filter((line) => /^(Expected|Received)\b.*: /.test(line))
    .map((line) => line.replace(/: +/, ': '));
  return facts.length > 0 ? facts.join(', ') : (lines[0] ?? message).replace(/^Error: /, '');
}

function statusOf({ outcome, expectedStatus, result }: PlaywrightTest): StepStatus {
  // Playwright counts as skipped also what it never came to: a project that failed before, an interruption, no time left.
  if (!result) return expectedStatus === 'skipped' ? 'skipped' : 'not-run';
  if (result.status === 'interrupted') return 'not-run';
  if (outcome === 'skipped') return 'skipped';
  if (outcome === 'flaky') return 'flaky';
  // A test that is expected to fail, and does, has shown nothing about the release.
  if (outcome === 'expected') return result.status === 'passed' ? 'pass' : 'skipped';
  return isRateLimited(result) ? 'rate-limited' : 'fail';
}

/** Our own journey says so when a rate limit outlasted its patience. */
const isRateLimited = (result: PlaywrightResult | undefined): boolean =>
  result?.annotations.some(({ type }) => type === 'rate-limited') ?? false;

const answersOf = ({ annotations }: PlaywrightResult): Answer[] =>
  annotations
    .filter(({ type }) => type === 'answer')
    .flatMap(({ description }) => {
      const parsed = answerSchema.safeParse(parse(description));
      return parsed.success ? [parsed.data] : [];
    });

/** Of several answers, a reader wants to follow the one that explains the status; what was done before what was only read. */
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
