import type { EventEmitter } from 'node:events';
import { waitMark } from './contract.ts';
import type { RequestEvent } from './newman-events.ts';

/** Time that a collection waits because a rate limit says when it ends; `now` in ms. */
export function createWaits(print: (line: string) => void, now: () => number) {
  let since: number | undefined;
  let waitedMs = 0;
  function end(at: number): void {
    if (since !== undefined) waitedMs += Math.max(0, at - since);
    since = undefined;
  }
  return {
    /** A wait that has not ended is part of it. */
    ms: () => waitedMs + (since === undefined ? 0 : now() - since),
    listenTo(emitter: EventEmitter): void {
      emitter.on('beforeRequest', () => end(now()));
      emitter.on('request', (_: unknown, { response }: RequestEvent) => {
        // A script's own request has no event before it.
        end(now() - (response?.responseTime ?? 0));
        const after = response?.code === 429 ? response.headers.get('Retry-After') : undefined;
        if (typeof after !== 'string' || after === '') return;
        since = now();
        print(`${waitMark}a rate limit answered 429, Retry-After ${after}${/^\d+$/.test(after) ? ' s' : ''}`);
      });
    },
  };
}
