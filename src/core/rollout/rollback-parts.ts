import type { PlannedMigration } from './migrations.ts';

/** What a rollback undoes and reports beside the traffic, as far as the target file configures it (4.2.2 to 4.2.5). */
export interface RollbackParts {
  /** `owned`: the target file names the flags that releases introduce. */
  readonly flags?: true | 'owned';
  /** Pending when the rollout was planned, in the order in which it applies them. */
  readonly migrations?: readonly PlannedMigration[];
  readonly incident?: true;
  readonly ticket?: true;
  readonly sentry?: true;
  /** The side that has its traffic back is shown to serve within its objectives. */
  readonly proof?: true;
}
