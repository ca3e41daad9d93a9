import { z } from 'zod';
import type { LoadPoint } from '../core/evidence.ts';

/** One line of what k6's web dashboard records: aggregates of each period, in the order of the metrics' sorted names. */
const eventSchema = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('param'),
    data: z.looseObject({ aggregates: z.record(z.string(), z.array(z.string())) }),
  }),
  z.object({ event: z.literal('metric'), data: z.record(z.string(), z.looseObject({ type: z.string() })) }),
  z.object({ event: z.literal('start'), data: z.array(z.array(z.number()).nullable()) }),
  z.object({ event: z.literal('cumulative'), data: z.array(z.array(z.number()).nullable()) }),
  z.object({ event: z.literal('snapshot'), data: z.array(z.array(z.number()).nullable()) }),
]);

/**
 * The load over time, one point a second, up to the last whole second. Lines without numbers of a second, and an incomplete
 * last one, are left out: the series is for the report's charts, the counts come from the summary.
 */
export function readSeries(text: string | undefined, prefix = ''): LoadPoint[] {
  return readSeconds(text).map(({ second, valueOf }) => pointOf(second, valueOf, prefix));
}

/** The last second in which a counter grew, and the last second of the load. */
export function lastSecondOf(counter: string, text: string | undefined): { counted: number; end: number } | undefined {
  const seconds = readSeconds(text);
  const counted = seconds.findLast(({ valueOf }) => (valueOf(counter, 'count') ?? 0) > 0)?.second;
  const end = seconds.at(-1)?.second;
  return counted === undefined || end === undefined ? undefined : { counted, end };
}

/** By metric and aggregate. */
type Totals = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** Everything that was measured from the start to the last second, by metric and aggregate; undefined without a second. */
export function cumulativeOf(
  text: string | undefined,
): { readonly seconds: number; readonly metrics: Totals } | undefined {
  const end = readSeconds(text).at(-1);
  return end?.total && { seconds: end.second + 1, metrics: end.total };
}

export interface Second {
  readonly second: number;
  readonly valueOf: (metric: string, aggregate: string) => number | undefined;
  /** The last aggregates since the start. */
  readonly total: Totals | undefined;
}

function readSeconds(text: string | undefined): Second[] {
  const parse = parseRecord();
  return (text ?? '').split('\n').flatMap((line) => parse(line) ?? []);
}

/** Reads a record line by line; the line that completes a second returns it. */
export function parseRecord(): (line: string) => Second | undefined {
  let aggregates: Readonly<Record<string, readonly string[]>> = {};
  const types = new Map<string, string>();
  let startedAt: number | undefined;
  let total: Totals | undefined;
  return (line) => {
    const parsed = eventSchema.safeParse(parseLine(line));
    if (!parsed.success) return undefined;
    const { event, data } = parsed.data;
    if (event === 'param') aggregates = data.aggregates;
    else if (event === 'metric') for (const [name, { type }] of Object.entries(data)) types.set(name, type);
    else {
      const names = [...types.keys()].toSorted();
      const valueOf = (metric: string, aggregate: string): number | undefined =>
        data[names.indexOf(metric)]?.[aggregates[types.get(metric) ?? '']?.indexOf(aggregate) ?? -1];
      const now = valueOf('time', 'value') ?? 0;
      if (event === 'start') startedAt = now;
      else if (event === 'cumulative') total = totalsOf(names, { types, aggregates, data });
      else return { second: Math.max(0, Math.round((now - (startedAt ?? now)) / 1000) - 1), valueOf, total };
    }
    return undefined;
  };
}

function totalsOf(
  names: readonly string[],
  {
    types,
    aggregates,
    data,
  }: {
    readonly types: ReadonlyMap<string, string>;
    readonly aggregates: Readonly<Record<string, readonly string[]>>;
    readonly data: readonly (readonly number[] | null)[];
  },
): Totals {
  const rows = names.map((name, index) => {
    const columns = aggregates[types.get(name) ?? ''] ?? [];
    const cells = (data[index] ?? []).flatMap((value, column) => {
      const key = columns[column];
      return key === undefined ? [] : [[key, value] as const];
    });
    return [name, Object.fromEntries(cells)] as const;
  });
  return Object.fromEntries(rows);
}

function pointOf(second: number, valueOf: Second['valueOf'], prefix: string): LoadPoint {
  const requests = valueOf('http_reqs', 'count') ?? 0;
  // A metric `payments` of a script of the target's own may count anything.
  const payments = prefix === '' ? (valueOf('payments', 'count') ?? 0) : 0;
  const p50Ms = valueOf('http_req_duration', 'med');
  const p95Ms = valueOf('http_req_duration', 'p(95)');
  return {
    second,
    requests,
    serverErrors:
      prefix === ''
        ? Math.round(requests * (valueOf('http_req_failed', 'rate') ?? 0))
        : (valueOf(`${prefix}server_errors`, 'count') ?? 0),
    payments,
    failedPayments: Math.round(payments * (valueOf('failed_payments', 'rate') ?? 0)),
    ...(p50Ms === undefined ? {} : { p50Ms }),
    ...(p95Ms === undefined ? {} : { p95Ms }),
  };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
