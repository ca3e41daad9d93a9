import type { RollbackParts } from '../../core/rollout/rollback-parts.ts';
import type { RolloutSettings } from '../../core/rollout/settings.ts';
import type { RolloutContext } from './run.ts';

export { performCourtesy, retryCourtesies } from './rollback-courtesies.ts';
export { restoreFlags, snapshotFlags } from './rollback-flags.ts';
export { migrateDown } from './rollback-migrations.ts';
export { proveRollback } from './rollback-proof.ts';

/** What the target file configures for a rollback beside its traffic and its migrations. */
export function configuredParts(
  { drivers: { flags }, courtesies }: Pick<RolloutContext, 'drivers' | 'courtesies'>,
  { proofMs }: Pick<RolloutSettings, 'proofMs'>,
): Omit<RollbackParts, 'migrations'> {
  return {
    ...(flags ? { flags: flags.owned ? ('owned' as const) : true } : {}),
    ...(courtesies?.channel ? { incident: true } : {}),
    ...(courtesies?.tickets ? { ticket: true } : {}),
    ...(courtesies?.releases ? { sentry: true } : {}),
    ...(proofMs === 0 ? {} : { proof: true }),
  };
}
