import { addTallies, addTally, type Tally } from './tally.ts';

/** Counts of a stage in batches of observed time, whatever the time between two readings is. Of constant size. */
export interface Feed {
  readonly observedMs: number;
  readonly total: Tally;
  readonly pending: { readonly lengthMs: number; readonly tally: Tally };
  /** The last whole batches, together no longer than the window of the literal rule. */
  readonly recent: readonly { readonly lengthMs: number; readonly tally: Tally }[];
}

export const emptyFeed: Feed = { observedMs: 0, total: {}, pending: { lengthMs: 0, tally: {} }, recent: [] };

/** The feed after `lengthMs` of observed time, and the batch that this completed. */
export function addToFeed(
  feed: Feed,
  reading: { readonly lengthMs: number; readonly tally: Tally },
  { batchMs, windowMs }: { readonly batchMs: number; readonly windowMs: number },
): { readonly feed: Feed; readonly batch?: Tally } {
  const { lengthMs, tally } = reading;
  const pending = {
    lengthMs: feed.pending.lengthMs + lengthMs,
    tally: addTally(feed.pending.tally, tally),
  };
  const next = { observedMs: feed.observedMs + lengthMs, total: addTally(feed.total, tally) };
  // Readings may come slightly early; half of one missing must not double the batch.
  if (pending.lengthMs + lengthMs / 2 < batchMs) return { feed: { ...feed, ...next, pending } };
  const recent = [...feed.recent, pending];
  let spanMs = recent.reduce((sum, each) => sum + each.lengthMs, 0);
  // The same tolerance: a window of 30 batches does not lose one because readings were late by milliseconds.
  while (recent.length > 1 && spanMs > windowMs + batchMs / 2) spanMs -= recent.shift()?.lengthMs ?? 0;
  return { feed: { ...next, recent, pending: emptyFeed.pending }, batch: pending.tally };
}

/** The counts of the trailing window. */
export const windowOf = ({ recent }: Feed): Tally => addTallies(recent.map(({ tally }) => tally));
