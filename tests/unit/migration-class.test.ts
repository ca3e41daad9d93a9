import { describe, expect, it } from 'vitest';
import { classOfFile, classOfTool } from '../../src/migrations/migration-class.ts';
import { parseSqlFile, problemsOf } from '../../src/migrations/file-rules.ts';
import { renderRolloutPlan } from '../../src/report/index.ts';
import { blueGreen } from './rollout/samples.ts';

const classOf = (sql: string, hasDown = true) => classOfFile('1-a', parseSqlFile('1-a.up.sql', sql), hasDown);

describe('the class of a migration file', () => {
  it.each([
    ['-- shiproom: contract\nALTER TABLE t ADD COLUMN a int;', 'contract'],
    ['-- shiproom: no-transaction\n-- why\n-- shiproom: expand\nDROP INDEX CONCURRENTLY i;', 'expand'],
    ['-- shiproom: irreversible\nUPDATE t SET a = NULL;', 'irreversible'],
  ])('is what it declares: %j', (sql, expected) => {
    expect(classOf(sql)).toMatchObject({ class: expected, because: 'declared' });
  });

  it.each([
    'ALTER TABLE t ADD COLUMN a int',
    'ALTER TABLE t ADD COLUMN a int NOT NULL DEFAULT 0',
    'ALTER TABLE t ALTER COLUMN a DROP NOT NULL',
    'ALTER TABLE t DROP CONSTRAINT c',
    'ALTER TABLE t ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID',
    'CREATE TABLE drops (a int NOT NULL)',
    'CREATE INDEX i ON t (a)',
    "INSERT INTO t VALUES ('DROP TABLE t')",
  ])('without a declaration expands: %s', (sql) => {
    expect(classOf(`${sql};`, false)).toMatchObject({ class: 'expand', revertible: false });
  });

  it.each([
    'DROP TABLE IF EXISTS t',
    'ALTER TABLE t DROP COLUMN a',
    'ALTER TABLE t DROP a',
    'ALTER TABLE t RENAME COLUMN a TO b',
    'ALTER TABLE t ALTER COLUMN a SET NOT NULL',
    'ALTER TABLE t ALTER a TYPE bigint',
    'ALTER TABLE t ADD COLUMN a int NOT NULL',
    'TRUNCATE t',
  ])('without a declaration contracts, and says by which line: %s', (sql) => {
    expect(classOf(`-- note\n${sql};`)).toMatchObject({
      class: 'contract',
      because: `not declared, line 2: ${sql}`,
      revertible: true,
    });
  });

  it('is irreversible where it contracts and has no down', () => {
    expect(classOf('-- shiproom: contract\nDROP TABLE t;', false)).toEqual({
      id: '1-a',
      class: 'irreversible',
      because: 'declared; there is no 1-a.down.sql',
      revertible: false,
    });
  });

  it.each(['-- shiproom: contracting\nSELECT 1;', '-- shiproom: expand\n-- shiproom: contract\nSELECT 1;'])(
    'is refused where it cannot be read: %j',
    (sql) => {
      expect(problemsOf(parseSqlFile('1-a.up.sql', sql))).toEqual([
        expect.stringMatching(
          /^1-a\.up\.sql: "-- shiproom: (contracting|contract|expand)": write one of expand, contract/,
        ),
      ]);
    },
  );

  it('of a tool is its third column', () => {
    expect(classOfTool('1', 'irreversible')).toMatchObject({ class: 'irreversible', revertible: false });
    expect(classOfTool('1', undefined)).toMatchObject({
      class: 'expand',
      because: expect.stringMatching(/not declared/),
    });
  });
});

describe('the printed plan', () => {
  const planned = (sql: string, hasDown: boolean) =>
    renderRolloutPlan(blueGreen({}, { migrations: [classOf(sql, hasDown)] }), []).join('\n');

  it('has the class of each pending migration, and the rollback with its down', () => {
    const text = planned('-- shiproom: contract\nDROP TABLE t;', true);
    expect(text).toContain('1-a  contract  declared');
    expect(text).toMatch(
      /rollback.*\n.*4\.2\.1 {2}Rollback, traffic 100 % blue.*\n.*\n.*4\.2\.3 {2}Down migrations of 1-a/,
    );
    expect(text).not.toContain('point of no return');
  });

  it('names the point of no return, and what to do before it', () => {
    const text = planned('-- shiproom: irreversible\nDROP TABLE t;', true);
    expect(text).toContain('point of no return: the step Migrations applies 1-a, which no rollback reverts');
    expect(text).toContain('before it: back the database up');
    expect(text).not.toContain('Down migrations');
  });
});
