import type { ProcessEnvironment } from '../config/environment.ts';
import type { RunEvent } from '../core/events.ts';
import type { Clock } from '../system/clock.ts';

/** What a door hands to every flow: the world as it is, and who listens. */
export interface Flow {
  readonly projectRoot: string;
  readonly reportsRoot: string;
  readonly environment: ProcessEnvironment;
  readonly clock: Clock;
  /** Four hexadecimal digits at least; keeps two runs of one second apart. */
  readonly random: () => string;
  /** Aborted by the first SIGINT or SIGTERM; its reason is the signal's name. */
  readonly signal: AbortSignal;
  readonly listen: (event: RunEvent) => void;
}
