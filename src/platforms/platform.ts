import type { DriverCall } from '../core/drivers.ts';
import type { PlatformDeployment, PlatformReading } from '../core/platform.ts';

/** A deploy that was started. */
export interface Triggered {
  /** As the platform printed it; absent where it printed none. */
  readonly deployment?: string;
}

/**
 * A platform that replaces the one instance of a service itself. Every call throws ToolError, naming the command and its time
 * limit, where the platform cannot be reached, refuses, reports what cannot be read, or is aborted; none retries.
 */
export interface Platform {
  readonly name: string;
  /** Time between two readings while a deploy is in progress. */
  readonly pollMs: number;
  /** Time from the trigger until the deployment is live. */
  readonly liveWithinMs: number;
  /** Answers in a row that have to show the release. */
  readonly answers: number;
  /** Throws ToolError also for a state that the settings do not name, because it would have to be guessed. */
  readonly read: (call?: DriverCall) => Promise<PlatformReading>;
  /** Starts a deploy; resolves when it is started, which may be long before it is live. */
  readonly deploy: (release: string, call?: DriverCall) => Promise<Triggered>;
  /** Starts the return to an earlier deployment; absent where the platform has none. */
  readonly rollback?: (
    to: { readonly deployment: string; readonly release?: string | undefined },
    call?: DriverCall,
  ) => Promise<Triggered>;
  /** Ends a deploy that is in progress; absent where the platform cannot. */
  readonly cancel?: (deployment: PlatformDeployment, call?: DriverCall) => Promise<void>;
}
