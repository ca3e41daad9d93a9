import type { Migrations } from '../../../../src/migrations/index.ts';

export const pendingMigrations: readonly string[] = ['001-first', '002-second'];

/** `applied` has the ids of the migrations that the database holds; they are applied by the simulated command. */
export function simulateMigrations(applied: () => ReadonlySet<string>): Migrations {
  return {
    name: 'simulated',
    check: async () => undefined,
    status: async () => pendingMigrations.map((id) => ({ id, applied: applied().has(id) })),
    pending: async () =>
      pendingMigrations
        .filter((id) => !applied().has(id))
        .map((id) => ({ id, class: 'expand', because: 'declared', revertible: true })),
    up: async () => undefined,
    down: async () => undefined,
  };
}
