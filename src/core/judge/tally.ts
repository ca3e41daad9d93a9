import type { Count } from '../evidence.ts';
import type { Counts, Observation, Sample, Served } from '../rollout/observation.ts';
import type { Slo } from '../slo.ts';
import { isCount } from '../statistics/index.ts';

/**
 * Where a count comes from. `all`: every request that the instances counted. `users` and `synthetic`: its parts, tested apart,
 * so that our own requests never dilute the failures of users. `router`: users' requests by attempt. `front`: all requests of
 * users, and the 5xx that no instance gave. `sent`: synthetic requests as their sender counts them every second.
 */
export type Source = 'all' | 'users' | 'synthetic' | 'router' | 'front' | 'sent';
export type SideName = 'canary' | 'baseline';

/** Counts by side, source and objective. A key that is absent was not counted, which is not the same as a count of 0. */
export type Tally = Readonly<Record<string, Count>>;

export const keyOf = (side: SideName, source: Source, { id }: Pick<Slo, 'id'>): string => `${side}/${source}/${id}`;

const none: Count = { events: 0, trials: 0 };

export const countIn = (tally: Tally, side: SideName, source: Source, slo: Pick<Slo, 'id'>): Count =>
  tally[keyOf(side, source, slo)] ?? none;

/** Adds in place of its own sum: 30 batches of a window are summed after every batch. */
export function addTallies(tallies: readonly Tally[]): Tally {
  const sum: Record<string, { events: number; trials: number }> = {};
  for (const tally of tallies)
    for (const key of Object.keys(tally)) {
      const { events, trials } = tally[key] ?? none;
      const own = sum[key];
      if (own) {
        own.events += events;
        own.trials += trials;
      } else sum[key] = { events, trials };
    }
  return sum;
}

/** The sum of two, by changing a copy of the first: what most readings of a second add to. */
export function addTally(sum: Tally, more: Tally): Tally {
  const next: Record<string, Count> = { ...sum };
  for (const key of Object.keys(more)) {
    const { events, trials } = more[key] ?? none;
    const own = next[key];
    next[key] = own ? { events: own.events + events, trials: own.trials + trials } : { events, trials };
  }
  return next;
}

/** The objectives that count the 5xx: the router counts these, and no others. */
export const errorSlos = (slos: readonly Slo[]): Slo[] => slos.filter(({ event }) => event.kind === 'server-error');

/**
 * What the instances counted in an observation; latency only after the warm-up, in which caches are cold and connection pools
 * empty. Where a limit is no bucket edge, the counts are those at the edge above it, which breaks no limit by coarseness; what
 * proves an objective is counted at the edge below it, see {@link withinIn}.
 */
export function tallyPages(observation: Observation, slos: readonly Slo[], warmedUp: boolean): Tally {
  const { canary, baseline, above, synthetic, baselineSynthetic } = observation;
  const users = observation.users ?? (synthetic ? {} : canary);
  const usersAbove = above?.users ?? (synthetic ? {} : above?.canary);
  const baselineUsers = observation.baselineUsers ?? (baselineSynthetic ? {} : baseline);
  const baselineUsersAbove = above?.baselineUsers ?? (baselineSynthetic ? {} : above?.baseline);
  const tally: Record<string, Count> = {};
  const set = (key: string, count: Count | undefined): void => {
    if (count) tally[key] = count;
  };
  for (const slo of slos) {
    const { id, event } = slo;
    const isLatency = event.kind === 'slow-response';
    if (isLatency && !warmedUp) continue;
    set(keyOf('canary', 'all', slo), above?.canary[id] ?? canary[id]);
    set(keyOf('canary', 'users', slo), usersAbove?.[id] ?? users[id]);
    set(keyOf('canary', 'synthetic', slo), synthetic?.[id]);
    set(keyOf('baseline', 'all', slo), above?.baseline[id] ?? baseline[id]);
    set(keyOf('baseline', 'users', slo), baselineUsersAbove?.[id] ?? baselineUsers[id]);
    set(keyOf('baseline', 'synthetic', slo), baselineSynthetic?.[id]);
    if (!isLatency) continue;
    set(withinKey('all', slo), canary[id]);
    set(withinKey('users', slo), users[id]);
  }
  return tally;
}

const withinKey = (source: 'all' | 'users', { id }: Pick<Slo, 'id'>): string => `within/${source}/${id}`;

/** The count of the canary that proves an objective: none that is not within the limit is left out. */
export const withinIn = (tally: Tally, source: 'all' | 'users', slo: Pick<Slo, 'id'>): Count =>
  tally[withinKey(source, slo)] ?? countIn(tally, 'canary', source, slo);

/** What the router counted for users: of a sample, or of an observation where no samples were read. */
export function tallyRouter(
  counted: Pick<Sample, 'strata' | 'front'> | Pick<Observation, 'served' | 'front'>,
  slos: readonly Slo[],
): Tally {
  const [served, sent] = 'strata' in counted ? counted.strata : [counted.served];
  const { front } = counted;
  const tally: Record<string, Count> = {};
  for (const slo of slos) {
    if (slo.event.kind !== 'server-error') continue;
    if (served) {
      tally[keyOf('canary', 'router', slo)] = countOf(served.canary);
      tally[keyOf('baseline', 'router', slo)] = countOf(served.baseline);
    }
    if (sent) {
      tally[keyOf('canary', 'sent', slo)] = countOf(sent.canary);
      tally[keyOf('baseline', 'sent', slo)] = countOf(sent.baseline);
    }
    if (front) tally[keyOf('canary', 'front', slo)] = countOf(front);
  }
  return tally;
}

export const countOf = ({ failed, requests }: Served): Count => ({ events: failed, trials: requests });

/** Whether every number of an observation is a count; one that is not makes it worthless as a whole. */
export const isCounted = (observation: Observation): boolean => {
  const { canary, baseline, users, synthetic, baselineUsers, baselineSynthetic, above, served, front } = observation;
  return (
    [canary, baseline, users, synthetic, baselineUsers, baselineSynthetic, ...Object.values(above ?? {})].every(
      (counts) => counts === undefined || areCounts(counts),
    ) && [served?.canary, served?.baseline, front].every((each) => !each || isCount(each.failed, each.requests))
  );
};

export const isCountedSample = ({ strata, front }: Sample): boolean =>
  strata.every(({ canary, baseline }) => isServed(canary) && isServed(baseline)) && (!front || isServed(front));

const isServed = ({ failed, requests }: Served): boolean => isCount(failed, requests);

const areCounts = (counts: Counts): boolean =>
  Object.values(counts).every(({ events, trials }) => isCount(events, trials));
