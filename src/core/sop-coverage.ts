import { type ClauseId, clauses } from './sop.ts';
import { checksOf, clauseIds } from './sop-checks.ts';

/** A test of this project: its file, and its title, in which `*` stands for any characters. */
export interface TestReference {
  readonly file: string;
  readonly title: string;
}

/** `green`: shows that the clause is met. `red`: injects the real defect, and what judges the clause does not pass. */
export type ClauseTests = Readonly<Record<'green' | 'red', readonly TestReference[]>>;
export type SopTests = Partial<Readonly<Record<ClauseId, ClauseTests>>>;

/** Every clause that has tests. */
export interface CoveredClause extends ClauseTests {
  readonly clause: ClauseId;
  readonly title: string;
  /** Ids of judgements, and steps of a rollback, that decide the clause. */
  readonly checks: readonly string[];
}

/** What became of the tests of a run; a test that did not run has no outcome. */
export interface TestOutcome {
  readonly file: string;
  /** With the titles of the groups around it: `the gate > passes`. */
  readonly title: string;
  readonly passed: boolean;
}

/** The clause table, in the SOP's order. */
export const coverageOf = (tests: SopTests): CoveredClause[] =>
  clauseIds.map((clause) => ({
    clause,
    title: clauses[clause],
    checks: checksOf(clause),
    green: tests[clause]?.green ?? [],
    red: tests[clause]?.red ?? [],
  }));

/** What a clause lacks, one sentence each. */
export const gapsIn = (rows: readonly CoveredClause[]): string[] =>
  rows.flatMap(({ clause, checks, green, red }) => [
    ...(checks.length === 0 ? [`${clause}: no check judges it`] : []),
    ...(green.length === 0 ? [`${clause}: no test shows it green`] : []),
    ...(red.length === 0 ? [`${clause}: no test shows it red`] : []),
    // A rule of a judge is proved by a unit test; that the defect is found is shown by a process that has it.
    ...[...green, ...red].flatMap(({ file }) =>
      /^tests\/(e2e|contract)\//.test(file) ? [] : [`${clause}: ${file} starts no process`],
    ),
  ]);

/** Whether a test has the title of a reference, alone or with those of its groups. */
export function isTitled({ title }: Pick<TestReference, 'title'>, found: string): boolean {
  const pattern = title.split('*').map(escapePattern).join('.*');
  return new RegExp(`^(?:.* > )?${pattern}$`, 's').test(found);
}

const escapePattern = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);

/** `missing`: no test of that title ran. One that failed in any of its cases has failed. */
export function outcomeOf(reference: TestReference, outcomes: readonly TestOutcome[]): 'passed' | 'failed' | 'missing' {
  const found = outcomes.filter(({ file, title }) => file === reference.file && isTitled(reference, title));
  if (found.length === 0) return 'missing';
  return found.every(({ passed }) => passed) ? 'passed' : 'failed';
}
