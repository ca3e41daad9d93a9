import { messageOf } from '../core/errors.ts';
import type { Pool } from '../core/pool.ts';
import type { Served } from '../core/rollout/observation.ts';
import type { Counters, Series } from './counters.ts';
import type { Scrape } from './scrape.ts';
import type { MeasuredSide, Source } from './source.ts';

/** What the router does not count. */
const unknown: Counters['unknown'] = {
  'slow-response': 'the router counts answers by status, and no durations',
  'failed-payment': 'the router counts answers by status, and no payments',
};

/** The router's counters of what users were answered, for a target without metrics: requests that do not pass it are not there. */
export function createRouterSource({ readPool }: { readonly readPool: () => Promise<Pool> }): Source {
  return {
    name: 'router',
    read: async (side) => {
      const at = new Date().toISOString();
      try {
        return readingOf(await readPool(), side, at);
      } catch (error) {
        return [{ url: 'router', at, problem: `router: ${messageOf(error)}` }];
      }
    },
  };
}

function readingOf(pool: Pool, side: MeasuredSide, at: string): Scrape[] {
  const [problem] = pool.problems ?? [];
  if (problem !== undefined) return [{ url: 'router', at, problem: `router: ${problem}` }];
  const names = side.instances.map(({ name }) => name);
  const members = pool.members.filter(({ name }) => names.includes(name));
  const since = pool.countersSince;
  const scrape = (url: string, served: Served | undefined): Scrape =>
    served
      ? {
          url,
          at,
          counters: { ...(since === undefined ? {} : { since }), series: seriesOf(url, served), routed: true, unknown },
        }
      : { url, at, problem: `router: no counters of ${url}` };
  // A router that knows colours only counts no single instances.
  if (side.isWhole && pool.served && members.every(({ served }) => served === undefined))
    return [scrape(side.colour, side.colour === 'public' ? undefined : pool.served[side.colour])];
  return names.map((name) => scrape(name, members.find((member) => member.name === name)?.served));
}

function seriesOf(name: string, { requests, failed }: Served): ReadonlyMap<string, Series> {
  const series: Series[] = [
    { place: `${name}: requests`, value: requests, counts: { kind: 'requests', failed: false } },
    { place: `${name}: failed`, value: failed, counts: { kind: 'failures' } },
  ];
  return new Map(series.map((each) => [each.place, each]));
}
