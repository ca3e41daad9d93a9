import type { MigrationClass } from '../rollout/migrations.ts';
import type { SchemaObject, SchemaSnapshot } from './snapshot.ts';

/** `unknown`: what the previous release does with it cannot be derived from the catalog, so that it is never taken for expand. */
export type DifferenceClass = MigrationClass | 'unknown';

export interface Difference {
  /** `column jobs.title` */
  readonly object: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly class: DifferenceClass;
  readonly reason: string;
  /** The statement of the previous release that would fail, and how. */
  readonly breaks?: string;
  /** Values are gone that no down migration returns. */
  readonly losesData?: true;
}

/** How one object differs, without what a reader can derive. */
export type Ruling = Pick<Difference, 'class' | 'reason' | 'breaks' | 'losesData'>;

export const expand = (reason: string): Ruling => ({ class: 'expand', reason });
export const unknown = (reason: string): Ruling => ({ class: 'unknown', reason });
export const contract = (reason: string, breaks: string): Ruling => ({ class: 'contract', reason, breaks });
export const lossy = (reason: string, breaks: string): Ruling => ({
  ...contract(`${reason}; no down migration returns its values`, breaks),
  losesData: true,
});

const severity: readonly DifferenceClass[] = ['expand', 'unknown', 'contract', 'irreversible'];
/** The one that matters most; the first of equals. */
export const strictest = (rulings: readonly [Ruling, ...Ruling[]]): Ruling =>
  rulings.reduce((worst, each) => (severity.indexOf(each.class) > severity.indexOf(worst.class) ? each : worst));

/** What a rule has to know beside the object itself. */
export interface DiffContext {
  readonly before: SchemaSnapshot;
  readonly after: SchemaSnapshot;
}

export const columnsOf = ({ objects }: SchemaSnapshot, table: string) =>
  objects.filter((each) => each.kind === 'column').filter((column) => column.table === table);

/** Whether the previous release knows one of the columns of this table, and therefore writes it. */
export const knowsAny = ({ before }: DiffContext, table: string, columns: readonly string[]): boolean =>
  columns.length === 0 || columnsOf(before, table).some(({ name }) => columns.includes(name));

const most = 6;
/** `INSERT INTO jobs (id, title, …) VALUES (…)`, with the columns that the previous release can write. */
export function insertInto({ before }: DiffContext, table: string): string {
  const names = columnsOf(before, table)
    .filter(({ generated, identity }) => generated === null && identity !== 'always')
    .map(({ name }) => name);
  const list = names.length > most ? [...names.slice(0, most), '…'] : names;
  return list.length === 0
    ? `INSERT INTO ${table} DEFAULT VALUES`
    : `INSERT INTO ${table} (${list.join(', ')}) VALUES (…)`;
}

/** A rule of one kind of object. */
export interface Rules<T extends SchemaObject> {
  readonly added: (object: T, context: DiffContext) => Ruling;
  readonly removed: (object: T, context: DiffContext) => Ruling;
  readonly changed: (from: T, to: T, context: DiffContext) => Ruling;
}
