/** The flags of `npm run rollback`. */
export interface RollbackOptions {
  readonly target?: string | undefined;
  /** What is rolled back; without it only with `resume`. */
  readonly release?: string | undefined;
  readonly reason?: string | undefined;
  /** Continues a rollback that was interrupted, or failed. */
  readonly resume?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  /** Starts the previous release first where it does not run any more. */
  readonly startPrevious?: boolean | undefined;
  readonly waitMs?: number | undefined;
  readonly allowProductionLoad?: boolean | undefined;
}
