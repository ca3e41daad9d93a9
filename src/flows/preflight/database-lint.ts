import type { LintEvidence, LintFinding, PendingMigration } from '../../core/database.ts';
import { messageOf } from '../../core/errors.ts';
import type { SchemaSnapshot } from '../../core/schema/snapshot.ts';
import { longLockOf, tablesOf } from '../../core/schema/statement-locks.ts';
import { codeOf, type ScratchParts, splitStatements, summarise, type SqlStatement } from '../../migrations/index.ts';
import { runSquawk, type SqlToLint } from '../../runners/squawk.ts';
import type { PreflightContext } from './context.ts';

export interface LintOutcome {
  readonly evidence?: LintEvidence;
  readonly missing?: string;
  readonly files: readonly string[];
  readonly statements: ReadonlyMap<string, Pick<PendingMigration, 'schemaStatements'>>;
}

interface Known {
  /** The schema before the migrations; undefined where it was not measured. */
  readonly before: SchemaSnapshot | undefined;
  /** `server_version_num`; undefined where no server was asked. */
  readonly version: number | undefined;
}

/** Reads the SQL of the pending migrations: squawk, and the statements with a long lock that it has no rule for. Never throws. */
export async function lintMigrations(
  pending: readonly { readonly id: string }[],
  sqlOf: ScratchParts['sqlOf'],
  { before, version }: Known,
  { release, runner }: PreflightContext,
): Promise<LintOutcome> {
  const none = { files: [], statements: new Map() };
  if ('missing' in sqlOf) return { ...none, missing: sqlOf.missing };
  const texts: SqlToLint[] = [];
  const problems: string[] = [];
  for (const { id } of pending) {
    try {
      texts.push({ id, ...(await sqlOf(id, release, { signal: runner.signal })) });
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  if (texts.length === 0) return { ...none, evidence: { version: '', read: [], findings: [], problems } };
  const report = await runSquawk(texts, version, runner);
  const statements = new Map(texts.map(({ id, sql }) => [id, splitStatements(sql)]));
  const findings = [
    ...report.findings.map(({ id, ...finding }) => ({
      migration: id,
      ...finding,
      statement: at(statements.get(id), finding.line),
    })),
    ...[...statements].flatMap(([id, list]) => list.flatMap((statement) => ownFinding(id, statement))),
  ].map(({ statement, ...finding }) => located(finding, statement, before));
  return {
    files: report.files,
    statements: new Map(
      [...statements].map(([id, list]) => [id, { schemaStatements: list.filter(isSchemaStatement).length }]),
    ),
    evidence: {
      version: report.version,
      read: report.read,
      findings,
      problems: [...problems, ...report.problems],
    },
  };
}

/** The statement that the line belongs to. */
const at = (statements: readonly SqlStatement[] | undefined, line: number): SqlStatement | undefined =>
  statements?.findLast((statement) => statement.line <= line);

function ownFinding(migration: string, statement: SqlStatement) {
  const rule = longLockOf(codeOf(statement.text));
  if (rule === undefined) return [];
  const message = 'Holds its lock for as long as it runs.';
  return [{ migration, line: statement.line, rule, group: 'lock' as const, message, statement }];
}

function located(
  finding: Omit<LintFinding, 'statement' | 'tables'>,
  statement: SqlStatement | undefined,
  before: SchemaSnapshot | undefined,
): LintFinding {
  const text = statement ? summarise(statement) : '';
  if (!before || !statement) return { ...finding, statement: text };
  const indexed = (name: string) =>
    before.objects.flatMap((each) => (each.kind === 'index' && each.name === name ? [each.table] : []))[0];
  const all = tablesOf(codeOf(statement.text), indexed);
  if (all.length === 0) return { ...finding, statement: text };
  const isThere = (table: string) =>
    before.objects.some(({ kind, name }) => (kind === 'table' || kind === 'materialized view') && name === table);
  return { ...finding, statement: text, tables: all.filter(isThere) };
}

const isSchemaStatement = ({ text }: SqlStatement): boolean => /^(CREATE|ALTER|DROP)\b/i.test(codeOf(text).trim());
