import type { DriverCall } from '../core/drivers.ts';
import type { FlagChange, FlagSnapshot } from '../core/flags.ts';

/**
 * Feature flags or config overrides of a target. Every call throws ToolError where the service or file cannot be read or
 * written. Aborting `signal` ends a call within seconds.
 */
export interface Flags {
  readonly name: string;
  /** Reads only. */
  readonly snapshot: (call?: DriverCall) => Promise<FlagSnapshot>;
  /**
   * Sets each flag from `from` to `to`. One that is not `from` any more when it is to be written is left alone, and so are all
   * others. Returns the names that were set; a repeated call sets nothing twice.
   */
  readonly restore: (changes: readonly FlagChange[], call?: DriverCall) => Promise<readonly string[]>;
}
