import { addServed, type Edges, noneServed, type Observation, type Served } from '../rollout/observation.ts';
import type { Slo } from '../slo.ts';
import { isCounted } from './tally.ts';

/** What the observations of a stage say beside the rates of its objectives; of constant size. */
export interface Seen {
  readonly observedMs: number;
  readonly ready: {
    readonly probed: number;
    readonly notReady: number;
    /** At the end, one after the other. */
    readonly lost: number;
    readonly lostMs: number;
  };
  /** Observations whose counts belong to another limit, by objective. */
  readonly foreign: Readonly<Record<string, number>>;
  /** Objectives that nothing of the canary counts, and why. */
  readonly unknown: Readonly<Record<string, string>>;
  /** The bucket edges of the last observation, where a limit is none. */
  readonly edges: Readonly<Record<string, Edges>>;
  /** Why the last observation does not count; undefined where it does. */
  readonly blind?: string;
  readonly served?: { readonly canary: Served; readonly baseline: Served };
  readonly front?: Served;
  /** After the warm-up, in which a server's slow start keeps its share below its weight. */
  readonly split?: { readonly set: number; readonly canary: number; readonly baseline: number };
  /** Requests of users since the canary received the last one, while its weight was above 0. */
  readonly withoutCanary: number;
  readonly connectErrors: Readonly<Record<string, number>>;
}

export const nothingSeen: Seen = {
  observedMs: 0,
  ready: { probed: 0, notReady: 0, lost: 0, lostMs: 0 },
  foreign: {},
  unknown: {},
  edges: {},
  withoutCanary: 0,
  connectErrors: {},
};

export function addToSeen(seen: Seen, observation: Observation, slos: readonly Slo[], warmedUp: boolean): Seen {
  const { blind: _, ...rest } = seen;
  const next = { ...rest, ready: addReady(seen.ready, observation) };
  if (!observation.observed) return { ...next, blind: observation.problems[0] ?? 'reason unknown' };
  if (!isCounted(observation)) return { ...next, blind: 'the counters hold numbers that are not counts' };
  const { canary, served, front, share, connectErrors = {}, lengthMs } = observation;
  const foreign = slos
    .filter(({ id }) => !Object.hasOwn(canary, id))
    .map(({ id }) => [id, (seen.foreign[id] ?? 0) + 1]);
  return {
    ...next,
    observedMs: seen.observedMs + lengthMs,
    unknown: observation.unknown ?? {},
    edges: observation.edges ?? {},
    foreign: { ...seen.foreign, ...(Object.fromEntries(foreign) as Record<string, number>) },
    ...(served ? { served: addSides(seen.served, served) } : {}),
    ...(front ? { front: addServed([seen.front ?? noneServed, front]) } : {}),
    ...(served && share !== undefined ? addSplit(seen, served, share, warmedUp) : {}),
    connectErrors: addErrors(seen.connectErrors, connectErrors),
  };
}

function addReady(ready: Seen['ready'], { ready: isReady, lengthMs }: Observation): Seen['ready'] {
  if (isReady === undefined) return ready;
  const probed = ready.probed + 1;
  if (isReady) return { ...ready, probed, lost: 0, lostMs: 0 };
  return { probed, notReady: ready.notReady + 1, lost: ready.lost + 1, lostMs: ready.lostMs + lengthMs };
}

type Sides = NonNullable<Seen['served']>;
const addSides = (sum: Sides = { canary: noneServed, baseline: noneServed }, served: Sides): Sides => ({
  canary: addServed([sum.canary, served.canary]),
  baseline: addServed([sum.baseline, served.baseline]),
});

function addSplit(
  { split, withoutCanary }: Seen,
  served: Sides,
  set: number,
  warmedUp: boolean,
): Pick<Seen, 'split' | 'withoutCanary'> {
  const [canary, baseline] = [served.canary.requests, served.baseline.requests];
  return {
    withoutCanary: canary > 0 || set === 0 ? 0 : withoutCanary + baseline,
    ...(warmedUp
      ? { split: { set, canary: (split?.canary ?? 0) + canary, baseline: (split?.baseline ?? 0) + baseline } }
      : {}),
  };
}

function addErrors(sum: Seen['connectErrors'], more: Seen['connectErrors']): Seen['connectErrors'] {
  const next = { ...sum };
  for (const [name, count] of Object.entries(more)) next[name] = (next[name] ?? 0) + count;
  return next;
}
