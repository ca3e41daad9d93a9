import { addServed, type Served } from './rollout/observation.ts';
import type { Shares } from './rollout/step.ts';
import type { Colour } from './target.ts';

/** `ready`: gets new requests. `drain`: finishes what it has. `out`: gets none, sticky users included, and is not health-checked. */
export type PoolState = 'ready' | 'drain' | 'out';

/** An instance as the router knows it. */
export interface PoolMember {
  readonly name: string;
  readonly colour: Colour;
  /** In the router's own unit. */
  readonly weight: number;
  readonly state: PoolState;
  /** Healthy by a health check of the router that ran after the member became ready. */
  readonly up: boolean;
  /** Requests in flight through the router at this moment. */
  readonly inFlight: number;
  /** Since the router started; absent where the router does not count by instance. */
  readonly served?: Served;
  /** Requests since the router started that failed to connect to it; one that was retried elsewhere is not among them. */
  readonly connectErrors?: number;
}

/** What the router reports at this moment. */
export interface Pool {
  readonly shares: Shares;
  /** Empty where the router knows colours only. */
  readonly members: readonly PoolMember[];
  /** Since the router started; absent where it does not count. */
  readonly served?: Readonly<Record<Colour, Served>>;
  /**
   * All requests of users since the router started, and the 5xx among their answers that no instance gave: no server up,
   * connections refused, its own limits. Absent where the router does not count them apart.
   */
  readonly front?: Served;
  /** Changes when the router starts again, and with it all counters. */
  readonly countersSince?: string;
  /** Counters that are no counts, each with its place and value; what was counted is then absent. */
  readonly problems?: readonly string[];
}

/** The counters of a pool alone: what the fast lane needs every second. */
export type PoolCounters = Pick<Pool, 'served' | 'front' | 'countersSince' | 'problems'> & {
  readonly members: readonly Pick<PoolMember, 'name' | 'colour' | 'served' | 'connectErrors'>[];
};

/** What users were answered through the router between two readings of its pool. */
export interface PoolIncrease {
  /** By member; empty where the router knows colours only. */
  readonly members: Readonly<Record<string, Served & { readonly connectErrors: number }>>;
  readonly colours?: Readonly<Record<Colour, Served>>;
  /** `failed`: answers 5xx that no instance gave. */
  readonly front?: Served;
}

/**
 * The difference of two readings. Counters that started again, fell, or were no counts are a problem: what users got
 * in between is then unknown.
 */
export function poolIncrease(before: PoolCounters, now: PoolCounters): PoolIncrease | { readonly problem: string } {
  const [unreadable] = [...(before.problems ?? []), ...(now.problems ?? [])];
  if (unreadable !== undefined) return { problem: unreadable };
  if (before.countersSince !== now.countersSince)
    return { problem: 'the router was started again, and its counters with it' };
  const falling: string[] = [];
  const difference = (place: string, earlier: Served, later: Served): Served => {
    for (const key of ['requests', 'failed'] as const)
      if (later[key] < earlier[key]) falling.push(`${place}: ${key} fell from ${earlier[key]} to ${later[key]}`);
    return { requests: later.requests - earlier.requests, failed: later.failed - earlier.failed };
  };
  const members: Record<string, Served & { connectErrors: number }> = {};
  for (const { name, served, connectErrors = 0 } of now.members) {
    const earlier = before.members.find((member) => member.name === name);
    if (!served || !earlier?.served) continue;
    const refused = connectErrors - (earlier.connectErrors ?? 0);
    if (refused < 0) falling.push(`${name}: connection errors fell to ${connectErrors}`);
    members[name] = { ...difference(name, earlier.served, served), connectErrors: refused };
  }
  const earlier = before.served;
  const colours = earlier &&
    now.served && {
      blue: difference('blue', earlier.blue, now.served.blue),
      green: difference('green', earlier.green, now.served.green),
    };
  const front = before.front && now.front && difference('the router', before.front, now.front);
  if (falling[0] !== undefined) return { problem: `a counter of the router fell: ${falling[0]}` };
  return { members, ...(colours ? { colours } : {}), ...(front ? { front } : {}) };
}

/** The sum over the members of each colour; undefined where one of them was not counted. */
export function servedByColour(members: PoolCounters['members']): Record<Colour, Served> | undefined {
  if (members.some(({ served }) => served === undefined)) return undefined;
  const sum = (colour: Colour) =>
    addServed(members.flatMap((member) => (member.colour === colour ? (member.served ?? []) : [])));
  return { blue: sum('blue'), green: sum('green') };
}
