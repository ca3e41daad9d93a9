/**
 * Whether the previous release runs on the migrated schema (2.B2, 4.2.3). `expand`: it does. `contract`: it does not, and the
 * migration can be reverted. `irreversible`: it does not, or it is not known, and the migration cannot be reverted.
 */
export type MigrationClass = 'expand' | 'contract' | 'irreversible';

export const migrationClasses: readonly MigrationClass[] = ['expand', 'contract', 'irreversible'];

export interface PlannedMigration {
  readonly id: string;
  readonly class: MigrationClass;
  /** What the class is known from: `declared`, or a sentence where it was derived. */
  readonly because: string;
  /** False where nothing reverts it. */
  readonly revertible: boolean;
}

export interface DownPlan {
  /** Reverted by a rollback, in the order in which they were applied; reverted newest first. */
  readonly revert: readonly PlannedMigration[];
  /** Break the previous release and stay all the same: past them there is no complete rollback. */
  readonly stay: readonly PlannedMigration[];
}

/**
 * What a rollback reverts of the migrations that a release applied, given in their order: nothing where all of them expand;
 * otherwise everything from the newest one back to the last that cannot be reverted, which stays with everything before it.
 */
export function planDown(migrations: readonly PlannedMigration[]): DownPlan {
  const first = migrations.findLastIndex((each) => each.class === 'irreversible' || !each.revertible) + 1;
  const newer = migrations.slice(first);
  return {
    revert: newer.some((each) => each.class !== 'expand') ? newer : [],
    stay: migrations.slice(0, first).filter((each) => each.class !== 'expand'),
  };
}
