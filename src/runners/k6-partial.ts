import { cumulativeOf } from './k6-series.ts';

/** Four heartbeats a second, as in load/options.ts. */
const heartbeatsPerSecond = 4;

/** Rates of which the record has no trials, and the counter that has as many. */
const trialsOf: Readonly<Record<string, string>> = { http_req_failed: 'http_reqs', failed_payments: 'payments' };

/**
 * What k6 had measured until its last second, in the shape of its summary: k6 writes a summary at its end only, and a
 * connection that is never closed, or a kill, takes that away. undefined where the record has no second.
 */
export function partialSummary(record: string | undefined, prefix = ''): string | undefined {
  const last = cumulativeOf(record);
  if (!last) return undefined;
  const { seconds, metrics } = last;
  const count = (name: string): number => metrics[name]?.['count'] ?? 0;
  const shaped = Object.entries(metrics).map(([name, values]) => {
    if (values['rate'] !== undefined && values['count'] === undefined) {
      const passes = Math.round(values['rate'] * count(trialsOf[name] ?? ''));
      return [name, { passes, fails: count(trialsOf[name] ?? '') - passes }];
    }
    // A trend of k6's own has one sample for each request.
    return [name, name.startsWith('http_req_') ? { ...values, count: count('http_reqs') } : values];
  });
  const lateness = metrics[`${prefix}generator_lateness`];
  const hasHeartbeat = prefix === '' || lateness !== undefined;
  const heartbeats = hasHeartbeat ? Math.min(count('iterations'), Math.floor(seconds * heartbeatsPerSecond)) : 0;
  return JSON.stringify({
    metrics: {
      ...Object.fromEntries(shaped),
      [`${prefix}generator_lateness`]: { ...lateness, count: heartbeats },
    },
    // Of our load only wrong answers are checks; the record does not count any.
    root_group: {
      checks:
        metrics['checks'] && prefix === '' ? { wrong: { name: 'wrong answers, at least', passes: 0, fails: 1 } } : {},
    },
  });
}
