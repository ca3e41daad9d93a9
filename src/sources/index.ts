import type { Counted } from '../core/counted.ts';
import type { MetricsSourceSettings } from '../core/metrics-source.ts';
import type { Pool } from '../core/pool.ts';
import type { Clock } from '../system/clock.ts';
import { createPrometheusSource } from './prometheus.ts';
import { createRouterSource } from './router.ts';
import type { scrapeAll } from './scrape.ts';
import { createScrapeSource } from './scrape-source.ts';
import type { Source } from './source.ts';

export type { MeasuredSide, Reading, Source } from './source.ts';

export interface SourceContext {
  readonly counted: Counted;
  readonly clock: Clock;
  readonly scrapeAll: typeof scrapeAll;
  readonly readPool: () => Promise<Pool>;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Throws UserError where a token is not set. */
export function createSource(settings: MetricsSourceSettings, context: SourceContext): Source {
  switch (settings.driver) {
    case 'scrape':
      return createScrapeSource(context);
    case 'prometheus':
      return createPrometheusSource(settings, context);
    case 'router':
      return createRouterSource(context);
  }
}
