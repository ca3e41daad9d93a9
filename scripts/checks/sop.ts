import { isTitled, type CoveredClause } from '../../src/core/sop-coverage.ts';
import { sopChecks, sopSteps } from '../../src/core/sop-checks.ts';
import type { JudgedId } from './judgements.ts';

/** Whether a pattern of the code (`stage-*.*`) and one of the table (`stage-*.ready`) may be the same id. */
const mayBe = (pattern: string, id: string): boolean =>
  isTitled({ title: pattern }, id.replaceAll('*', 'x')) || isTitled({ title: id }, pattern.replaceAll('*', 'x'));

/** How the ids of src/core/sop-checks.ts and those of the code differ, one sentence each. */
export function checkIds(judged: readonly JudgedId[]): string[] {
  const table = Object.entries(sopChecks);
  const checks = judged.filter(({ isStep }) => !isStep);
  const unknown = checks.flatMap(({ id, clauses, place }) => {
    if (clauses === undefined && id === 'calendar.freeze') return [];
    const known = table.filter(([each]) => mayBe(id, each));
    if (known.length === 0) return [`${place}: ${id} is missing in src/core/sop-checks.ts`];
    const named = new Set<string>(known.flatMap(([, own]) => own));
    return (clauses ?? []).flatMap((clause) =>
      named.has(clause) ? [] : [`${place}: ${id} judges ${clause}, and src/core/sop-checks.ts does not have it`],
    );
  });
  const unproduced = table.flatMap(([id, own]) => {
    const producers = checks.filter((each) => mayBe(each.id, id));
    if (producers.length === 0) return [`src/core/sop-checks.ts: no judge produces ${id}`];
    if (producers.some(({ clauses }) => clauses === undefined)) return [];
    const produced = new Set(producers.flatMap(({ clauses = [] }) => clauses));
    return own.flatMap((clause) =>
      produced.has(clause) ? [] : [`src/core/sop-checks.ts: ${id} does not judge ${clause}`],
    );
  });
  return [...unknown, ...unproduced, ...checkSteps(judged.filter(({ isStep }) => isStep))];
}

/** Steps of a rollback: those of clause 4.2. */
function checkSteps(steps: readonly JudgedId[]): string[] {
  const rollback = steps.filter(({ clauses = [] }) => clauses.some((clause) => clause.startsWith('4.2.')));
  const isSame = (step: JudgedId, id: string, clause: string): boolean =>
    mayBe(step.id, id) && step.clauses?.includes(clause) === true;
  const table = Object.entries(sopSteps);
  return [
    ...rollback.flatMap((step) =>
      table.some(([id, clause]) => isSame(step, id, clause))
        ? []
        : [`${step.place}: step ${step.id} is missing in src/core/sop-checks.ts`],
    ),
    ...table.flatMap(([id, clause]) =>
      rollback.some((step) => isSame(step, id, clause)) ? [] : [`src/core/sop-checks.ts: no step ${id} of ${clause}`],
    ),
  ];
}

/** The tests of a file, and what a table of its cases may be filled with: its text, and those of the files that it imports. */
export interface TestFile {
  readonly titles: readonly string[];
  readonly text: string;
}

/** References to tests that do not exist, one sentence each; `fileOf` is undefined for a file that does not. */
export function missingTests(rows: readonly CoveredClause[], fileOf: (path: string) => TestFile | undefined): string[] {
  return rows.flatMap(({ clause, green, red }) =>
    [...green, ...red].flatMap(({ file: path, title }) => {
      const file = fileOf(path);
      if (!file) return [`${clause}: there is no file ${path}`];
      return file.titles.some((each) => isTest(each, title, file.text))
        ? []
        : [`${clause}: ${path} has no test "${title}"`];
    }),
  );
}

/** Whether the title is that of a test, alone or with its groups; the case of a table is named somewhere in the text. */
function isTest(found: string, title: string, text: string): boolean {
  if (isTitled({ title }, found.replaceAll('*', 'x'))) return true;
  const groups = found.split(' > ');
  return groups.some((_, index) => {
    const filled = filledIn(groups.slice(index).join(' > '), title);
    return filled?.every((each) => each.includes('*') || text.includes(each)) ?? false;
  });
}

/** What stands in the place of each `*` of a pattern; undefined where the title does not have it. */
function filledIn(pattern: string, title: string): string[] | undefined {
  const parts = pattern.split('*').map((each) => each.replaceAll(/[$()+.?[\\\]^{|}]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('(.*)')}$`, 's').exec(title)?.slice(1);
}
