import { driversOf } from '../../config/target-file.ts';
import type { DatabaseEvidence, DatabaseSettings } from '../../core/database.ts';
import type { MigrationsSettings } from '../../core/drivers.ts';
import { messageOf, UserError } from '../../core/errors.ts';
import { createScratchMigrations, type Migrations } from '../../migrations/index.ts';
import type { GatherPart, PreflightContext } from './context.ts';
import { lintMigrations } from './database-lint.ts';
import type { DatabaseSetup, MigrationList } from './database-setup.ts';
import { readLive } from './database-live.ts';
import { measureOnScratch, type ScratchOutcome } from './database-scratch.ts';

const defaults: DatabaseSettings = {
  inTransaction: true,
  ignore: [],
  largeTable: { rows: 100_000, bytes: 64 * 1024 * 1024 },
  timeoutMs: 15 * 60_000,
};

/** Clauses 1.2a and 1.2b, without a change of the target: the pending migrations are applied to a database of the run's own. */
export const gatherDatabase: GatherPart = async (context) => {
  const { file, deployment, drivers } = context;
  const settings = deployment.preflight?.database ?? defaults;
  if ('off' in settings) return { database: { unmeasured: settings } };
  const driver = drivers?.migrations;
  const { migrations } = driver ? driversOf(file, deployment) : {};
  if (!driver || !migrations)
    return {
      database: {
        unmeasured: { missing: 'the target file names no `migrations`; or preflight.database: { off: REASON }' },
      },
    };
  return { database: await measure(driver, { migrations, settings }, context) };
};

async function measure(
  driver: Migrations,
  { migrations, settings }: DatabaseSetup,
  context: PreflightContext,
): Promise<DatabaseEvidence> {
  const { release, runner } = context;
  const evidence: DatabaseEvidence = {
    files: [],
    release,
    driver: driver.name,
    problems: [],
    pending: [],
    largeTable: settings.largeTable,
    ...lockOf(migrations),
  };
  const list = await listMigrations(driver, context);
  if ('problem' in list) return { ...evidence, problems: [list.problem] };
  if (list.pending.length === 0) return { ...evidence, listed: list.all.length };
  const parts = createScratchMigrations(migrations, settings, { env: runner.toolEnv, cwd: runner.projectRoot });
  const scratch = await measureOnScratch(list, parts.apply, settings, context);
  const live = await readLive(scratch.before, { migrations, settings });
  const version = scratch.evidence?.serverVersion ?? ('live' in live ? live.live?.serverVersion : undefined);
  const lint = await lintMigrations(list.pending, parts.sqlOf, { before: scratch.before, version }, context);
  return {
    ...evidence,
    files: [...scratch.files, ...lint.files],
    listed: list.all.length,
    ...(list.refused === undefined ? {} : { refused: list.refused }),
    problems: [...scratch.problems, ...live.problems],
    pending: list.pending.map((migration) => ({
      ...migration,
      declared: migration.because.startsWith('declared'),
      ...scratch.measured.get(migration.id),
      ...lint.statements.get(migration.id),
    })),
    ...scratchParts(scratch),
    ...(live.live ? { live: live.live } : {}),
    ...(lint.evidence ? { lint: lint.evidence } : {}),
    ...(lint.missing === undefined ? {} : { noLint: lint.missing }),
  };
}

const scratchParts = ({ evidence, missing }: ScratchOutcome): Pick<DatabaseEvidence, 'scratch' | 'noScratch'> => ({
  ...(evidence ? { scratch: evidence } : {}),
  ...(missing === undefined ? {} : { noScratch: missing }),
});

const lockOf = (migrations: MigrationsSettings): Pick<DatabaseEvidence, 'lock'> => {
  if (migrations.driver === 'sql-files')
    return { lock: { timeoutMs: migrations.lockTimeoutMs, retries: migrations.lockRetries } };
  return migrations.lock ? { lock: { timeoutMs: migrations.lock.timeoutMs, retries: migrations.lock.retries } } : {};
};

async function listMigrations(
  driver: Migrations,
  { release, runner: { signal } }: PreflightContext,
): Promise<MigrationList | { readonly problem: string }> {
  try {
    const all = await driver.status(release, { signal });
    const pending = await driver.pending(release, { signal });
    return { all, pending, ...(await refusal(driver, release, signal)) };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}

/** What `up` would refuse. */
async function refusal(
  driver: Migrations,
  release: string,
  signal: AbortSignal,
): Promise<{ readonly refused?: string }> {
  try {
    await driver.check(release, { signal });
    return {};
  } catch (error) {
    if (error instanceof UserError) return { refused: error.message };
    throw error;
  }
}
