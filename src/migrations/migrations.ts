import type { DriverCall } from '../core/drivers.ts';
import type { PlannedMigration } from '../core/rollout/migrations.ts';

/** One migration, in the order in which it is applied. */
export interface Migration {
  readonly id: string;
  readonly applied: boolean;
}

/**
 * The schema of a target's database. Every call throws ToolError on failure, with exit code and output, and gets the release
 * that is being shipped: migrations often come with it. Aborting `signal` ends a call within seconds; it then throws ToolError.
 */
export interface Migrations {
  readonly name: string;
  /** Reads only. Throws UserError with everything that `up` would refuse before it runs anything. */
  readonly check: (release: string, call?: DriverCall) => Promise<void>;
  /** Reads only. */
  readonly status: (release: string, call?: DriverCall) => Promise<readonly Migration[]>;
  /** Reads only. What `up` would apply, oldest first, each with its class. */
  readonly pending: (release: string, call?: DriverCall) => Promise<readonly PlannedMigration[]>;
  /** Applies what is pending, oldest first; nothing if nothing is pending. */
  readonly up: (release: string, call?: DriverCall) => Promise<void>;
  /** Reverts exactly these migrations, newest first: those that this release applied, and no others. */
  readonly down: (ids: readonly string[], release: string, call?: DriverCall) => Promise<void>;
}
