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
 * (`srv_abrt`), its status was counted already. A connection that failed (`econ`) is no answer: HAProxy tries again.
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
 * All answers of the backend, and the 5xx among them that no server gave: HAProxy's own, which stand in the line of the
 * backend and in none of its servers'. `stat` has all lines of the backend, servers without a colour included.
 */
export function frontOf(stat: readonly Row[], backend: string): { front?: Served; problems: readonly string[] } {
  const rows = stat.filter((row) => row['pxname'] === backend);
  const total = rows.find((row) => row['svname'] === 'BACKEND');
  if (!total || !isCounted(total)) return { problems: [] };
  const { count, problems } = countsIn(total);
  const servers = rows
    .filter((row) => row['svname'] !== 'BACKEND' && row['svname'] !== 'FRONTEND')
    .map((row) => countsIn(row).count('hrsp_5xx'));
  const requests = statuses.reduce((sum, column) => sum + count(column), 0);
  // The lines are not written in one moment: a server may have counted an answer that its backend has not.
  const failed = Math.max(
    0,
    servers.reduce((rest, each) => rest - each, count('hrsp_5xx')),
  );
  return problems.length > 0 ? { problems } : { front: { requests, failed }, problems };
}
