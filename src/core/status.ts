import type { Phase } from './rollout/advance.ts';
import type { Strategy } from './rollout/plan.ts';
import type { Shares } from './rollout/step.ts';
import type { Colour } from './target.ts';

/** What is live, by whom, what is open, and what may be typed next. */
export interface Status {
  readonly target: string;
  /** As the router says at this moment; absent where it cannot be asked. */
  readonly shares?: Shares;
  /** Users are on it; absent while traffic is shared or unknown. */
  readonly live?: Colour;
  readonly colours: Readonly<
    Record<
      Colour,
      {
        readonly share?: number;
        readonly releases: readonly string[];
        readonly running: number;
        readonly places: number;
        readonly api: string;
      }
    >
  >;
  /** The rollout that touched the target last. */
  readonly lastRun?: {
    readonly runId: string;
    readonly release: string;
    readonly strategy: Strategy;
    readonly phase: Phase;
    readonly open: boolean;
    readonly because: string;
    readonly startedAt: string;
    readonly lastAt: string;
    /** The step that comes next; absent where it is over. */
    readonly next?: string;
    /** The previous colour is kept warm until then: ISO 8601. */
    readonly warmUntil?: string;
    readonly report: string;
  };
  readonly lock?: {
    readonly owner: string;
    readonly host: string;
    readonly pid: number;
    readonly reason: string;
    readonly since: string;
    readonly dead?: string;
  };
  /** What could not be asked. */
  readonly problems: readonly string[];
  readonly next: readonly string[];
}
