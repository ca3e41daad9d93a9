import { basename, join } from 'node:path';
import type { DatabaseSettings, PendingMigration, ScratchEvidence } from '../../core/database.ts';
import { messageOf } from '../../core/errors.ts';
import { newDifferences } from '../../core/schema/cumulative.ts';
import { diffSchemas } from '../../core/schema/diff.ts';
import type { SchemaSnapshot } from '../../core/schema/snapshot.ts';
import { type ScratchDatabase, type ScratchParts, withScratch } from '../../migrations/index.ts';
import { writeTextAtomic } from '../../system/files.ts';
import type { PreflightContext } from './context.ts';
import type { MigrationList } from './database-setup.ts';

export type Measured = Pick<PendingMigration, 'durationMs' | 'differences' | 'changedSchema'>;

export interface ScratchOutcome {
  readonly evidence?: ScratchEvidence;
  /** Why there is no scratch database. */
  readonly missing?: string;
  readonly problems: readonly string[];
  readonly files: readonly string[];
  /** The schema that the previous release knows. */
  readonly before?: SchemaSnapshot;
  readonly measured: ReadonlyMap<string, Measured>;
}

const nothing = { problems: [], files: [], measured: new Map<string, Measured>() };

/** Applies what is applied on the target, and then each pending migration, with a snapshot after each. Never throws. */
export async function measureOnScratch(
  list: MigrationList,
  apply: ScratchParts['apply'],
  { scratch: server }: DatabaseSettings,
  context: PreflightContext,
): Promise<ScratchOutcome> {
  if (server === undefined)
    return { ...nothing, missing: "preflight.database.scratch names no server: '${SCRATCH_DATABASE_URL}'" };
  if ('missing' in apply) return { ...nothing, missing: apply.missing };
  const late = lateOf(list);
  if (late !== undefined) return { ...nothing, problems: [late] };
  try {
    return await withScratch(server, basename(context.runner.runFolder), (scratch) =>
      applyAll(list, { scratch, apply }, context),
    );
  } catch (error) {
    return { ...nothing, problems: [messageOf(error)] };
  }
}

/** An empty database cannot be brought to where the target is by applying migrations in their order. */
function lateOf({ all }: MigrationList): string | undefined {
  const newest = all.findLastIndex(({ applied }) => applied);
  const late = all.slice(0, Math.max(0, newest)).filter(({ applied }) => !applied);
  return late.length === 0
    ? undefined
    : `${late.map(({ id }) => id).join(', ')}: pending and before ${all[newest]?.id}, which is applied, so that the schema of the target cannot be made on a scratch database`;
}

interface Applying {
  readonly scratch: ScratchDatabase;
  readonly apply: Exclude<ScratchParts['apply'], { readonly missing: string }>;
}

async function applyAll(
  { all, pending }: MigrationList,
  { scratch, apply }: Applying,
  { release, runner, clock }: PreflightContext,
): Promise<ScratchOutcome> {
  const applied = all.filter((each) => each.applied).map(({ id }) => id);
  const call = { signal: runner.signal };
  const failing = async (ids: readonly string[]) => {
    try {
      await apply(scratch, ids, release, call);
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  };
  const base = { database: scratch.name };
  const failedBefore = applied.length === 0 ? undefined : await failing(applied);
  const before = await scratch.snapshot();
  const evidence = { ...base, serverVersion: before.serverVersion, objects: before.objects.length };
  if (failedBefore !== undefined) {
    const failed = { migration: applied.at(-1) ?? '', pending: false, problem: failedBefore };
    return { ...nothing, evidence: { ...evidence, failed } };
  }
  const measured = new Map<string, Measured>();
  let last = before;
  for (const { id, revertible } of pending) {
    const began = clock.monotonic();
    const problem = await failing([id]);
    if (problem !== undefined) {
      const failed = { migration: id, pending: true, problem };
      return { ...nothing, evidence: { ...evidence, failed }, before, measured };
    }
    const durationMs = clock.monotonic() - began;
    const now = await scratch.snapshot();
    const differences = newDifferences(before, last, now, revertible);
    measured.set(id, { durationMs, differences, changedSchema: diffSchemas(last, now).length > 0 });
    last = now;
  }
  const files = await writeSnapshots({ before, after: last }, runner);
  return { ...nothing, evidence, before, measured, files };
}

async function writeSnapshots(
  snapshots: Readonly<Record<'before' | 'after', SchemaSnapshot>>,
  { runFolder, mask }: PreflightContext['runner'],
): Promise<string[]> {
  return Promise.all(
    (['before', 'after'] as const).map(async (name) => {
      const file = `database/schema-${name}.json`;
      await writeTextAtomic(join(runFolder, file), mask(`${JSON.stringify(snapshots[name], null, 1)}\n`));
      return file;
    }),
  );
}
