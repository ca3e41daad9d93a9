import type { Counted } from '../core/counted.ts';
import type { scrapeAll } from './scrape.ts';
import type { Source } from './source.ts';

/** The metrics pages of the instances themselves. */
export const createScrapeSource = (context: {
  readonly counted: Counted;
  readonly scrapeAll: typeof scrapeAll;
}): Source => ({
  name: 'scrape',
  read: ({ metrics }, { signal }) => context.scrapeAll(metrics, context.counted, signal),
});
