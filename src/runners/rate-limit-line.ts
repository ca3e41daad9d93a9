import type { RunEvent } from '../core/events.ts';

/** A wait that is shorter than this is progress; a longer one has a line of its own, on any terminal. */
const notedSeconds = 5;

/** What a tool printed about a rate limit, as an event: `a rate limit answered 429, Retry-After 60 s`. */
export function waitEvent(tool: string, line: string): RunEvent {
  const text = `${tool}: ${line}`;
  const seconds = Number(/(\d+) s\b/.exec(line)?.[1] ?? notedSeconds);
  return seconds < notedSeconds ? { type: 'step-progress', step: 'smoke', text } : { type: 'note', text };
}
