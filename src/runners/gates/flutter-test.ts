import { z } from 'zod';
import type { GateReport } from '../../core/gate.ts';
import type { Format } from './format.ts';

/** The events of `--machine` that count. Others, of this or a later protocol, are left out. */
const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start') }),
  z.object({ type: z.literal('testStart'), test: z.object({ id: z.int(), name: z.string() }) }),
  z.object({
    type: z.literal('testDone'),
    testID: z.int(),
    result: z.enum(['success', 'failure', 'error']),
    skipped: z.boolean(),
    hidden: z.boolean(),
  }),
  z.object({ type: z.literal('error'), testID: z.int(), error: z.string() }),
  z.object({ type: z.literal('done'), success: z.boolean().nullable() }),
]);
type TestEvent = z.output<typeof eventSchema>;

/**
 * `flutter test --machine`: one JSON object a line, from `start` to `done`. Hidden tests are the loading of a file: they are no
 * tests, but may fail. A test may err after it was done. Of several runs, one a package, each has to end.
 */
export const flutterTest: Format = {
  endings: [],
  read: ({ stdout }) => {
    const read = runsOf(stdout.split('\n').flatMap(eventOf)).map(readRun);
    const reports = read.flatMap((each) => ('problem' in each ? [] : [each]));
    const problem = read.find((each) => 'problem' in each);
    if (problem) return problem;
    const first = reports.find(({ firstFailure }) => firstFailure !== undefined)?.firstFailure;
    return {
      ran: reports.reduce((sum, { ran = 0 }) => sum + ran, 0),
      failed: reports.reduce((sum, { failed }) => sum + failed, 0),
      skipped: reports.reduce((sum, { skipped }) => sum + skipped, 0),
      ...(first === undefined ? {} : { firstFailure: first }),
    };
  },
};

/** Ids of tests begin anew in each run. */
function runsOf(events: readonly TestEvent[]): readonly (readonly TestEvent[])[] {
  const starts = events.flatMap(({ type }, at) => (type === 'start' && at > 0 ? [at] : []));
  return [0, ...starts].map((from, index) => events.slice(from, starts[index]));
}

function readRun(events: readonly TestEvent[]): GateReport | { readonly problem: string } {
  const names = new Map(
    events.flatMap((event) => (event.type === 'testStart' ? [[event.test.id, event.test.name]] : [])),
  );
  const errors = new Map(events.flatMap((event) => (event.type === 'error' ? [[event.testID, event.error]] : [])));
  const done = events.filter((event) => event.type === 'testDone');
  const last = events.findLast((event) => event.type === 'done');
  if (!last) return { problem: 'its output has no event `done`: it did not end by itself' };
  const unfinished = names.size - new Set(done.map(({ testID }) => testID)).size;
  if (unfinished > 0) return { problem: `${unfinished} tests were started and did not end` };
  const failed = done.filter(({ testID, result }) => result !== 'success' || errors.has(testID));
  if (last.success !== true && failed.length === 0) return { problem: 'it did not succeed, and no test failed' };
  const first = failed[0];
  return {
    ran: done.filter(({ hidden, skipped }) => !hidden && !skipped).length,
    failed: failed.length,
    skipped: done.filter(({ hidden, skipped }) => !hidden && skipped).length,
    ...(first ? { firstFailure: describe(names.get(first.testID) ?? '', errors.get(first.testID)) } : {}),
  };
}

function eventOf(line: string): TestEvent[] {
  try {
    const parsed = eventSchema.safeParse(JSON.parse(line));
    return parsed.success ? [parsed.data] : [];
  } catch {
    return [];
  }
}

const describe = (name: string, error: string | undefined): string =>
  error === undefined ? name : `${name}: ${error.split('\n')[0]}`;
