import { type MigrationClass, migrationClasses } from '../core/rollout/migrations.ts';
import { codeOf, splitStatements, type SqlStatement, summarise } from './sql-statements.ts';

/** The first line of a file whose statements have to run outside of a transaction. */
export const noTransactionLine = '-- shiproom: no-transaction';

/** A migration file, read and split; `inTransaction` is false if its first line says so. */
export interface SqlFile {
  readonly name: string;
  readonly statements: readonly SqlStatement[];
  readonly inTransaction: boolean;
  /** `-- shiproom: contract` in one of its leading comments. */
  readonly declared?: MigrationClass;
  /** Of `-- shiproom: …` in its leading comments, without those that are known. */
  readonly unknownDirectives: readonly string[];
}

export function parseSqlFile(name: string, sql: string): SqlFile {
  const lines = sql.replace(/^\uFEFF/, '').split('\n');
  const inTransaction = lines[0]?.trim() !== noTransactionLine;
  const directives = directivesOf(inTransaction ? lines : lines.slice(1));
  const declared = migrationClasses.find((each) => directives.includes(each));
  return {
    name,
    statements: splitStatements(sql),
    inTransaction,
    ...(declared === undefined ? {} : { declared }),
    unknownDirectives: directives.filter((each) => each !== declared),
  };
}

/** What stands behind `-- shiproom:` in the comments before the first statement. */
function directivesOf(lines: readonly string[]): string[] {
  const code = lines.findIndex((line) => line.trim() !== '' && !line.trim().startsWith('--'));
  return lines
    .slice(0, code < 0 ? lines.length : code)
    .flatMap((line) => /^--\s*shiproom:\s*(.*)$/.exec(line.trim())?.[1]?.trim() ?? []);
}

/** Statements that start or end a transaction. A savepoint and `ROLLBACK TO` stay within it and are allowed. */
const transactionControl =
  /^(BEGIN|START\s+TRANSACTION|COMMIT|END|ABORT|ROLLBACK(?!\s+(WORK\s+|TRANSACTION\s+)?TO\b)|PREPARE\s+TRANSACTION)\b/i;

/** Statements that PostgreSQL refuses within a transaction block. */
const outsideOnly = [
  /^CREATE\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY\b/i,
  /^DROP\s+INDEX\s+CONCURRENTLY\b/i,
  /^REINDEX\b[^;]*\bCONCURRENTLY\b/i,
  /^ALTER\s+TABLE\b[^;]*\bDETACH\s+PARTITION\b[^;]*\bCONCURRENTLY\b/i,
  /^VACUUM\b/i,
  /^(CREATE|DROP)\s+(DATABASE|TABLESPACE)\b/i,
  /^ALTER\s+SYSTEM\b/i,
];

/** Why a file is refused before it is run, each with file, line and statement; empty if it may run. */
export function problemsOf({ name, statements, inTransaction, unknownDirectives }: SqlFile): string[] {
  if (unknownDirectives.length > 0)
    return unknownDirectives.map(
      (each) =>
        `${name}: "-- shiproom: ${each}": write one of ${migrationClasses.join(', ')}, once, or "${noTransactionLine}" as the first line`,
    );
  const problems = statements.flatMap((statement) => {
    const code = codeOf(statement.text).trim();
    const place = `${name} line ${statement.line}: ${summarise(statement)}`;
    if (transactionControl.test(code))
      return [
        `${place}: BEGIN/COMMIT: ${inTransaction ? 'each file is run in one transaction already' : 'a file outside of a transaction must not open one'}; remove it`,
      ];
    if (inTransaction && outsideOnly.some((pattern) => pattern.test(code)))
      return [
        `${place}: cannot run in a transaction; write "${noTransactionLine}" as the first line of the file, and no other statement into it`,
      ];
    return [];
  });
  if (problems.length > 0) return problems;
  if (statements.length === 0) return [`${name}: there is no statement in it`];
  if (!inTransaction && statements.length > 1)
    return [
      `${name} line ${statements[1]?.line}: a file with "${noTransactionLine}" holds one statement, so that a failure leaves nothing half done; move the others to a file of their own`,
    ];
  return [];
}
