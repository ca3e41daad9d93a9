import type { DatabaseSettings } from '../../core/database.ts';
import type { MigrationsSettings } from '../../core/drivers.ts';
import type { PlannedMigration } from '../../core/rollout/migrations.ts';

/** What the target file sets for its migrations and how they are measured. */
export interface DatabaseSetup {
  readonly migrations: MigrationsSettings;
  readonly settings: DatabaseSettings;
}

export interface MigrationList {
  /** All that the driver reported, in their order. */
  readonly all: readonly { readonly id: string; readonly applied: boolean }[];
  readonly pending: readonly PlannedMigration[];
  /** Why the driver would not run them. */
  readonly refused?: string;
}
