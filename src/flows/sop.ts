import { join, resolve } from 'node:path';
import { readNamedFile } from '../config/read-file.ts';
import { parseSopFile, parseTestReport } from '../config/sop-file.ts';
import { UserError } from '../core/errors.ts';
import { type CoveredClause, coverageOf, gapsIn, outcomeOf, type TestReference } from '../core/sop-coverage.ts';
import type { Flow } from './flow.ts';

/** The clause table; with the report of a test run also what became of each test. */
export interface SopTable {
  readonly rows: readonly CoveredClause[];
  /** What a clause lacks, and with a report each test that did not pass. */
  readonly gaps: readonly string[];
  /** The report of the tests, where one was given. */
  readonly results?: string;
}

export const sopFile = 'tests/sop.yaml';

/** Throws UserError for a table or a report that cannot be read. */
export async function sop(options: { readonly results?: string | undefined }, flow: Flow): Promise<SopTable> {
  const rows = coverageOf(parseSopFile(sopFile, await demand(join(flow.projectRoot, sopFile))));
  if (options.results === undefined) return { rows, gaps: gapsIn(rows) };
  const report = resolve(flow.environment.cwd, options.results);
  const outcomes = parseTestReport(report, await demand(report), flow.projectRoot);
  const notPassed = (clause: string, tests: readonly TestReference[]) =>
    tests.flatMap((test) => {
      const outcome = outcomeOf(test, outcomes);
      const what = outcome === 'failed' ? 'failed' : 'did not run';
      return outcome === 'passed' ? [] : [`${clause}: ${test.file} > ${test.title} ${what}`];
    });
  return {
    rows,
    gaps: [...gapsIn(rows), ...rows.flatMap(({ clause, green, red }) => notPassed(clause, [...green, ...red]))],
    results: report,
  };
}

async function demand(path: string): Promise<string> {
  const text = await readNamedFile(path);
  if (text !== undefined) return text;
  throw new UserError(`There is no file ${path}.`, [
    'git status tests',
    'CI=true npx vitest run   writes reports/vitest.json',
  ]);
}
