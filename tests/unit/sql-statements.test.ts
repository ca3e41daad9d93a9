import { describe, expect, it } from 'vitest';
import { parseSqlFile, problemsOf } from '../../src/migrations/file-rules.ts';
import { ambiguousIds, inOrder, lateIds } from '../../src/migrations/migration-order.ts';
import { splitStatements, summarise } from '../../src/migrations/sql-statements.ts';

describe('the statements of a file', () => {
  it.each([
    [
      'a semicolon in a string',
      "INSERT INTO a VALUES ('x;y''z;'); SELECT 1",
      ["INSERT INTO a VALUES ('x;y''z;')", 'SELECT 1'],
    ],
    ['an escape string', String.raw`SELECT E'\';'; SELECT 2`, [String.raw`SELECT E'\';'`, 'SELECT 2']],
    ['a backslash in a plain string', String.raw`SELECT '\'; SELECT 2`, [String.raw`SELECT '\'`, 'SELECT 2']],
    ['a quoted name', 'SELECT "a;b"; SELECT 2', ['SELECT "a;b"', 'SELECT 2']],
    [
      'a dollar-quoted body',
      'DO $x$ BEGIN; COMMIT; $$ END $x$; SELECT 2',
      ['DO $x$ BEGIN; COMMIT; $$ END $x$', 'SELECT 2'],
    ],
    ['parameters are no quotes', 'SELECT $1; SELECT $2', ['SELECT $1', 'SELECT $2']],
    ['comments', '-- a; b\n/* c; /* d; */ e; */ SELECT 1; -- f;', ['SELECT 1']],
    [
      'a function with an SQL body',
      'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3',
      ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END', 'SELECT 3'],
    ],
    ['an open string', "SELECT 'never closed; COMMIT;", ["SELECT 'never closed; COMMIT;"]],
    ['nothing', ' ; ;\n-- nothing\n', []],
  ])('%s', (_, sql, texts) => {
    expect(splitStatements(sql).map(({ text }) => text)).toEqual(texts);
  });

  it('each has the line on which it starts', () => {
    expect(splitStatements('-- one\nSELECT 1;\n\n/* x */\n  SELECT\n 2;').map(({ line }) => line)).toEqual([2, 5]);
  });

  it('a summary is one short line without comments', () => {
    expect(summarise({ text: 'SELECT 1, -- one\n   2', line: 1 })).toBe('SELECT 1, 2');
    expect(summarise({ text: `SELECT '${'x'.repeat(200)}'`, line: 1 })).toHaveLength(100);
  });
});

const problems = (sql: string) => problemsOf(parseSqlFile('1.up.sql', sql));

describe('a file is refused', () => {
  it.each([
    'BEGIN',
    'begin work',
    'START  TRANSACTION',
    'COMMIT',
    'END',
    'ABORT',
    'ROLLBACK',
    'rollback work',
    "PREPARE TRANSACTION 'x'",
    '/* quiet */ COMMIT AND CHAIN',
  ])('%s', (statement) => {
    expect(problems(`SELECT 1;\n${statement};`)).toEqual([expect.stringContaining('1.up.sql line 2: ')]);
  });

  it.each([
    'CREATE INDEX CONCURRENTLY a ON b (c)',
    'CREATE UNIQUE INDEX CONCURRENTLY a ON b (c)',
    'DROP INDEX CONCURRENTLY a',
    'REINDEX (VERBOSE) INDEX CONCURRENTLY a',
    'VACUUM a',
    'ALTER TABLE a DETACH PARTITION b CONCURRENTLY',
  ])('%s in a transaction', (statement) => {
    expect(problems(statement)).toEqual([expect.stringContaining('-- shiproom: no-transaction')]);
    expect(problems(`-- shiproom: no-transaction\n${statement}`)).toEqual([]);
  });

  it.each([
    'SAVEPOINT a; ROLLBACK TO a; ROLLBACK WORK TO SAVEPOINT a; RELEASE a',
    'CREATE TABLE begin_again (commit int)',
    "DO $$ BEGIN RAISE NOTICE 'COMMIT;'; END $$",
    'PREPARE q AS SELECT 1',
  ])('but not %s', (sql) => {
    expect(problems(sql)).toEqual([]);
  });

  it('with a second statement outside of a transaction, and without any', () => {
    expect(problems('-- shiproom: no-transaction\nVACUUM a;\nVACUUM b;')).toEqual([expect.stringContaining('line 3')]);
    expect(problems('-- nothing')).toEqual([expect.stringContaining('no statement')]);
  });
});

describe('order', () => {
  it('numbers are compared as numbers', () => {
    expect(inOrder(['10-a', '9-b', '0011-c', '2026-1', '9-a'])).toEqual(['9-a', '9-b', '10-a', '0011-c', '2026-1']);
  });

  it('one number twice is ambiguous', () => {
    expect(ambiguousIds(['010-b', '10-a', '11', 'x', 'x2'])).toEqual([['10-a', '010-b']]);
  });

  it('a pending one before an applied one is late', () => {
    const of = (...flags: boolean[]) => flags.map((applied, index) => ({ id: String(index), applied }));
    expect(lateIds(of(true, false, true, false))).toEqual(['1']);
    expect(lateIds(of(true, true, false))).toEqual([]);
  });
});
