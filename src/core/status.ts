import type { Phase } from './rollout/advance.ts';
import type { RolloutDecision } from './run-result.ts';
import type { PlatformReading } from './platform.ts';
import type { Strategy } from './rollout/plan.ts';
import type { Shares } from './rollout/step.ts';
import type { VerdictWord } from './verdict.ts';
import type { Colour } from './target.ts';

export interface ColourStatus {
  readonly share?: number;
  readonly releases: readonly string[];
  /** Instances that were asked to end are no part of them. */
  readonly running: number;
  readonly places: number;
  readonly api: string;
}

/** What is live, which rollout is open, who holds the lock, and the commands that come next. */
export interface Status {
  readonly target: string;
  /** As read from the router; absent if it could not be read. */
  readonly shares?: Shares;
  /** The colour with all traffic; absent while traffic is shared or unknown. */
  readonly live?: Colour;
  /** Absent where a platform replaces the one instance; those that the target file names as environments. */
  readonly colours?: Readonly<Partial<Record<Colour, ColourStatus>>>;
  /** What the platform of the target reports, where it has one; the newest deployment first. */
  readonly platform?: PlatformReading & { readonly api: string };
  /** The target's latest rollout. */
  readonly lastRun?: {
    readonly runId: string;
    readonly release: string;
    readonly strategy: Strategy;
    readonly phase: Phase;
    readonly open: boolean;
    /** Of its report; absent while the rollout is open, or where no report was written. */
    readonly verdict?: VerdictWord;
    readonly because: string;
    /** The line of the order of decision that ended the rollout: `decided by: breach proved`. */
    readonly decidedBy?: string;
    readonly startedAt: string;
    readonly lastAt: string;
    /** The next step; absent once the rollout has finished. */
    readonly next?: string;
    /** The previous colour is kept warm until then, ISO 8601. */
    readonly warmUntil?: string;
    /** The stage or the watch that the rollout is at; absent where it is at none. */
    readonly stage?: {
      readonly share: number;
      readonly isWatch: boolean;
      readonly observedMs: number;
      /** Observed time at which it can be decided: the dwell, or the end of the watch. */
      readonly untilMs: number;
      /** When that is at the earliest, ISO 8601. */
      readonly until: string;
      readonly word: VerdictWord;
      /** What is not shown yet, one sentence each. */
      readonly open: readonly string[];
      /** Of the evidence until now, for `decide --digest`. */
      readonly digest: string;
    };
    readonly decisions?: readonly RolloutDecision[];
    readonly report: string;
  };
  /** A release whose preflight has not passed, begun after that rollout; nothing of it was shipped. */
  readonly waiting?: {
    readonly runId: string;
    readonly release: string;
    /** Absent where its process was killed. */
    readonly because?: string;
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
  /** What could not be read, and why. */
  readonly problems: readonly string[];
  readonly next: readonly string[];
}
