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
  /** How long a rollback may observe the previous release to show that it serves; 0: it does not. Absent in older journals. */
  readonly proofMs?: number;
  /** How long the requests in flight of an instance may take to end (2.R4). */
  readonly drainMs: number;
}
