import type { Slo } from '../slo.ts';

export const clusteredKinds = ['errors', 'payments', 'latency', 'sessions'] as const;
export type ClusteredKind = (typeof clusteredKinds)[number];

/** How a stage is decided while data arrives. Times in ms; alphas and beta are chances of a wrong decision, in (0, 1). */
export interface JudgeSettings {
  /**
   * `sop-confirmed`: the SOP's literal rule of 4.1b holds at once, and rolls back once `literal.confirmMs` more data confirm it.
   * `proof-only`: only proved breaches roll back. `sop-strict`: the literal rule rolls back at once.
   */
  readonly mode: 'sop-confirmed' | 'proof-only' | 'sop-strict';
  /** Observed time of one batch of the slow lanes. */
  readonly batchMs: number;
  /** Time between two samples of the router's counters, and the longest one that the fast lane counts. */
  readonly sample: { readonly everyMs: number; readonly longestMs: number };
  /** Of all rollbacks by the slow lanes, by the fast lane, and of all holds. */
  readonly alpha: { readonly rollback: number; readonly fast: number; readonly hold: number };
  /** Of the proof of each objective. */
  readonly beta: number;
  /** The fewest bad batches that can roll back, that can hold, and that can roll back by latency alone. */
  readonly batches: { readonly rollback: number; readonly hold: number; readonly latency: number };
  /** How many times the odds of the baseline an event of the canary may have, before it is a regression. */
  readonly tolerance: { readonly errors: number; readonly payments: number; readonly latency: number };
  /** The trailing window of the literal rule, and how much more data confirm it. */
  readonly literal: { readonly windowMs: number; readonly confirmMs: number };
  /** Samples that the fast lane leaves out (the longest tolerated blip and one more), and bad ones beyond them that decide. */
  readonly fast: { readonly leftOut: number; readonly beyond: number };
  /** Batches in which a defect that begins late is found as fast as one that was there from the start. */
  readonly restarts: number;
  /**
   * `on`: failures at 100 % put the traffic back to the previous stage's share for `forMs`, at most so many times a release,
   * where the fast lane can compare.
   */
  readonly stepBack: { readonly mode: 'off' | 'on'; readonly forMs: number; readonly most: number };
  /**
   * By the kind of event: how many of them one cause brings together on average, at least 1. 1 where a retry is not counted
   * again, as payments by idempotency key and sessions are not.
   */
  readonly clusters: Readonly<Record<ClusteredKind, number>>;
}

/** The defaults of config/rollout.yaml, also for rollouts of versions that had no such settings. */
export const sopJudge: JudgeSettings = {
  mode: 'sop-confirmed',
  batchMs: 10_000,
  sample: { everyMs: 1000, longestMs: 2000 },
  alpha: { rollback: 0.009, fast: 0.001, hold: 0.05 },
  beta: 0.05,
  batches: { rollback: 3, hold: 2, latency: 12 },
  tolerance: { errors: 2, payments: 2, latency: 1.5 },
  literal: { windowMs: 300_000, confirmMs: 300_000 },
  fast: { leftOut: 4, beyond: 2 },
  restarts: 300,
  stepBack: { mode: 'off', forMs: 30_000, most: 3 },
  clusters: { errors: 2, payments: 1, latency: 2, sessions: 1 },
};

/** The mean size of the clusters in which the events of an objective come: phi of its lanes. */
export const clustersOf = ({ event }: Pick<Slo, 'event'>, { clusters }: Pick<JudgeSettings, 'clusters'>): number =>
  ({
    'server-error': clusters.errors,
    'failed-payment': clusters.payments,
    'slow-response': clusters.latency,
    'crashed-session': clusters.sessions,
  })[event.kind];

/** How a rollout is paced and what its stages have to measure. Times in ms. */
export interface RolloutSettings {
  /** Percent of traffic on the new release, rising, the last one 100. */
  readonly stages: readonly number[];
  /** Least observed time of a stage. */
  readonly dwellMs: number;
  /** Observed time beyond the dwell after which an undecided stage is rolled back as degraded. */
  readonly holdBudgetMs: number;
  /** Time after a shift in which latency does not count. */
  readonly warmUpMs: number;
  /** Time between two observations. */
  readonly intervalMs: number;
  /** Fewer samples than these in its window, and the literal rule of 4.1b does not apply. */
  readonly minimum: { readonly requests: number; readonly payments: number };
  /** A latency breach is a rollback when every interval of a span breaches (4.1a). */
  readonly latency: { readonly intervalMs: number; readonly sustainedMs: number };
  /** The watch after the last shift: observed time since it, and how often the smoke is repeated meanwhile. */
  readonly watch: { readonly forMs: number; readonly smokeEveryMs?: number };
  /** How long the previous colour stays ready after the rollout. */
  readonly keepWarmMs: number;
  /** Requests of our own to the new release where users send too few; false where the target does not allow it. */
  readonly synthetic: false | { readonly profile: string; readonly rate?: number };
  readonly rolling: {
    readonly by: 'instance' | 'zone';
    readonly batch: number;
    readonly maxSurge: number;
    readonly maxUnavailable: number;
  };
  /** How long a router that cannot be reached or refuses is called again. */
  readonly routerRetryMs: number;
  /** Longest pause before a source that cannot be read is retried, and how long until the run ends as HOLD. Absent in older journals. */
  readonly blind?: { readonly retryUpToMs: number; readonly endAfterMs: number };
  /** How long a rollback may observe the previous release to show that it serves; 0: it does not. Absent in older journals. */
  readonly proofMs?: number;
  /** How long the requests in flight of an instance may take to end (2.R4). */
  readonly drainMs: number;
  readonly judge: JudgeSettings;
}
