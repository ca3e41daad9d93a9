import { type MigrationClass, migrationClasses, type PlannedMigration } from '../core/rollout/migrations.ts';
import type { SqlFile } from './file-rules.ts';
import { codeOf, type SqlStatement, summarise } from './sql-statements.ts';

export const isMigrationClass = (text: string): text is MigrationClass =>
  (migrationClasses as readonly string[]).includes(text);

/** Statements after which a release that knows only the schema before them fails. */
const breaking: readonly RegExp[] = [
  /^DROP\s+(TABLE|SCHEMA|TYPE|DOMAIN|VIEW|MATERIALIZED\s+VIEW|FUNCTION|PROCEDURE|SEQUENCE)\b/i,
  /^TRUNCATE\b/i,
  /^ALTER\s+(TABLE|VIEW|TYPE|SEQUENCE|SCHEMA)\b[^;]*\b(RENAME\s+|SET\s+SCHEMA\s+)/i,
  // DROP of a column may leave the word COLUMN out; the others only allow more than before.
  /^ALTER\s+TABLE\b[^;]*\bDROP\s+(?!CONSTRAINT\b|NOT\s+NULL\b|IDENTITY\b|EXPRESSION\b)["\w]/i,
  /^ALTER\s+TABLE\b[^;]*\bALTER\b[^;]*\b(SET\s+NOT\s+NULL|TYPE\s)/i,
];
/** A column that every insert has to name. */
const addsRequiredColumn = (code: string): boolean =>
  /^ALTER\s+TABLE\b[^;]*\bADD\s+(?!CONSTRAINT\b)[^;]*\bNOT\s+NULL\b/i.test(code) &&
  !/\b(DEFAULT|GENERATED)\b/i.test(code);

const isBreaking = ({ text }: SqlStatement): boolean => {
  const code = codeOf(text).trim();
  return breaking.some((pattern) => pattern.test(code)) || addsRequiredColumn(code);
};

/** The class that the file declares, or else the one of its statements. What breaks and has no down is irreversible. */
export function classOfFile(id: string, up: SqlFile, hasDown: boolean): PlannedMigration {
  const statement = up.statements.find(isBreaking);
  const derived =
    statement === undefined
      ? { class: 'expand' as const, because: 'not declared, no statement of it breaks the previous release' }
      : { class: 'contract' as const, because: `not declared, line ${statement.line}: ${summarise(statement)}` };
  const found = up.declared === undefined ? derived : { class: up.declared, because: 'declared' };
  if (found.class !== 'contract' || hasDown)
    return { id, ...found, revertible: hasDown && found.class !== 'irreversible' };
  return { id, class: 'irreversible', because: `${found.because}; there is no ${id}.down.sql`, revertible: false };
}

/** The class that a migration tool declares in the third column of its status; without one, that of an expanding migration. */
export const classOfTool = (id: string, declared: string | undefined): PlannedMigration =>
  declared !== undefined && isMigrationClass(declared)
    ? { id, class: declared, because: 'declared', revertible: declared !== 'irreversible' }
    : { id, class: 'expand', because: 'not declared by the migrations command', revertible: true };
