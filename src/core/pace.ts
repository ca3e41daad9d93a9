import type { RateLimit } from './target.ts';

/** A little less than allowed: the service's clock and ours, and requests that arrive together, differ. */
const usedPart = 0.9;

/**
 * Milliseconds between two requests, so that all tools together stay below the limit, because they run one after the other; 0
 * without a limit. Requests are spread evenly, because a burst would use up the window of the next tool.
 */
export const paceMs = (limit: RateLimit | undefined): number =>
  limit === undefined ? 0 : Math.ceil(limit.perMs / (limit.requests * usedPart));

/** Requests per second that the limit leaves for a load; undefined without a limit. */
export const paceRate = (limit: RateLimit | undefined): number | undefined =>
  limit === undefined ? undefined : (limit.requests * usedPart * 1000) / limit.perMs;
