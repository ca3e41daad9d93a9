import type { ProcessEnvironment } from '../config/environment.ts';
import type { RunEvent } from '../core/events.ts';
import type { Clock } from '../system/clock.ts';

/** What the CLI hands to every workflow: its surroundings, and a listener for its events. */
export interface Flow {
  readonly projectRoot: string;
  readonly reportsRoot: string;
  readonly environment: ProcessEnvironment;
  readonly clock: Clock;
  /** At least four hexadecimal digits; distinguishes two runs of the same second. */
  readonly random: () => string;
  /** Aborted by the first SIGINT or SIGTERM; its reason is the signal's name. */
  readonly signal: AbortSignal;
  readonly listen: (event: RunEvent) => void;
}
