import type { Count } from '../evidence.ts';
import type { Counts, Observation, Sample, Served } from '../rollout/observation.ts';
import type { Slo } from '../slo.ts';
import { isCount } from '../statistics/index.ts';

/**
 * Where a count comes from. `all`: every request that the instances counted. `users` and `synthetic`: its parts, tested apart,
 * so that our own requests never dilute the failures of users. `router`: users' requests by attempt. `front`: all requests of
 * users, and the 5xx that no instance gave.
 */
export type Source = 'all' | 'users' | 'synthetic' | 'router' | 'front';
export type SideName = 'canary' | 'baseline';

/** Counts by side, source and objective. A key that is absent was not counted, which is not the same as a count of 0. */
export type Tally = Readonly<Record<string, Count>>;

export const keyOf = (side: SideName, source: Source, { id }: Pick<Slo, 'id'>): string => `${side}/${source}/${id}`;

const none: Count = { events: 0, trials: 0 };

export const countIn = (tally: Tally, side: SideName, source: Source, slo: Pick<Slo, 'id'>): Count =>
  tally[keyOf(side, source, slo)] ?? none;

export function addTallies(tallies: readonly Tally[]): Tally {
  const sum: Record<string, Count> = {};
  for (const tally of tallies)
    for (const [key, { events, trials }] of Object.entries(tally)) {
      const earlier = sum[key] ?? none;
      sum[key] = { events: earlier.events + events, trials: earlier.trials + trials };
    }
  return sum;
}

/** The objectives that count the 5xx: the router counts these, and no others. */
export const errorSlos = (slos: readonly Slo[]): Slo[] => slos.filter(({ event }) => event.kind === 'server-error');

/**
 * What the instances counted in an observation; latency only after the warm-up, in which caches are cold and connection pools
 * empty.
 */
export function tallyPages(observation: Observation, slos: readonly Slo[], warmedUp: boolean): Tally {
  const { canary, baseline, synthetic, users = synthetic ? {} : canary } = observation;
  const entries = slos
    .filter(({ event }) => warmedUp || event.kind !== 'slow-response')
    .flatMap((slo): [string, Count | undefined][] => [
      [keyOf('canary', 'all', slo), canary[slo.id]],
      [keyOf('canary', 'users', slo), users[slo.id]],
      [keyOf('canary', 'synthetic', slo), synthetic?.[slo.id]],
      [keyOf('baseline', 'all', slo), baseline[slo.id]],
    ]);
  return Object.fromEntries(entries.filter((entry): entry is [string, Count] => entry[1] !== undefined));
}

/** What the router counted for users: of a sample, or of an observation where no samples were read. */
export function tallyRouter(
  counted: Pick<Sample, 'strata' | 'front'> | Pick<Observation, 'served' | 'front'>,
  slos: readonly Slo[],
): Tally {
  const served = 'strata' in counted ? counted.strata[0] : counted.served;
  const { front } = counted;
  const entries = errorSlos(slos).flatMap((slo): [string, Count][] => [
    ...(served
      ? [
          [keyOf('canary', 'router', slo), countOf(served.canary)] as [string, Count],
          [keyOf('baseline', 'router', slo), countOf(served.baseline)] as [string, Count],
        ]
      : []),
    ...(front ? [[keyOf('canary', 'front', slo), countOf(front)] as [string, Count]] : []),
  ]);
  return Object.fromEntries(entries);
}

export const countOf = ({ failed, requests }: Served): Count => ({ events: failed, trials: requests });

/** Whether every number of an observation is a count; one that is not makes it worthless as a whole. */
export const isCounted = ({ canary, baseline, users = {}, synthetic = {}, served, front }: Observation): boolean =>
  [canary, baseline, users, synthetic].every(areCounts) &&
  [served?.canary, served?.baseline, front].every((each) => !each || isCount(each.failed, each.requests));

export const isCountedSample = ({ strata, front }: Sample): boolean =>
  strata
    .flatMap(({ canary, baseline }) => [canary, baseline])
    .every(({ failed, requests }) => isCount(failed, requests)) &&
  (!front || isCount(front.failed, front.requests));

const areCounts = (counts: Counts): boolean =>
  Object.values(counts).every(({ events, trials }) => isCount(events, trials));
