import type { RateLimit } from './target.ts';

/** A little less than allowed: the service's clock and ours, and requests that arrive together, differ. */
const usedPart = 0.9;

/**
 * Milliseconds between two requests of one of `tools` tools that run at the same time, so that all of them together stay below
 * the limit; 0 without a limit. Requests are spread evenly, because a burst would use up the window of the next tool.
 */
export const paceMs = (limit: RateLimit | undefined, tools = 1): number =>
  limit === undefined ? 0 : Math.ceil((limit.perMs * tools) / (limit.requests * usedPart));

/** Requests per second that the limit leaves for a load; undefined without a limit. */
export const paceRate = (limit: RateLimit | undefined): number | undefined =>
  limit === undefined ? undefined : (limit.requests * usedPart * 1000) / limit.perMs;
