import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newDifferences } from '../../src/core/schema/cumulative.ts';
import { diffSchemas } from '../../src/core/schema/diff.ts';
import { driftOf } from '../../src/core/schema/drift.ts';
import type { ColumnObject, SchemaObject, SchemaSnapshot } from '../../src/core/schema/snapshot.ts';
import { widening } from '../../src/core/schema/type-widening.ts';

const snapshot = (...objects: SchemaObject[]): SchemaSnapshot => ({ serverVersion: 180_004, objects });
const table = (name: string): SchemaObject => ({
  kind: 'table',
  name,
  form: 'table',
  persistence: 'permanent',
  rowSecurity: false,
  partition: null,
});
const column = (name: string, change: Partial<ColumnObject> = {}): ColumnObject => ({
  kind: 'column',
  table: 'jobs',
  name,
  type: 'text',
  nullable: true,
  default: null,
  identity: null,
  generated: null,
  collation: null,
  ...change,
});

const word = fc.constantFrom('a', 'b', 'c');
const objects = fc.uniqueArray(
  fc.oneof(
    word.map(table),
    fc
      .record({ name: word, nullable: fc.boolean(), type: fc.constantFrom('text', 'integer', 'bigint') })
      .map(({ name, ...rest }) => column(name, { ...rest, table: 'a' })),
    fc.record({
      kind: fc.constantFrom('view' as const, 'domain' as const, 'other' as const),
      name: word,
      definition: word,
    }),
    fc.record({ kind: fc.constant('enum' as const), name: word, values: fc.uniqueArray(word) }),
  ),
  { selector: (each) => `${each.kind} ${each.name}` },
);

describe('the difference of two schemas', () => {
  it('is empty for the same schema, in whatever order its objects are', () => {
    fc.assert(
      fc.property(objects, (list) => {
        expect(diffSchemas(snapshot(...list), snapshot(...list.toReversed()))).toEqual([]);
      }),
    );
  });

  it('is never without a class, and a breaking one names what breaks', () => {
    fc.assert(
      fc.property(objects, objects, (before, after) => {
        for (const each of diffSchemas(snapshot(...before), snapshot(...after))) {
          expect(['expand', 'contract', 'unknown']).toContain(each.class);
          if (each.class === 'contract') expect(each.breaks).toBeTruthy();
        }
      }),
    );
  });

  it('that breaks is irreversible where no down migration reverts it, and nothing else changes', () => {
    fc.assert(
      fc.property(objects, objects, (before, after) => {
        const [down, none] = [true, false].map((revertible) =>
          diffSchemas(snapshot(...before), snapshot(...after), { revertible }),
        );
        expect(none).toEqual(
          down?.map((each) => (each.class === 'contract' ? { ...each, class: 'irreversible' } : each)),
        );
      }),
    );
  });

  it('of a kind that has no rule is unknown, added, removed or changed', () => {
    const strange = { kind: 'subscription', name: 's', definition: '1' } as unknown as SchemaObject;
    const other = { kind: 'subscription', name: 's', definition: '2' } as unknown as SchemaObject;
    const pairs = [
      [snapshot(), snapshot(strange)],
      [snapshot(strange), snapshot()],
      [snapshot(strange), snapshot(other)],
    ] as const;
    for (const [before, after] of pairs)
      expect(diffSchemas(before, after)).toMatchObject([{ object: 'subscription s', class: 'unknown' }]);
  });

  it('that a rule does not know a property of is unknown', () => {
    const [a, b] = [1, 2].map((compression) => ({ ...column('title'), compression }) as ColumnObject);
    expect(diffSchemas(snapshot(a ?? column('a')), snapshot(b ?? column('b')))).toMatchObject([{ class: 'unknown' }]);
  });

  it('lists a new table and not its parts', () => {
    const added = diffSchemas(snapshot(), snapshot(table('jobs'), column('id', { nullable: false })));
    expect(added).toMatchObject([{ object: 'table jobs', class: 'expand' }]);
  });
});

describe('one of several migrations', () => {
  const before = snapshot(table('jobs'), column('a'));
  const with_b = snapshot(table('jobs'), column('a'), column('b'));

  it('that drops what the one before it added breaks nothing', () => {
    expect(newDifferences(before, before, with_b, true)).toMatchObject([{ object: 'column jobs.b', class: 'expand' }]);
    expect(newDifferences(before, with_b, before, true)).toEqual([]);
  });

  it('that drops what the previous release knows breaks it, although the next one adds it again', () => {
    const without = snapshot(table('jobs'));
    expect(newDifferences(before, before, without, true)).toMatchObject([{ class: 'contract' }]);
    expect(newDifferences(before, before, without, false)).toMatchObject([{ class: 'irreversible' }]);
    expect(newDifferences(before, without, before, true)).toEqual([]);
  });
});

describe('drift', () => {
  it('is every difference but privileges and what is ignored', () => {
    const privilege = { kind: 'privilege', name: 'SELECT', grantee: 'app', on: 'table jobs' } as const;
    const live = snapshot(table('jobs'), table('audit_1'), column('extra'), privilege);
    expect(driftOf(snapshot(table('jobs')), live, ['table audit_*'])).toMatchObject([{ object: 'column jobs.extra' }]);
  });

  it('of a schema that is ignored is ignored as a whole', () => {
    const schema = { kind: 'schema', name: 'shiproom', definition: '' } as const;
    const live = snapshot(schema, table('shiproom.locks'), table('jobs'));
    expect(driftOf(snapshot(), live, ['schema shiproom'])).toMatchObject([{ object: 'table jobs' }]);
  });

  it('is not measured between two major versions', () => {
    expect(driftOf(snapshot(), { ...snapshot(table('jobs')), serverVersion: 170_004 }, [])).toEqual([]);
  });
});

it.each([
  ['character varying(20)', 'character varying(40)', 'same-text'],
  ['character varying(20)', 'character varying(10)', undefined],
  ['character varying(20)', 'text', 'same-text'],
  ['text', 'character varying(20)', undefined],
  ['smallint', 'integer', 'same-text'],
  ['integer', 'bigint', 'other-form'],
  ['bigint', 'integer', undefined],
  ['numeric(8,2)', 'numeric(12,2)', 'same-text'],
  ['numeric(8,2)', 'numeric(12,4)', undefined],
  ['numeric(8,2)', 'numeric(6,2)', undefined],
  ['numeric(8,2)', 'numeric', 'other-form'],
  ['timestamp without time zone', 'timestamp with time zone', undefined],
  ['text', 'integer', undefined],
])('from %s to %s: %s', (from, to, expected) => expect(widening(from, to)).toBe(expected));
