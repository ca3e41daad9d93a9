import { setTimeout as wait } from 'node:timers/promises';

/** Time as the workflows read it; tests pass in another. */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds that only grow, whatever the date is set to: for everything that is measured. */
  readonly monotonic: () => number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await wait(ms, undefined, signal ? { signal } : {});
    } catch {
      // Ended early by the signal, which the caller checks.
    }
  },
};
