import { z } from 'zod';
import { type Format, jsonValuesIn } from './format.ts';

const count = z.int().min(0);
const reportSchema = z.object({
  success: z.boolean(),
  numTotalTests: count,
  numPassedTests: count,
  numFailedTests: count,
  numPendingTests: count,
  numTodoTests: count.default(0),
  /** Files that could not be loaded: they have no tests. */
  numFailedTestSuites: count,
  testResults: z.array(
    z.object({
      name: z.string().default(''),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});
type Report = z.output<typeof reportSchema>;

/** `jest --json` and `vitest run --reporter=json`. */
export const jestJson: Format = {
  endings: [],
  read: ({ stdout }) => {
    const reports = jsonValuesIn(stdout).flatMap((value) => {
      const parsed = reportSchema.safeParse(value);
      return parsed.success ? [parsed.data] : [];
    });
    if (reports.length === 0) return { problem: 'its output holds no report of Jest or Vitest in JSON' };
    if (reports.some((report) => !report.success && failuresOf(report) === 0))
      return { problem: 'it did not succeed, and no test failed' };
    const first = reports.map(firstFailure).find((each) => each !== undefined);
    return {
      ran: sum(reports, (report) => report.numPassedTests + report.numFailedTests),
      failed: sum(reports, failuresOf),
      skipped: sum(reports, (report) => report.numPendingTests + report.numTodoTests),
      ...(first === undefined ? {} : { firstFailure: first }),
    };
  },
};

const sum = (reports: readonly Report[], numberOf: (report: Report) => number): number =>
  reports.reduce((total, report) => total + numberOf(report), 0);

/** Failed tests, and files that could not be loaded. */
const failuresOf = ({ numFailedTests, testResults }: Report): number =>
  numFailedTests +
  testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((each) => each.status !== 'failed'),
  ).length;

function firstFailure({ testResults }: Report): string | undefined {
  for (const { name, status, message, assertionResults } of testResults) {
    const failed = assertionResults.find((each) => each.status === 'failed');
    if (failed) return `${failed.fullName}: ${lineOf(failed.failureMessages?.[0] ?? message)}`;
    if (status === 'failed') return `${name}: ${lineOf(message)}`;
  }
  return undefined;
}

/** The first line that says something; Jest begins with a bullet and an empty line. */
const lineOf = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '' && !line.startsWith('●')) ?? '';
