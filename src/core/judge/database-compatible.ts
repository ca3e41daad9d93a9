import type { DatabaseEvidence, PendingMigration } from '../database.ts';
import type { MigrationClass } from '../rollout/migrations.ts';
import type { Difference, DifferenceClass } from '../schema/difference.ts';
import { formatServerVersion, majorOf } from '../schema/server-version.ts';
import type { JudgementStatus } from '../verdict.ts';
import { type Decided, namesOf } from './database-decided.ts';

const severity: readonly DifferenceClass[] = ['expand', 'unknown', 'contract', 'irreversible'];

/** The strictest class of its differences; undefined where it was not applied. */
export const measuredClass = ({ differences }: Pick<PendingMigration, 'differences'>): DifferenceClass | undefined =>
  differences?.reduce<DifferenceClass>(
    (worst, each) => (severity.indexOf(each.class) > severity.indexOf(worst) ? each.class : worst),
    'expand',
  );

/**
 * Clause 1.2b. A migration that breaks the previous release fails, whether its author declares it or not: it is decided before
 * the deploy, by an entry under `accepted`. What is not known to be compatible is inconclusive.
 */
export function decideCompatible(evidence: DatabaseEvidence): Decided {
  const { pending, scratch, noScratch, problems } = evidence;
  const actual = pending.map((each) => `${each.id}: ${measuredClass(each) ?? 'not measured'}`).join(', ');
  const decided = (status: JudgementStatus, because: string): Decided => ({ status, actual, because });
  const contradiction = pending.flatMap(contradictionOf)[0];
  if (contradiction !== undefined) return decided('fail', contradiction);
  const breaking = pending.filter(
    (each) => isBreaking(measuredClass(each)) || (each.declared && isBreaking(each.class)),
  );
  if (breaking.length > 0) return decided('fail', breaking.map(describeBreaking).join(' '));
  if (noScratch !== undefined) return decided('inconclusive', `The schema was not compared: ${noScratch}.`);
  const [unmeasured] = pending.filter(({ differences }) => differences === undefined);
  if (unmeasured)
    return decided(
      'error',
      `The schema was not compared: ${scratch?.failed?.problem ?? problems[0] ?? `${unmeasured.id} was not applied`}`,
    );
  const open = pending.flatMap(({ id, differences = [] }) =>
    differences.filter((each) => each.class === 'unknown').map((each) => `${id}: ${describe(each)}`),
  );
  const doubts = [...open, ...lintDoubts(evidence), ...liveDoubts(evidence)];
  if (doubts.length > 0) return decided('inconclusive', `${doubts.slice(0, 3).join('; ')}${more(doubts.length - 3)}.`);
  if (evidence.lint && evidence.lint.problems.length > 0) return decided('error', `${evidence.lint.problems[0]}.`);
  const count = pending.reduce((sum, { differences = [] }) => sum + differences.length, 0);
  const drift = evidence.live
    ? 'the live schema is as migrated'
    : 'the live schema was not compared: preflight.database.live';
  return decided(
    'pass',
    `${count} ${count === 1 ? 'difference' : 'differences'}, and none breaks the previous release; ${drift}.`,
  );
}

const more = (count: number): string => (count > 0 ? `; and ${count} more` : '');
const isBreaking = (found: DifferenceClass | undefined): boolean => found === 'contract' || found === 'irreversible';

/** A class that the author declares and the schema refutes; both are named. */
function contradictionOf(migration: PendingMigration): string[] {
  const measured = measuredClass(migration);
  if (!migration.declared || measured === undefined || measured === 'unknown') return [];
  if (isBreaking(measured) === isBreaking(migration.class)) return [];
  const worst = migration.differences?.find((each) => each.class === measured);
  const why =
    isBreaking(measured) && worst
      ? `: ${describe(worst)}`
      : ': no difference of the schema breaks the previous release';
  return [`${migration.id} is declared ${migration.class} and measured ${measured}${why}.`];
}

function describeBreaking({
  id,
  class: declared,
  declared: isDeclared,
  differences = [],
  revertible,
}: PendingMigration): string {
  const found = differences.filter((each) => isBreaking(each.class));
  const [first] = found;
  const plan: Readonly<Record<MigrationClass, string>> = {
    expand: 'declare it, so that a rollback reverts it',
    contract: 'a rollback reverts it',
    irreversible: 'no down migration reverts it',
  };
  const known: MigrationClass = !revertible
    ? 'irreversible'
    : isDeclared
      ? declared
      : declared === 'contract'
        ? 'contract'
        : 'expand';
  const what = first ? describe(first) : `declared ${declared}`;
  return `${id} breaks the previous release: ${what}${more(found.length - 1)} (${plan[known]}).`;
}

const describe = ({ object, change, reason, breaks }: Difference): string => `${object} ${change}, ${breaks ?? reason}`;

/** What squawk calls incompatible and the schemas do not show, and SQL that was not read. */
function lintDoubts({ lint, noLint, pending }: DatabaseEvidence): string[] {
  if (noLint !== undefined) return [`the SQL of the migrations was not read: ${noLint}`];
  if (!lint) return ['the SQL of the migrations was not read'];
  const incompatible = lint.findings
    .filter(({ group, tables }) => group === 'incompatible' && tables?.length !== 0)
    .map(
      ({ migration, line, rule, statement }) =>
        `${migration} line ${line}: ${statement} (squawk: ${rule}), and the schemas show no such difference`,
    );
  const unread = pending.filter(({ id }) => !lint.read.includes(id));
  return lint.problems.length > 0 || unread.length === 0
    ? incompatible
    : [...incompatible, `the SQL of ${namesOf(unread)} was not read`];
}

function liveDoubts({ live, scratch, problems }: DatabaseEvidence): string[] {
  if (!live || !scratch) return [...problems];
  if (majorOf(live.serverVersion) !== majorOf(scratch.serverVersion))
    return [
      `the live database is PostgreSQL ${formatServerVersion(live.serverVersion)} and the scratch server ${formatServerVersion(scratch.serverVersion)}: use the same major version`,
    ];
  const [first] = live.drift;
  return first
    ? [
        `drift: the live schema is not the migrated one: ${first.object} ${first.change}${more(live.drift.length - 1)}; preflight.database.ignore names what no migration makes`,
      ]
    : [...problems];
}
