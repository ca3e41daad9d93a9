import { columnRules } from './column-rules.ts';
import { constraintRules, indexRules } from './constraint-rules.ts';
import { type DiffContext, type Difference, type Ruling, type Rules, unknown } from './difference.ts';
import {
  definedRules,
  enumRules,
  functionRules,
  privilegeRules,
  sequenceRules,
  tableRuleRules,
  tableRules,
} from './object-rules.ts';
import {
  isRelation,
  labelOf,
  type ObjectOf,
  type SchemaKind,
  type SchemaObject,
  type SchemaSnapshot,
} from './snapshot.ts';

const rules: { readonly [Kind in SchemaKind]: Rules<ObjectOf<Kind>> } = {
  table: tableRules,
  column: columnRules,
  constraint: constraintRules,
  index: indexRules,
  enum: enumRules,
  function: functionRules,
  sequence: sequenceRules,
  privilege: privilegeRules,
  trigger: tableRuleRules,
  policy: tableRuleRules,
  rule: tableRuleRules,
  schema: definedRules,
  view: definedRules,
  'materialized view': definedRules,
  domain: definedRules,
  'composite type': definedRules,
  extension: definedRules,
  other: definedRules,
};

/**
 * What differs between two snapshots of one database, each difference with its class for a release that knows only the first.
 * What breaks it is `contract`, and `irreversible` where no down migration reverts it. Parts of a table that is new or gone are
 * not listed beside it. Differences are in the order of the snapshots: those that are removed, changed, added.
 */
export function diffSchemas(
  before: SchemaSnapshot,
  after: SchemaSnapshot,
  { revertible = true }: { readonly revertible?: boolean } = {},
): Difference[] {
  const context = { before, after };
  const [old, now] = [byLabel(before), byLabel(after)];
  const goneColumns = columnLabels([...old].flatMap(([label, object]) => (now.has(label) ? [] : [object])));
  const differences = [
    ...missing(old, now)
      .filter((object) => !isPartOf(object, goneColumns))
      .map((object) => ruled(object, 'removed', ruleOf(object).removed(object, context))),
    ...before.objects.flatMap((from) => {
      const to = now.get(labelOf(from));
      return to && !isSame(from, to) ? [ruled(from, 'changed', changed(from, to, context))] : [];
    }),
    ...missing(now, old).map((object) => ruled(object, 'added', ruleOf(object).added(object, context))),
  ];
  return revertible
    ? differences
    : differences.map((each) => (each.class === 'contract' ? { ...each, class: 'irreversible' } : each));
}

const byLabel = ({ objects }: SchemaSnapshot): ReadonlyMap<string, SchemaObject> =>
  new Map(objects.map((object) => [labelOf(object), object]));

/** A kind that a later version reads, and this one has no rule for, is unknown. */
function ruleOf(object: SchemaObject): Rules<SchemaObject> {
  const found = rules[object.kind] as unknown as Rules<SchemaObject> | undefined;
  const none = () => unknown('there is no rule for this kind of object');
  return found ?? { added: none, removed: none, changed: none };
}

const changed = (from: SchemaObject, to: SchemaObject, context: DiffContext): Ruling =>
  ruleOf(from).changed(from, to, context);

const ruled = (object: SchemaObject, change: Difference['change'], ruling: Ruling): Difference => ({
  object: labelOf(object),
  change,
  ...ruling,
});

const isSame = (a: SchemaObject, b: SchemaObject): boolean => stable(a) === stable(b);
const stable = (object: SchemaObject): string =>
  JSON.stringify(Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** Objects of the first that the second does not have, without the parts of what is missing as a whole. */
function missing(first: ReadonlyMap<string, SchemaObject>, second: ReadonlyMap<string, SchemaObject>): SchemaObject[] {
  const gone = [...first].filter(([label]) => !second.has(label)).map(([, object]) => object);
  const relations = new Set(gone.filter(isRelation).map(({ name }) => name));
  const labels = new Set(gone.map(labelOf));
  const columns = columnLabels(gone);
  return gone.filter((object) => {
    if ('table' in object && relations.has(object.table)) return false;
    if (object.kind === 'privilege') return !labels.has(object.on);
    if (object.kind === 'sequence' && object.ownedBy !== null) return !columns.has(object.ownedBy);
    return true;
  });
}

const columnLabels = (objects: readonly SchemaObject[]): ReadonlySet<string> =>
  new Set(objects.flatMap((each) => (each.kind === 'column' ? [`${each.table}.${each.name}`] : [])));

/** A constraint or an index that goes with one of its columns. */
const isPartOf = (object: SchemaObject, columns: ReadonlySet<string>): boolean =>
  (object.kind === 'constraint' || object.kind === 'index') &&
  object.columns.some((column) => columns.has(`${object.table}.${column}`));
