import type { Cell, Second } from './traffic.ts';

/** The second at the end of which a release is rolled back; null where it never is. */
export type Judge = (release: readonly Second[]) => number | null;

export interface Poller {
  readonly everySeconds: number;
  /** Failed checks over the whole release that roll it back. */
  readonly failures: number;
  /** Seconds before the first interval begins; 0 where absent. */
  readonly delay?: number;
  /** Only the 5xx rate is checked. */
  readonly errorsOnly?: true;
}

/**
 * A poller as progressive delivery controllers have it: at each interval the SOP's rollback limits, on the counts of the new
 * release since the last check. Failed checks are counted over the whole release; a check without requests passes.
 */
export const poller =
  ({ everySeconds, failures, delay = 0, errorsOnly }: Poller): Judge =>
  (release) => {
    let failed = 0;
    for (let end = delay + everySeconds; end <= release.length; end += everySeconds) {
      const cell = addCells(release.slice(end - everySeconds, end).map(({ green }) => green));
      if (errorsOnly ? tooManyErrors(cell) : breaks(cell)) failed += 1;
      if (failed === failures) return end;
    }
    return null;
  };

const tooManyErrors = ({ requests, serverErrors }: Cell): boolean => serverErrors > 0.01 * requests;

/** 5xx > 1 %, failed payments > 1 %, P95 > 1 s. */
const breaks = (cell: Cell): boolean =>
  tooManyErrors(cell) || cell.failedPayments > 0.01 * cell.payments || cell.over1000 > 0.05 * cell.requests;

export function addCells(cells: readonly Cell[]): Cell {
  const sum = { requests: 0, serverErrors: 0, payments: 0, failedPayments: 0, over400: 0, over1000: 0 };
  for (const cell of cells) {
    sum.requests += cell.requests;
    sum.serverErrors += cell.serverErrors;
    sum.payments += cell.payments;
    sum.failedPayments += cell.failedPayments;
    sum.over400 += cell.over400;
    sum.over1000 += cell.over1000;
  }
  return sum;
}
