import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';
import type { JourneyStep, StepStatus } from '../core/evidence.ts';
import type { Mask } from '../core/redact.ts';
import {
  type PlaywrightReport,
  type PlaywrightSpec,
  type PlaywrightStep,
  type PlaywrightTest,
  specsOf,
} from './playwright-report.ts';

const answerSchema = z.object({
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
}

/** The journey as Playwright's report tells it: one step for each `test.step`, or for the whole test where it has none. */
export function journeyOf(report: PlaywrightReport, context: StepContext): JourneyStep[] {
  return specsOf(report).flatMap((spec) => spec.tests.flatMap((test) => stepsOfTest(spec, test, context)));
}

function stepsOfTest(spec: PlaywrightSpec, test: PlaywrightTest, context: StepContext): JourneyStep[] {
  const last = test.results.at(-1);
  const status = statusOf(test);
  const answers = answersOf(test);
  const release = answers.map((answer) => answer.release).find((name) => name !== undefined);
  const common = { group: spec.title, ...(test.projectName === '' ? {} : { project: test.projectName }) };
  const clean = (text: string) => context.mask(stripVTControlCharacters(text)).slice(0, 2000);
  const attachments = (last?.attachments ?? []).flatMap(({ path }) =>
    path === undefined ? [] : (context.keep(path) ?? []),
  );
  const errors = (last?.errors ?? []).map(({ message }) => clean(message ?? 'failed without a message'));
  const whole: JourneyStep = {
    ...common,
    name: spec.title,
    status,
    durationMs: last?.duration ?? 0,
    ...(last?.startTime === undefined ? {} : { startedAt: last.startTime }),
    requestIds: answers.flatMap(({ requestId }) => requestId ?? []),
    ...(release === undefined ? {} : { release }),
    ...worst(answers),
    assertions:
      status === 'pass' || status === 'fail'
        ? [{ name: spec.title, ok: status === 'pass', ...(errors[0] ? { message: errors[0] } : {}) }]
        : [],
    ...(errors[0] === undefined ? {} : { error: errors[0] }),
    attachments,
  };
  const told = (last?.steps ?? []).map((step) => stepOf(step, common, clean));
  if (told.length === 0) return [whole];
  // What failed outside of every step (a fixture, a soft assertion, the time) must not be lost between them.
  const explained = told.some((step) => step.status === 'fail');
  if (status === 'pass')
    return [
      ...told.slice(0, -1),
      { ...(told.at(-1) as JourneyStep), requestIds: whole.requestIds, ...(release === undefined ? {} : { release }) },
    ];
  if (status === 'fail' && explained)
    return told.map((step) =>
      step.status === 'fail' ? { ...whole, ...step, requestIds: whole.requestIds, attachments } : step,
    );
  return [...told, whole];
}

function stepOf(
  step: PlaywrightStep,
  common: Pick<JourneyStep, 'group' | 'project'>,
  clean: (text: string) => string,
): JourneyStep {
  const message = step.error === undefined ? undefined : clean(step.error.message ?? 'failed without a message');
  return {
    ...common,
    name: step.title,
    status: message === undefined ? 'pass' : message.includes(rateLimitWords) ? 'rate-limited' : 'fail',
    durationMs: step.duration,
    requestIds: [],
    assertions: [{ name: step.title, ok: message === undefined, ...(message === undefined ? {} : { message }) }],
    ...(message === undefined ? {} : { error: message }),
    attachments: [],
  };
}

/** How our own journey says that a rate limit outlasted its patience. */
const rateLimitWords = 'RATE LIMITED';

function statusOf({ status, expectedStatus, results }: PlaywrightTest): StepStatus {
  const last = results.at(-1);
  // Playwright counts as skipped also what it never came to: a project that failed before, an interruption, no time left.
  if (status === 'skipped') return expectedStatus === 'skipped' ? 'skipped' : 'not-run';
  if (last?.status === 'interrupted' || last === undefined) return 'not-run';
  if (status === 'flaky') return 'flaky';
  // A test that is expected to fail, and does, has shown nothing about the release.
  if (status === 'expected') return last.status === 'passed' ? 'pass' : 'skipped';
  return last.errors.some(({ message }) => message?.includes(rateLimitWords)) ? 'rate-limited' : 'fail';
}

function answersOf({ annotations }: PlaywrightTest): Answer[] {
  return annotations
    .filter(({ type }) => type === 'answer')
    .flatMap(({ description }) => {
      const parsed = answerSchema.safeParse(parse(description));
      return parsed.success ? [parsed.data] : [];
    });
}

/** The last server error among the answers is what a reader wants to follow. */
function worst(answers: readonly Answer[]): Pick<JourneyStep, 'method' | 'url' | 'httpStatus'> {
  const found = answers.findLast(({ status }) => status >= 500) ?? answers.at(-1);
  return found ? { method: found.method, url: found.url, httpStatus: found.status } : {};
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
