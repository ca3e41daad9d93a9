import type { Command } from './command.ts';
import type { PlannedMigration } from './rollout/migrations.ts';
import type { Difference } from './schema/difference.ts';
import type { LintGroup } from './schema/squawk-rules.ts';

/** How the database part of a preflight measures: its target file parsed. */
export interface DatabaseSettings {
  /** Of a database on the server where a scratch database may be created. */
  readonly scratch?: string;
  /** Of the target's own database, which is only read. */
  readonly live?: string;
  /** Migrates the scratch database; of the driver `command` alone. {database}: its name; {id}: the last migration to apply. */
  readonly apply?: Command;
  /** Prints the SQL of the migration {id}; of the driver `command` alone. */
  readonly sql?: Command;
  /** Whether the driver `command` runs each migration within a transaction. */
  readonly inTransaction: boolean;
  /** Objects of the live database that no migration makes: `table audit_*`, `*` for any characters. */
  readonly ignore: readonly string[];
  readonly largeTable: { readonly rows: number; readonly bytes: number };
  /** Limit of each command. */
  readonly timeoutMs: number;
}

/** A migration that the release would apply, and what it did to an empty database on which everything before it was applied. */
export interface PendingMigration extends PlannedMigration {
  /** Its class is declared by the author, not derived from its statements. */
  readonly declared: boolean;
  /** Absent where it was not applied. */
  readonly durationMs?: number;
  /** What the schema has in addition, or no more, compared with the one that the previous release knows. */
  readonly differences?: readonly Difference[];
  /** Whether the schema is another one after it than before it. */
  readonly changedSchema?: boolean;
  /** Statements that change the schema; absent where its SQL is not known. */
  readonly schemaStatements?: number;
}

/** One finding in the SQL of a pending migration. */
export interface LintFinding {
  readonly migration: string;
  /** From 1. */
  readonly line: number;
  readonly rule: string;
  readonly group: LintGroup;
  readonly message: string;
  readonly statement: string;
  /** That exist before the migrations; empty where its tables are new, undefined where they are not known. */
  readonly tables?: readonly string[];
}

export interface LintEvidence {
  readonly version: string;
  /** Migrations whose whole SQL was read. */
  readonly read: readonly string[];
  readonly findings: readonly LintFinding[];
  readonly problems: readonly string[];
}

/** Of the live database. */
export interface TableSize {
  readonly table: string;
  /** As the planner estimates them; absent where the table was never analysed. */
  readonly rows?: number;
  readonly bytes: number;
}

export interface LiveDatabase {
  readonly serverVersion: number;
  readonly sizes: readonly TableSize[];
  /** Where its schema differs from the one that the applied migrations make. */
  readonly drift: readonly Difference[];
}

/** Clauses 1.2a and 1.2b, as far as they were measured. */
export interface DatabaseEvidence {
  /** Paths relative to the run's folder. */
  readonly files: readonly string[];
  readonly release: string;
  readonly driver: string;
  /** Migrations that the driver reported, applied or not; absent where it could not be asked. */
  readonly listed?: number;
  /** Why the driver would not run them. */
  readonly refused?: string;
  /** What could not be measured. */
  readonly problems: readonly string[];
  readonly pending: readonly PendingMigration[];
  readonly scratch?: ScratchEvidence;
  /** Why there is no scratch database. */
  readonly noScratch?: string;
  readonly lint?: LintEvidence;
  /** Why the SQL of the migrations is not known. */
  readonly noLint?: string;
  readonly live?: LiveDatabase;
  /** How long a statement waits for its lock, and how often it is tried again; absent where the driver does not limit it. */
  readonly lock?: { readonly timeoutMs: number; readonly retries: number };
  /** A lock on a smaller table is short. */
  readonly largeTable: { readonly rows: number; readonly bytes: number };
}

export interface ScratchEvidence {
  readonly database: string;
  readonly serverVersion: number;
  /** Objects of the schema before the pending migrations. */
  readonly objects: number;
  /** A migration that failed; of one that is applied on the target, the schema before is not known. */
  readonly failed?: { readonly migration: string; readonly pending: boolean; readonly problem: string };
}
