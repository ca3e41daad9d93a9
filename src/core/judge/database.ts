import type { DatabaseEvidence, PendingMigration } from '../database.ts';
import type { Unmeasured } from '../preflight.ts';
import type { Judgement, JudgementStatus, NotChecked } from '../verdict.ts';
import { decideCompatible } from './database-compatible.ts';
import { formatServerVersion } from '../schema/server-version.ts';
import { type Decided, namesOf } from './database-decided.ts';
import { decideLocks } from './database-locks.ts';
import type { Judged } from './judged.ts';
import { withoutEvidence } from './unmeasured.ts';

const checks = {
  pending: {
    id: 'database.pending',
    title: 'Pending migrations apply',
    clauses: ['1.2a'],
    expected: 'every pending migration is listed, and applies to a scratch database',
    decide: decidePending,
  },
  compatible: {
    id: 'database.compatible',
    title: 'Schema is backward compatible',
    clauses: ['1.2b'],
    expected: 'every difference of the schema is an expand, and the declared classes are the measured ones',
    decide: decideCompatible,
  },
  locks: {
    id: 'database.locks',
    title: 'No long lock',
    clauses: ['1.2a'],
    expected: 'no lock for as long as a large table is read, and a time limit for each lock',
    decide: decideLocks,
  },
} as const;

/** Clauses 1.2a and 1.2b. */
export function judgeDatabase(evidence: DatabaseEvidence | { readonly unmeasured: Unmeasured }): Judged {
  const each = Object.values(checks);
  if ('unmeasured' in evidence) {
    const notChecked = each.map(({ id, title, clauses }): NotChecked =>
      withoutEvidence({ id, title, clauses }, evidence.unmeasured),
    );
    return { judgements: [], notChecked };
  }
  const judgements = each.map(({ decide, ...check }): Judgement => {
    const decided = unlisted(evidence) ?? decide(evidence);
    return { ...check, ...decided, evidence: evidence.files, requestIds: [] };
  });
  return { judgements, notChecked: [] };
}

/** What no check can decide without: the list of the migrations, and a migration that is pending. */
function unlisted({ listed, driver, problems, pending }: DatabaseEvidence): Decided | undefined {
  if (listed === undefined)
    return {
      status: 'error',
      actual: 'not listed',
      because: `The migrations could not be listed: ${problems[0] ?? 'no answer'}`,
    };
  if (listed === 0)
    return {
      status: 'inconclusive',
      actual: 'no migration',
      because: `The migrations driver ${driver} reported no migration at all, neither applied nor pending.`,
    };
  if (pending.length === 0)
    return {
      status: 'pass',
      actual: 'none pending',
      because: `The migrations driver ${driver} reported ${listed} ${listed === 1 ? 'migration' : 'migrations'}, and each is applied.`,
    };
  return undefined;
}

function decidePending(evidence: DatabaseEvidence): Decided {
  const { pending, refused, scratch, noScratch, problems } = evidence;
  const actual = `${pending.length} pending: ${namesOf(pending)}`;
  const decided = (status: JudgementStatus, because: string): Decided => ({ status, actual, because });
  if (refused !== undefined) return decided('fail', refused);
  if (noScratch !== undefined) return decided('inconclusive', `They were applied nowhere: ${noScratch}.`);
  if (!scratch) return decided('error', `They were not applied: ${problems[0] ?? 'no scratch database'}`);
  if (scratch.failed)
    return scratch.failed.pending
      ? decided('fail', `${scratch.failed.migration} failed on a scratch database: ${scratch.failed.problem}`)
      : decided(
          'error',
          `The migrations up to ${scratch.failed.migration}, which are applied on the target, failed on a scratch database: ${scratch.failed.problem}`,
        );
  const silent = pending.filter(didNothing);
  if (silent.length > 0)
    return decided(
      'inconclusive',
      `${namesOf(silent)} reported success on a scratch database, and the schema is unchanged although its SQL changes it.`,
    );
  if (pending.length < (evidence.listed ?? 0) && scratch.objects <= 1)
    return decided(
      'inconclusive',
      'The applied migrations reported success on a scratch database, and it has no table.',
    );
  return decided(
    'pass',
    `Each was applied to a scratch database of PostgreSQL ${formatServerVersion(scratch.serverVersion)} by the release's own build.`,
  );
}

const didNothing = ({ changedSchema, schemaStatements = 0 }: PendingMigration): boolean =>
  changedSchema === false && schemaStatements > 0;
