import type { Clock } from './clock.ts';

/** Spreads the requests of one process evenly. */
export interface Pacer {
  /** Resolves when the next request may be sent, or at once when the signal aborts. */
  readonly turn: (signal?: AbortSignal) => Promise<void>;
}

export function createPacer(paceMs: number, clock: Clock): Pacer {
  let nextMs = 0;
  return {
    turn: async (signal) => {
      if (paceMs === 0) return;
      const now = clock.monotonic();
      const own = Math.max(now, nextMs);
      nextMs = own + paceMs;
      if (own > now) await clock.sleep(own - now, signal);
    },
  };
}
