import {
  columnsOf,
  contract,
  type DiffContext,
  expand,
  insertInto,
  knowsAny,
  type Rules,
  type Ruling,
  strictest,
  unknown,
} from './difference.ts';
import { allowsDefault, testsNull } from './check-values.ts';
import type { ColumnObject, ConstraintObject, IndexObject } from './snapshot.ts';

export const constraintRules: Rules<ConstraintObject> = {
  added: (constraint, context) => {
    const { table, columns, type, definition, name } = constraint;
    if (type === 'other') return unknown(`what ${definition} refuses is not known`);
    // Of a new column the previous release writes the default or NULL.
    if (columns.length > 0 && !knowsAny(context, table, columns)) return onNewColumns(constraint, context);
    const insert = insertInto(context, table);
    switch (type) {
      case 'check':
        return contract(
          'it refuses rows that the previous release may write',
          `${insert} with values outside of ${definition} fails: violates check constraint "${name}"`,
        );
      case 'foreign key':
        return contract(
          'it refuses rows that the previous release may write',
          `${insert} with a ${columns.join(', ')} that ${definition.replace(/^FOREIGN KEY \([^)]*\) /, '')} does not find fails: violates foreign key constraint "${name}"`,
        );
      case 'primary key':
      case 'unique':
      case 'exclude':
        return contract(
          'it refuses rows that the previous release may write',
          `${insert} with the same ${columns.join(', ') || 'value'} twice fails: violates ${type === 'exclude' ? 'exclusion' : 'unique'} constraint "${name}"`,
        );
    }
  },
  removed: ({ table, columns, type, definition }) => {
    switch (type) {
      case 'check':
        return expand('every row that was allowed still is');
      case 'foreign key':
        return /ON DELETE (CASCADE|SET)|ON UPDATE (CASCADE|SET)/.test(definition)
          ? unknown(`the rows of ${table} do not follow those that they reference any more (${definition})`)
          : expand('every row that was allowed still is');
      case 'primary key':
      case 'unique':
      case 'exclude':
        return withoutUnique(table, columns);
      case 'other':
        return unknown(`what the absence of ${definition} means is not known`);
    }
  },
  changed: (from, to, context) => {
    if (from.definition === to.definition && from.type === to.type)
      return to.validated
        ? expand('only existing rows were checked')
        : unknown('it is NOT VALID: existing rows are not known to meet it');
    if (from.type === 'check' && to.type === 'check' && allowsMore(from.definition, to.definition))
      return expand('it allows more values; the previous release may read one that it does not know');
    return strictest([constraintRules.added(to, context), constraintRules.removed(from, context)]);
  },
};

const withoutUnique = (table: string, columns: readonly string[]): Ruling =>
  contract(
    'nothing is unique any more',
    `INSERT INTO ${table} (…) VALUES (…) ON CONFLICT (${columns.join(', ')}) … fails: there is no unique or exclusion constraint matching the ON CONFLICT specification`,
  );

/** Each of these rows has the defaults: the CHECK allows every one of them or none. */
function ofDefaults(definition: string, added: readonly ColumnObject[], insert: string, name: string): Ruling {
  const [only, ...others] = added;
  const known = only && others.length === 0 && only.default !== null;
  const allowed = known ? allowsDefault(definition, only.name, only.default) : undefined;
  if (allowed === true) return expand('the previous release writes the defaults of its columns, which are new');
  return allowed === false
    ? contract(
        `it refuses the default ${only?.default ?? ''} of its column`,
        `${insert} fails: violates check constraint "${name}"`,
      )
    : unknown(`whether ${definition} allows what PostgreSQL stores in ${added.map((each) => each.name).join(', ')}`);
}

/** Values of rows that name none of the columns: NULL passes a CHECK of comparisons, a foreign key and a unique constraint. */
function onNewColumns({ table, columns, type, definition, name }: ConstraintObject, context: DiffContext): Ruling {
  const added = columnsOf(context.after, table).filter((column) => columns.includes(column.name));
  const filled = added.filter((column) => column.default !== null || column.generated !== null);
  const insert = insertInto(context, table);
  if (type === 'check') {
    if (filled.length > 0) return ofDefaults(definition, added, insert, name);
    return testsNull.test(definition.replaceAll(/= ANY \(\(?ARRAY\[/g, ''))
      ? contract(
          'it tests for NULL, which the previous release writes',
          `${insert} fails: violates check constraint "${name}"`,
        )
      : expand('the previous release writes NULL into its columns, which are new');
  }
  if (/NULLS NOT DISTINCT/.test(definition))
    return contract('NULL is unique as well', `${insert} a second time fails: violates unique constraint "${name}"`);
  const constant = filled.filter(
    (column) => !/^(nextval|gen_random_uuid|uuidv?\d*|uuid_generate)/.test(column.default ?? ''),
  );
  return constant.length > 0
    ? unknown(
        `the previous release writes the same default into ${constant.map((column) => column.name).join(', ')} of every row`,
      )
    : expand('the previous release writes a value that it allows into its columns, which are new');
}

/** `CHECK ((status = ANY (ARRAY['A'::text, 'B'::text])))` with further values, and nothing else changed. */
function allowsMore(from: string, to: string): boolean {
  const list = /ARRAY\[[^\]]*\]/g;
  const [before, after] = [from.match(list) ?? [], to.match(list) ?? []];
  if (before.length !== 1 || after.length !== 1 || from.replace(list, '') !== to.replace(list, '')) return false;
  // A NOT would turn the list into one of values that are refused.
  if (/<>|\bNOT\b/i.test(from)) return false;
  const values = (text = ''): readonly string[] => text.match(/'(?:[^']|'')*'/g) ?? [];
  const known = values(after[0]);
  return values(before[0]).every((value) => known.includes(value));
}

export const indexRules: Rules<IndexObject> = {
  added: (index, context) => {
    const { table, name, columns, unique, valid } = index;
    if (!valid) return unknown('it is INVALID: its build failed');
    if (!unique) return expand('an index refuses nothing');
    if (columns.length > 0 && !knowsAny(context, table, columns))
      return onNewColumns({ ...index, kind: 'constraint', type: 'unique', validated: true }, context);
    return contract(
      'it refuses rows that the previous release may write',
      `${insertInto(context, table)} with the same ${columns.join(', ') || 'value'} twice fails: duplicate key value violates unique constraint "${name}"`,
    );
  },
  removed: ({ table, columns, unique }) =>
    unique ? withoutUnique(table, columns) : expand('statements find the same rows, possibly more slowly'),
  changed: (from, to, context) => {
    if (!to.valid) return unknown('it is INVALID: its build failed');
    if (!from.unique && !to.unique) return expand('an index refuses nothing');
    if (from.unique && !to.unique) return withoutUnique(from.table, from.columns);
    return strictest([indexRules.added(to, context), indexRules.removed(from, context)]);
  },
};
