import exec from 'k6/execution';
import { messageOf, type SummaryData } from './message.ts';
import { unplannedOptions } from './options.ts';
import { messageFile, runName, slos } from './question.ts';

export * from './main.ts';

/** One of several k6 of a load: what it counted is its container's termination message, and nothing else is kept. */
export function handleSummary(data: SummaryData): Record<string, string> {
  // The engine sets these three; the segment is compared with the one that it gave.
  const { executionSegment, executionSegmentSequence, paused: _paused, ...options } = exec.test.options;
  const message = messageOf(data, {
    run: runName,
    segment: executionSegment ?? '',
    sequence: executionSegmentSequence ?? '',
    options: unplannedOptions(options),
    slos,
    now: Date.now(),
  });
  return { [messageFile]: message };
}
