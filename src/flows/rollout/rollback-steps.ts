import type { StepOutcome } from '../../core/rollout/advance.ts';
import type { RollbackParts } from '../../core/rollout/rollback-parts.ts';
import type { RolloutStep } from '../../core/rollout/step.ts';
import { stepFailed } from './release-steps.ts';
import type { RolloutRun } from './run.ts';

/** What the target file configures for a rollback beside its traffic and its migrations. */
export const configuredParts = (): Omit<RollbackParts, 'migrations'> => ({});

const notConfigured = (what: string): never => {
  throw stepFailed(`The target file does not configure ${what}.`);
};

/** Clause 4.2.2: the flags before anything of the release is changed. */
export const snapshotFlags = async (_run: RolloutRun): Promise<StepOutcome> => notConfigured('feature flags');

/** Clause 4.2.2. */
export const restoreFlags = async (_run: RolloutRun): Promise<StepOutcome> => notConfigured('feature flags');

/** Clause 4.2.3: reverts exactly what this release applied, newest first. */
export const migrateDown = async (
  _step: RolloutStep & { do: 'migrate-down' },
  _run: RolloutRun,
): Promise<StepOutcome> => notConfigured('migrations');

/** Clause 4.2.4. */
export const notifyIncident = async (_run: RolloutRun): Promise<StepOutcome> => notConfigured('an incident channel');

/** Clause 4.2.4. */
export const openTicket = async (_run: RolloutRun): Promise<StepOutcome> => notConfigured('a tracker of tickets');

/** Clause 4.2.5. */
export const recordFailedDeploy = async (_run: RolloutRun): Promise<StepOutcome> => notConfigured('Sentry');

/** Whether the side that has its traffic back serves within its objectives. */
export const proveRollback = async (
  _step: RolloutStep & { do: 'prove-rollback' },
  _run: RolloutRun,
): Promise<StepOutcome> => notConfigured('a proof of the rollback');
