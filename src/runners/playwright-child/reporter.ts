import { basename, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { FullConfig, Reporter, Suite, TestCase, TestError, TestResult, TestStep } from '@playwright/test/reporter';
import { writeJsonAtomic } from '../../system/files.ts';
import type { PlaywrightReport, PlaywrightResult, PlaywrightStep, PlaywrightTest } from './contract.ts';

/** Runs inside of Playwright: prints progress on stdout, and writes the report when the run has ended. */
export default class EvidenceReporter implements Reporter {
  readonly #errors: string[] = [];
  readonly #ended = new Set<TestCase>();
  #root: Suite | undefined;
  #folder = '';
  #written: Promise<void> = Promise.resolve();

  printsToStdio(): boolean {
    return true;
  }

  onBegin({ rootDir }: FullConfig, root: Suite): void {
    this.#root = root;
    this.#folder = rootDir;
    void this.#write(stopped);
  }

  onError(error: TestError): void {
    this.#errors.push(textOf(error));
    print(textOf(error));
  }

  /** What a test writes about a wait for a rate limit; a test's other output is its own. */
  onStdOut(chunk: string | Buffer): void {
    for (const line of String(chunk).split('\n')) if (line.startsWith('~ ')) print(line);
  }

  onStepEnd(test: TestCase, _result: TestResult, step: TestStep): void {
    if (!isOutermost(step)) return;
    print(`${step.error ? '✘' : '✔'} ${projectOf(test)}${step.title}`);
  }

  onTestEnd(test: TestCase, { status, errors }: TestResult): void {
    this.#ended.add(test);
    void this.#write(stopped);
    print(`${status}: ${projectOf(test)}${test.title}`);
    for (const error of errors) print(error.stack ?? textOf(error));
  }

  async onEnd(): Promise<void> {
    await this.#write([]);
  }

  #write(problems: readonly string[]): Promise<void> {
    const tests = this.#root?.allTests() ?? [];
    const report: PlaywrightReport = {
      errors: [...this.#errors, ...problems],
      tests: tests.map((test) => describeTest(test, { folder: this.#folder, ended: this.#ended.has(test) })),
    };
    // oxlint-disable-next-line node/no-process-env -- a reporter has no other way to get a setting
    const path = process.env['SHIPROOM_PLAYWRIGHT_REPORT'];
    if (path === undefined) throw new Error('SHIPROOM_PLAYWRIGHT_REPORT is not set: it names the file of the report');
    this.#written = this.#written.then(() => writeJsonAtomic(path, report, 0o600));
    return this.#written;
  }
}

/** A run that is killed writes nothing at its end; what it had written before is left, with this. */
const stopped = ['Playwright was stopped before it completed'];
const print = (text: string): void => void process.stdout.write(`${stripVTControlCharacters(text)}\n`);
const textOf = ({ message, value }: TestError): string => message ?? value ?? 'an error without a message';

function projectOf(test: TestCase): string {
  const name = test.parent.project()?.name ?? '';
  return name === '' ? '' : `[${name}] `;
}

/** Playwright keeps the focus in a property that its types do not have. */
const isFocused = (item: TestCase | Suite): boolean =>
  // oxlint-disable-next-line no-underscore-dangle -- as above
  (item as { readonly _only?: boolean })._only === true || (item.parent !== undefined && isFocused(item.parent));

function describeTest(
  test: TestCase,
  { folder, ended }: { readonly folder: string; readonly ended: boolean },
): PlaywrightTest {
  const last = test.results.at(-1);
  // The first two titles are the root's, which is empty, and the project's.
  const [file = '', ...blocks] = test.titlePath().slice(2, -1);
  return {
    title: test.title,
    group: [basename(file), ...blocks].join(' › '),
    project: test.parent.project()?.name ?? '',
    outcome: test.outcome(),
    expectedStatus: test.expectedStatus,
    file: relative(folder, test.location.file),
    line: test.location.line,
    focused: isFocused(test),
    ...(last ? { result: describeResult(ended ? last : { ...last, status: 'interrupted' }) } : {}),
  };
}

function describeResult(result: TestResult): PlaywrightResult {
  return {
    status: result.status,
    startedAt: result.startTime.getTime(),
    durationMs: result.duration,
    errors: result.errors.map(textOf),
    steps: result.steps.flatMap(outermost).map(describeStep),
    assertions: result.steps.flatMap(assertionsOf),
    annotations: result.annotations.map(({ type, description }) => ({
      type,
      ...(description === undefined ? {} : { description }),
    })),
    attachments: result.attachments.flatMap(({ path }) => path ?? []),
    workerIndex: result.workerIndex,
  };
}

const describeStep = (step: TestStep): PlaywrightStep => ({
  title: step.title,
  startedAt: step.startTime.getTime(),
  durationMs: step.duration,
  ...(step.error ? { error: textOf(step.error) } : {}),
  assertions: assertionsOf(step),
});

/** Playwright sets the duration at the end; an expectation that nobody awaits ends with its test, or with its page. */
const isOpen = ({ duration, error }: TestStep): boolean =>
  duration < 0 || /Test ended\.|has been closed/.test(error?.message ?? '');

const isOutermost = (step: TestStep): boolean => {
  if (step.category !== 'test.step') return false;
  for (let above = step.parent; above; above = above.parent) if (above.category === 'test.step') return false;
  return true;
};

const outermost = (step: TestStep): TestStep[] =>
  step.category === 'test.step' ? [step] : step.steps.flatMap(outermost);

const assertionsOf = (step: TestStep): PlaywrightStep['assertions'] =>
  step.category === 'expect'
    ? [
        {
          name: step.title,
          ...(step.error ? { error: textOf(step.error) } : {}),
          ...(isOpen(step) ? { open: true } : {}),
        },
      ]
    : step.steps.flatMap(assertionsOf);
