import type { Count } from '../evidence.ts';
import type { Slo } from '../slo.ts';
import type { Counts, Served } from './observation.ts';

/** What k6 has counted of its own requests to one side since it was started. */
export interface Sent {
  readonly requests: number;
  /** 5xx and requests without an answer. */
  readonly failed: number;
  /** Of these, the ones without an answer: the release may not have counted them. */
  readonly unanswered: number;
  readonly payments: number;
  readonly failedPayments: number;
  /** By the id of the objective: answers slower than its limit, and requests without an answer. */
  readonly slow: Readonly<Record<string, number>>;
}

export interface SentSides {
  readonly canary: Sent;
  /** Absent where the other side takes no part. */
  readonly baseline?: Sent;
}

export const nothingSent: Sent = { requests: 0, failed: 0, unanswered: 0, payments: 0, failedPayments: 0, slow: {} };

/** What was sent between two moments. */
export const sentBetween = (before: Sent, now: Sent): Sent => ({
  requests: now.requests - before.requests,
  failed: now.failed - before.failed,
  unanswered: now.unanswered - before.unanswered,
  payments: now.payments - before.payments,
  failedPayments: now.failedPayments - before.failedPayments,
  slow: Object.fromEntries(Object.entries(now.slow).map(([id, count]) => [id, count - (before.slow[id] ?? 0)])),
});

export const servedOf = ({ requests, failed }: Sent): Served => ({ requests, failed });

/** The requests by objective, as k6 saw them: a request without an answer failed, and was slow. */
export const countSent = (sent: Sent, slos: readonly Slo[]): Counts => countBy(sent, 0, slos);

/** Those that the release has answered, and counted among its own. */
export const countAnswered = (sent: Sent, slos: readonly Slo[]): Counts => countBy(sent, sent.unanswered, slos);

function countBy(sent: Sent, without: number, slos: readonly Slo[]): Counts {
  const trials = sent.requests - without;
  const entries = slos.flatMap(({ id, event }): [string, Count][] => {
    switch (event.kind) {
      case 'server-error':
        return [[id, countOf(sent.failed - without, trials)]];
      case 'slow-response':
        return [[id, countOf((sent.slow[id] ?? 0) - without, trials)]];
      case 'failed-payment':
        return [[id, countOf(sent.failedPayments, sent.payments)]];
      case 'crashed-session':
        return [];
    }
  });
  return Object.fromEntries(entries);
}

const countOf = (events: number, trials: number): Count => ({
  events: Math.max(0, Math.min(events, trials)),
  trials: Math.max(0, trials),
});

/** What is still to be taken off the counts of a side, by objective. */
export type Remainder = Counts;
const none: Count = { events: 0, trials: 0 };

/**
 * The users' part of what the instances counted: all of it without the requests of our own, and never less than nothing. k6
 * and the pages are not read at the same moment, so what our requests exceed the pages by is taken off the next interval's;
 * a remainder is never larger than what was sent in the interval, so that it cannot hide failures of users later on.
 */
export function usersIn(
  pages: Counts,
  answered: Counts,
  remainder: Remainder = {},
): { readonly users: Counts; readonly remainder: Remainder } {
  const users: Record<string, Count> = {};
  const next: Record<string, Count> = {};
  for (const [id, counted] of Object.entries(pages)) {
    const sent = answered[id] ?? none;
    const before = remainder[id] ?? none;
    const trials = takeOff(counted.trials, sent.trials, before.trials);
    const events = takeOff(counted.events, sent.events, before.events);
    users[id] = { events: Math.min(events.left, trials.left), trials: trials.left };
    next[id] = { events: events.remainder, trials: trials.remainder };
  }
  return { users, remainder: next };
}

function takeOff(counted: number, sent: number, before: number): { readonly left: number; readonly remainder: number } {
  const due = sent + before;
  return { left: Math.max(0, counted - due), remainder: Math.min(sent, Math.max(0, due - counted)) };
}
