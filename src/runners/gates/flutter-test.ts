import { z } from 'zod';
import type { Format } from './format.ts';

/** The events of `--machine` that count. Others, of this or a later protocol, are left out. */
const eventSchema = z.discriminatedUnion('type', [
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
 * `flutter test --machine`: one JSON object a line, the last one `done`. Hidden tests are the loading of a file: they are no
 * tests, but may fail. A test may err after it was done.
 */
export const flutterTest: Format = {
  endings: [],
  read: ({ stdout }) => {
    const events = stdout.split('\n').flatMap(eventOf);
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
  },
};

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
