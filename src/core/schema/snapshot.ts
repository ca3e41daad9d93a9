/**
 * The schema of a PostgreSQL database as its catalog describes it. Names are quoted where PostgreSQL quotes them and qualified
 * by their schema, unless that is `public`. Definitions are those that the server prints (pg_get_constraintdef and the like).
 */
export interface SchemaSnapshot {
  /** `server_version_num`, such as 180004: two major versions may print the same definition differently. */
  readonly serverVersion: number;
  readonly objects: readonly SchemaObject[];
}

interface OfTable {
  /** The table, view or materialized view that it belongs to. */
  readonly table: string;
}

export interface TableObject {
  readonly kind: 'table';
  readonly name: string;
  /** table, partitioned table or foreign table. */
  readonly form: string;
  readonly persistence: string;
  readonly rowSecurity: boolean;
  /** The bound of a partition and its parent; null where it is none. */
  readonly partition: string | null;
}

export interface ColumnObject extends OfTable {
  readonly kind: 'column';
  readonly name: string;
  /** As format_type prints it: `numeric(14,2)`. */
  readonly type: string;
  readonly nullable: boolean;
  /** Of the column, or of its domain. */
  readonly default: string | null;
  readonly identity: 'always' | 'by default' | null;
  /** The expression of a generated column. */
  readonly generated: string | null;
  readonly collation: string | null;
}

export interface ConstraintObject extends OfTable {
  readonly kind: 'constraint';
  readonly name: string;
  readonly type: 'check' | 'foreign key' | 'primary key' | 'unique' | 'exclude' | 'other';
  readonly columns: readonly string[];
  /** Without the words NOT VALID. */
  readonly definition: string;
  readonly validated: boolean;
}

export interface IndexObject extends OfTable {
  readonly kind: 'index';
  readonly name: string;
  /** Without those in expressions. */
  readonly columns: readonly string[];
  readonly unique: boolean;
  readonly valid: boolean;
  readonly definition: string;
}

export interface EnumObject {
  readonly kind: 'enum';
  readonly name: string;
  /** In their order. */
  readonly values: readonly string[];
}

export interface FunctionObject {
  readonly kind: 'function';
  /** With the types of its arguments: `total(integer)`. */
  readonly name: string;
  /** Without arguments. */
  readonly called: string;
  readonly result: string;
  readonly definition: string;
}

export interface SequenceObject {
  readonly kind: 'sequence';
  readonly name: string;
  readonly definition: string;
  /** `table.column`, for a serial column. */
  readonly ownedBy: string | null;
}

export interface PrivilegeObject {
  readonly kind: 'privilege';
  /** `SELECT` */
  readonly name: string;
  readonly grantee: string;
  /** `table jobs` */
  readonly on: string;
}

/** What has a name and a definition, and belongs to a table. */
export interface TableRuleObject extends OfTable {
  readonly kind: 'trigger' | 'policy' | 'rule';
  readonly name: string;
  readonly definition: string;
}

/** What has a name and a definition. `other` is every object of a kind that is not read in detail. */
export interface DefinedObject {
  readonly kind: 'schema' | 'view' | 'materialized view' | 'domain' | 'composite type' | 'extension' | 'other';
  readonly name: string;
  readonly definition: string;
}

export type SchemaObject =
  | TableObject
  | ColumnObject
  | ConstraintObject
  | IndexObject
  | EnumObject
  | FunctionObject
  | SequenceObject
  | PrivilegeObject
  | TableRuleObject
  | DefinedObject;

export type SchemaKind = SchemaObject['kind'];
export type ObjectOf<Kind extends SchemaKind> = Extract<SchemaObject, { readonly kind: Kind }>;

/** `column jobs.title`, unique within a snapshot. */
export function labelOf(object: SchemaObject): string {
  if (object.kind === 'privilege') return `privilege ${object.name} on ${object.on} for ${object.grantee}`;
  return 'table' in object ? `${object.kind} ${object.table}.${object.name}` : `${object.kind} ${object.name}`;
}

/** Tables, views and materialized views have rows and columns. */
export const isRelation = ({ kind }: SchemaObject): boolean =>
  kind === 'table' || kind === 'view' || kind === 'materialized view';
