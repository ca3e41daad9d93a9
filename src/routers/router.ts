import type { Served } from '../core/rollout/observation.ts';
import type { Shares } from '../core/rollout/step.ts';
import type { Colour } from '../core/target.ts';

/** `ready`: takes new requests. `drain`: finishes what it has. `out`: takes nothing and is not asked how it is. */
export type PoolState = 'ready' | 'drain' | 'out';

export interface PoolMember {
  readonly name: string;
  readonly colour: Colour;
  /** In the router's own unit. */
  readonly weight: number;
  readonly state: PoolState;
  /** Whether the router finds it healthy. */
  readonly up: boolean;
  /** Requests in flight through the router at this moment. */
  readonly inFlight: number;
  /** What it answered since the router started; absent where the router does not count by instance. */
  readonly served?: Served;
}

/** What the router says at this moment. */
export interface Pool {
  readonly shares: Shares;
  /** Empty where the router knows colours only. */
  readonly members: readonly PoolMember[];
  /** Since the router started; absent where it does not count. */
  readonly served?: Readonly<Record<Colour, Served>>;
}

/** What decides where users go. Every call throws ToolError where the router cannot be asked or refuses; none retries. */
export interface Router {
  readonly name: string;
  /** Whether single instances can be drained and joined, which a rolling update needs. */
  readonly handlesMembers: boolean;
  readonly read: () => Promise<Pool>;
  /** Sets the shares; whether they hold is for `read` to say. */
  readonly setShares: (shares: Shares) => Promise<void>;
  /** Throws UserError where the router cannot handle single instances. */
  readonly setMember: (name: string, state: PoolState) => Promise<void>;
}
