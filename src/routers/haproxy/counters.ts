import type { Served } from '../../core/rollout/observation.ts';
import type { Row } from './text.ts';

interface Counters {
  readonly counted: { readonly served?: Served; readonly connectErrors?: number };
  readonly problems: readonly string[];
}

const statuses = ['hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx', 'hrsp_other'] as const;

/** Reads columns of a row as counts: whole, finite, not negative. A column that is empty or absent is 0. */
function countsIn(row: Row): { readonly count: (column: string) => number; readonly problems: string[] } {
  const problems: string[] = [];
  const count = (column: string): number => {
    const text = row[column] ?? '';
    const value = text === '' ? 0 : Number(text);
    if (/^\d*$/.test(text) && Number.isSafeInteger(value)) return value;
    problems.push(`${row['pxname']}/${row['svname']}: ${column} is "${text}", and not a count`);
    return 0;
  };
  return { count, problems };
}

const isCounted = (row: Row): boolean => (row['hrsp_2xx'] ?? '') !== '';

/**
 * What users were answered by one server. An answer that broke off (`eresp`) failed; where it broke off after its headers
 * (`srv_abrt`), its status was counted already. A connection that failed (`econ`) is no answer of the server;
 * one that was retried elsewhere is in none of these.
 */
export function countersOf(row: Row): Counters {
  if (!isCounted(row)) return { counted: {}, problems: [] };
  const { count, problems } = countsIn(row);
  const answered = statuses.reduce((sum, column) => sum + count(column), 0);
  const withoutStatus = Math.max(0, count('eresp') - count('srv_abrt'));
  const served = { requests: answered + withoutStatus, failed: count('hrsp_5xx') + count('eresp') };
  const connectErrors = count('econ');
  return problems.length > 0 ? { counted: {}, problems } : { counted: { served, connectErrors }, problems };
}

/**
 * All answers that users got, and the 5xx among them that no server gave: HAProxy's own, which stand in the lines of the
 * backend (or of the frontends, where they are named) and in none of its servers'.
 */
export function frontOf(
  stat: readonly Row[],
  backend: string,
  frontends: readonly string[],
): { front?: Served; problems: readonly string[] } {
  const own = stat.filter((row) => row['pxname'] === backend);
  const totals =
    frontends.length === 0
      ? own.filter((row) => row['svname'] === 'BACKEND')
      : stat.filter((row) => row['svname'] === 'FRONTEND' && frontends.includes(row['pxname'] ?? ''));
  if (totals.length === 0 || totals.length < frontends.length || !totals.every(isCounted)) return { problems: [] };
  const counted = totals.map(countsIn);
  const sum = (column: string) => counted.reduce((total, { count }) => total + count(column), 0);
  const requests = statuses.reduce((total, column) => total + sum(column), 0);
  const byServers = own
    .filter((row) => row['svname'] !== 'BACKEND' && row['svname'] !== 'FRONTEND')
    .reduce((total, row) => total + countsIn(row).count('hrsp_5xx'), 0);
  // The lines are not written in one moment: a server may have counted an answer that the total has not.
  const failed = Math.max(0, sum('hrsp_5xx') - byServers);
  const problems = counted.flatMap((each) => each.problems);
  return problems.length > 0 ? { problems } : { front: { requests, failed }, problems };
}
