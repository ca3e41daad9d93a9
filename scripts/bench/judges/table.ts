import type { Comparison, Outcome } from './compare.ts';

type CellOf = (outcome: Outcome, comparison: Comparison) => string;

/** Scenarios as rows, judges as columns, and further columns after them. */
export function table({
  comparisons,
  columns,
  cell,
  more = {},
}: {
  readonly comparisons: readonly Comparison[];
  readonly columns: readonly string[];
  readonly cell: CellOf;
  readonly more?: Readonly<Record<string, (comparison: Comparison) => string>>;
}): string {
  const header = ['', ...columns, ...Object.keys(more)];
  const rows = comparisons.map((comparison) => [
    comparison.scenario.name,
    ...columns.map((name) => {
      const outcome = comparison.outcomes[name];
      return outcome ? cell(outcome, comparison) : '';
    }),
    ...Object.values(more).map((column) => column(comparison)),
  ]);
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all
    .map((row) =>
      row
        .map((text, column) => (column === 0 ? text.padEnd(widths[0] ?? 0) : text.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

/** Healthy: false rollbacks. Otherwise: how many were missed, and how many rolled back before there was a defect. */
export const describeRollbacks: CellOf = ({ releases, rolledBack, early }, { scenario }) => {
  if (scenario.healthy) return `${rolledBack + early} of ${releases}`;
  const missed = releases - rolledBack - early;
  const notes = [...(missed > 0 ? [`${missed} missed`] : []), ...(early > 0 ? [`${early} early`] : [])];
  return notes.length === 0 ? 'all' : notes.join(', ');
};

export const timeToRollback: CellOf = ({ seconds }) =>
  seconds.length === 0 ? '-' : `${quantile(seconds, 0.5)} / ${quantile(seconds, 0.95)}`;

export const failedUntilThen: CellOf = ({ failed }) => (failed.length === 0 ? '-' : String(quantile(failed, 0.5)));

/** Of ascending values: the smallest that at least this fraction of them do not exceed. */
const quantile = (ascending: readonly number[], fraction: number): number =>
  ascending[Math.max(0, Math.ceil(fraction * ascending.length) - 1)] ?? Number.NaN;
