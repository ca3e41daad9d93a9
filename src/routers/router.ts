import type { DriverCall } from '../core/drivers.ts';
import type { Pool, PoolCounters, PoolState } from '../core/pool.ts';
import type { Shares } from '../core/rollout/step.ts';

/** A change that was made. */
export interface RouterChange {
  /** What did not succeed beside it, such as a state file that could not be written. */
  readonly problems: readonly string[];
  /** What was counted at the public address after the change, by a router that measures it. */
  readonly measured?: MeasuredShare;
  /** Why nothing is known of what users get, although the router reports the shares as set. */
  readonly unmeasured?: string;
}

export interface MeasuredShare {
  /** Percent of the answers, 0 to 100. */
  readonly green: number;
  readonly answers: number;
  /** From the change to the last of the answers. */
  readonly afterMs: number;
}

/**
 * Decides where users go. Every call throws ToolError, naming the command and its time limit, where the router cannot be
 * reached, refuses, or is aborted; none retries.
 */
export interface Router {
  readonly name: string;
  /** Whether single instances can be drained and joined, which a rolling update needs. */
  readonly handlesMembers: boolean;
  /**
   * Whether `setShares` measures what users get: it is then called although the shares are read back already, and its error
   * counts although they are read back afterwards.
   */
  readonly measuresShares?: true;
  readonly read: (call?: DriverCall) => Promise<Pool>;
  /** The counters alone, where they cost less than `read`; called every second. */
  readonly readCounters?: (call?: DriverCall) => Promise<PoolCounters>;
  /**
   * Sets the shares, and takes the members of a colour that gets traffic out of drain and maintenance. Spare members keep
   * their state. Whether the shares hold is for `read` to report.
   */
  readonly setShares: (shares: Shares, call?: DriverCall) => Promise<RouterChange>;
  /** Throws UserError where the router cannot handle single instances. */
  readonly setMember: (name: string, state: PoolState, call?: DriverCall) => Promise<RouterChange>;
  /**
   * What a rollout with these stages (percent, the last one 100) needs and the router lacks, found without changing the
   * traffic of users; each problem names what to change. Never throws: a router that cannot be reached is a problem.
   */
  readonly checkCapabilities: (stages: readonly number[], call?: DriverCall) => Promise<readonly string[]>;
}
