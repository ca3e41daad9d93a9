import {
  columnsOf,
  contract,
  type DiffContext,
  expand,
  insertInto,
  lossy,
  type Rules,
  type Ruling,
  strictest,
  unknown,
} from './difference.ts';
import { testsNull } from './check-values.ts';
import type { ColumnObject } from './snapshot.ts';
import { widening } from './type-widening.ts';

const isView = ({ before, after }: DiffContext, table: string): boolean =>
  [before, after].some(({ objects }) =>
    objects.some((each) => (each.kind === 'view' || each.kind === 'materialized view') && each.name === table),
  );

export const columnRules: Rules<ColumnObject> = {
  added: (column, context) => {
    const { table, name, nullable, identity, generated } = column;
    if (isView(context, table)) return expand('the previous release names the columns that it reads');
    if (generated !== null) return addedGenerated(column, context);
    if (identity !== null) return expand('PostgreSQL fills it');
    const domain = context.after.objects.find(
      (each) => each.kind === 'domain' && each.name === column.type.replace(/^public\./, ''),
    );
    if (domain && 'definition' in domain && (column.default === null ? testsNull : /\bCHECK\b/).test(domain.definition))
      return unknown(`whether ${domain.name} allows what an INSERT that does not name it stores: ${domain.definition}`);
    if (column.default !== null) return expand('an INSERT that does not name it stores its default');
    if (nullable) return expand('an INSERT that does not name it stores NULL');
    return contract(
      'it is NOT NULL and has no default',
      `${insertInto(context, table)} fails: null value in column "${name}" violates not-null constraint`,
    );
  },
  removed: ({ table, name, type }, context) => {
    const renamed = columnsOf(context.after, table).filter(
      (each) => each.type === type && !columnsOf(context.before, table).some((old) => old.name === each.name),
    );
    const [only] = renamed;
    const reason =
      renamed.length === 1 && only
        ? `it does not exist any more; ${only.name} of the same type is new: possibly renamed`
        : 'it does not exist any more';
    const breaks = `SELECT ${name} FROM ${table} fails: column "${name}" does not exist`;
    return renamed.length === 1 || isView(context, table) ? contract(reason, breaks) : lossy(reason, breaks);
  },
  changed: (from, to, context) => {
    const rulings = [
      typeRuling(from, to),
      nullRuling(from, to, context),
      defaultRuling(from, to, context),
      identityRuling(from, to, context),
      generatedRuling(from, to, context),
      from.collation === to.collation
        ? undefined
        : unknown(
            `its collation is ${to.collation ?? 'the default'} instead of ${from.collation ?? 'the default'}: it sorts and compares differently`,
          ),
    ].filter((each) => each !== undefined);
    const [first, ...others] = rulings;
    return first ? strictest([first, ...others]) : unknown('it differs in what has no rule');
  },
};

/** An expression that divides or converts fails for some of the values that the previous release writes. */
const mayFail = /[/%]|::(?!text\b|character varying(?!\())/;

function addedGenerated({ table, nullable, generated }: ColumnObject, context: DiffContext): Ruling {
  const refused = `${insertInto(context, table)} fails where ${generated} is`;
  if (!nullable) return contract('it is NOT NULL, and generated of columns that may be NULL', `${refused} NULL`);
  const code = (generated ?? '').replaceAll(/'(?:[^']|'')*'(?:::[\w ]+(?:\[\])?)?/g, '');
  return mayFail.test(code)
    ? unknown(`whether ${generated} fails for a value that the previous release writes`)
    : expand('PostgreSQL fills it');
}

function typeRuling(from: ColumnObject, to: ColumnObject): Ruling | undefined {
  if (from.type === to.type) return undefined;
  const what = `its type is ${to.type} instead of ${from.type}`;
  const wide = widening(from.type, to.type);
  if (wide === 'same-text') return expand(`${what}, which holds every value and is read in the same form`);
  if (wide === 'other-form') return unknown(`${what}, which holds every value; some drivers read it as another type`);
  return contract(
    what,
    `INSERT INTO ${from.table} (${from.name}) VALUES ($1) with a value of ${from.type} fails or stores another value where ${to.type} cannot hold it`,
  );
}

function nullRuling(from: ColumnObject, to: ColumnObject, context: DiffContext): Ruling | undefined {
  if (from.nullable === to.nullable) return undefined;
  if (to.nullable) return expand('NULL is allowed; the previous release may read rows in which the new one stored it');
  const fails = `fails: null value in column "${to.name}" violates not-null constraint`;
  const statement =
    to.default === null
      ? `${insertInto({ ...context, before: without(context, from) }, from.table)} without ${from.name}`
      : `INSERT INTO ${from.table} (${from.name}) VALUES (NULL)`;
  return contract('it is NOT NULL', `${statement} ${fails}`);
}

const without = ({ before }: DiffContext, column: ColumnObject): DiffContext['before'] => ({
  ...before,
  objects: before.objects.filter((each) => each !== column),
});

function defaultRuling(from: ColumnObject, to: ColumnObject, context: DiffContext): Ruling | undefined {
  if (from.default === to.default || from.generated !== to.generated) return undefined;
  // A serial column that becomes an identity keeps a value of its own.
  if (to.default === null && to.identity !== null) return undefined;
  const insert = `${insertInto({ ...context, before: without(context, from) }, from.table)} without ${from.name}`;
  if (to.default === null)
    return to.nullable
      ? contract(`its default ${from.default} is gone`, `${insert} stores NULL`)
      : contract(
          `its default ${from.default} is gone`,
          `${insert} fails: null value in column "${from.name}" violates not-null constraint`,
        );
  if (from.default === null)
    return from.nullable
      ? unknown(`its default is ${to.default}: ${insert} stores it instead of NULL`)
      : expand('every INSERT had to name it before');
  return contract(`its default is ${to.default} instead of ${from.default}`, `${insert} stores ${to.default}`);
}

function identityRuling(from: ColumnObject, to: ColumnObject, context: DiffContext): Ruling | undefined {
  if (from.identity === to.identity) return undefined;
  if (to.identity === 'by default') return expand('a value is generated where an INSERT names none');
  if (to.identity === 'always')
    return contract(
      'its value is always generated',
      `INSERT INTO ${from.table} (${from.name}) VALUES ($1) fails: cannot insert a non-DEFAULT value into column "${from.name}"`,
    );
  if (to.default !== null) return unknown(`its value is generated by ${to.default} instead of an identity`);
  return contract(
    'its value is not generated any more',
    `${insertInto(context, from.table)} without ${from.name} fails: null value in column "${from.name}" violates not-null constraint`,
  );
}

function generatedRuling(from: ColumnObject, to: ColumnObject, context: DiffContext): Ruling | undefined {
  if (from.generated === to.generated) return undefined;
  if (from.generated === null)
    return contract(
      `it is generated as ${to.generated}`,
      `INSERT INTO ${from.table} (${from.name}) VALUES ($1) fails: cannot insert a non-DEFAULT value into column "${from.name}"`,
    );
  if (to.generated === null)
    return contract(
      'it is not generated any more',
      `${insertInto(context, from.table)} stores ${to.default ?? 'NULL'} instead of ${from.generated}`,
    );
  return unknown(`it is generated as ${to.generated} instead of ${from.generated}`);
}
