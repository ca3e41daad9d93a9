import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { judgedIds } from '../../scripts/checks/judgements.ts';
import { checkIds, missingTests } from '../../scripts/checks/sop.ts';
import { testTitles } from '../../scripts/checks/test-titles.ts';
import { parseSopFile, parseTestReport } from '../../src/config/sop-file.ts';
import { UserError } from '../../src/core/errors.ts';
import { coverageOf, gapsIn, isTitled, outcomeOf } from '../../src/core/sop-coverage.ts';
import { clauseIds, sopChecks } from '../../src/core/sop-checks.ts';
import { renderSop } from '../../src/report/sop.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const sources = readdirSync(join(root, 'src/core/judge')).map((name) => `src/core/judge/${name}`);
const judged = [...sources, 'src/core/rollout/step-info.ts'].flatMap((path) => judgedIds(path, read(path)));

describe('the ids of src/core/sop-checks.ts', () => {
  it('are those of the judges', () => {
    expect(checkIds(judged)).toEqual([]);
    expect(judged.length).toBeGreaterThan(50);
  });

  it('every clause has a check', () => {
    const unjudged = coverageOf({}).filter(({ checks }) => checks.length === 0);
    expect(unjudged).toEqual([]);
  });

  const code = (text: string) => judgedIds('src/core/judge/new.ts', text);
  it.each([
    ["const a = { id: 'weather', title: 'W', clauses: ['3.1'] };", 'src/core/judge/new.ts:1: weather is missing in'],
    ['const a = {\n  id: `weather.${each}`, clauses: [clause] };', 'src/core/judge/new.ts:1: weather.* is missing in'],
    ["base('load.weather', title, '3.2a', evidence);", ': load.weather is missing in'],
    ["const a = { id: 'health', title: 'H', clause: '3.1' as const };", ': health judges 3.1, and src/core'],
    ["judgeRate({ source: 'weather', title, slo, count });", ': weather.* is missing in'],
    ['judgeSmoke({ id: `weather.${tool}`, title, evidence });', ': weather.* is missing in'],
  ])('a judgement that is not among them is a problem: %s', (text, problem) => {
    const problems = checkIds([...judged, ...code(text)]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it('an id that no judge produces, and a clause that it does not name, are problems', () => {
    const without = (id: string) => judged.filter((each) => each.id !== id);
    expect(checkIds(without('health'))).toEqual(['src/core/sop-checks.ts: no judge produces health']);
    expect(checkIds(without('migrate-down'))).toEqual(['src/core/sop-checks.ts: no step migrate-down of 4.2.3']);
    const other = [
      ...without('health'),
      ...code("const a = { id: 'health', clauses: [] };\nconst b = { id: 'health', clause: '2.B3b' };"),
    ];
    expect(checkIds(other.filter(({ clauses }) => clauses !== undefined))).toContain(
      'src/core/sop-checks.ts: health does not judge 2.B3a',
    );
  });
});

describe('the tests of tests/sop.yaml', () => {
  const table = parseSopFile('tests/sop.yaml', read('tests/sop.yaml'));

  it('exist', () => {
    const fileOf = (path: string) => ({
      titles: testTitles(path, read(path)),
      text: read(path) + read('sandbox/releases.ts'),
    });
    expect(missingTests(coverageOf(table), fileOf)).toEqual([]);
  });

  it('are found by their titles, alone or with their groups, also in tables', () => {
    const text = `
      describe('a gate', () => {
        it('passes', () => {});
        it.each([['none'], ['one']])('fails with %s', (_, x) => {});
        describe.each([1])('at %i', () => test('holds', () => {}));
      });
      it.each(rows)('$name is No-Go by $clauses', () => {});
      it.skip('is left out', () => {});
      it.skipIf(root)('is for root', () => {});
      test(\`of \${name}\`, () => {});
      notATest('passes too', () => {});`;
    const titles = testTitles('a.test.ts', text);
    expect(titles).toEqual([
      'a gate > passes',
      'a gate > fails with *',
      'a gate > at * > holds',
      '* is No-Go by *',
      'is for root',
      'of *',
    ]);
    const missing = (title: string) =>
      missingTests([{ clause: '3.1', title: '', checks: [], green: [{ file: 'a.test.ts', title }], red: [] }], (path) =>
        path === 'a.test.ts' ? { titles, text: `${text} 'app-slow'` } : undefined,
      );
    const found = [
      'passes',
      'a gate > passes',
      'fails with none',
      'a gate > fails with one',
      'app-slow is No-Go by *',
      'holds',
    ];
    expect(found.flatMap(missing)).toEqual([]);
    const others = [
      'is left out',
      'passes too',
      'another gate > passes',
      'fails with two',
      'app-fast is No-Go by *',
      'a gate',
    ];
    expect(others.map(missing)).toEqual(others.map((title) => [`3.1: a.test.ts has no test "${title}"`]));
  });

  it('a clause without a check or a test, and a test without a process, are gaps', () => {
    const reference = (file: string) => ({ file, title: 'x' });
    const gaps = gapsIn(coverageOf({ '1.1a': { green: [reference('tests/unit/a.test.ts')], red: [] } }));
    expect(gaps.slice(0, 4)).toEqual([
      '1.1a: no test shows it red',
      '1.1a: tests/unit/a.test.ts starts no process',
      '1.1b: no test shows it green',
      '1.1b: no test shows it red',
    ]);
    expect(gaps).toHaveLength(clauseIds.length * 2);
  });

  it.each([
    ["'9.9': {}", '1: 9.9: a clause of the SOP'],
    ["'3.1': { green: [tests/a.test.ts] }", '1: 3.1.green.0: a test: tests/e2e/deploy.test.ts > ships'],
    ["'3.1': { gren: [] }", '1: 3.1.gren: no such setting; did you mean green?'],
  ])('%s is refused with its place', (text, message) => {
    expect(() => parseSopFile('sop.yaml', text)).toThrow(UserError);
    expect(() => parseSopFile('sop.yaml', text)).toThrow(message);
  });
});

describe('the results of a test run', () => {
  const report = JSON.stringify({
    testResults: [
      {
        name: '/project/tests/e2e/a.test.ts',
        assertionResults: [
          { ancestorTitles: ['a gate'], title: 'passes (1.1a) *', status: 'passed' },
          { ancestorTitles: [], title: 'one of two', status: 'passed' },
          { ancestorTitles: [], title: 'two of two', status: 'failed' },
          { ancestorTitles: [], title: 'left out', status: 'skipped' },
        ],
      },
    ],
  });
  const outcomes = parseTestReport('vitest.json', report, '/project');
  const outcome = (title: string, file = 'tests/e2e/a.test.ts') => outcomeOf({ file, title }, outcomes);

  it('every case of a test has to have passed', () => {
    expect(outcome('passes (1.1a) *')).toBe('passed');
    expect(outcome('a gate > passes *')).toBe('passed');
    expect(outcome('one of two')).toBe('passed');
    expect(outcome('* of two')).toBe('failed');
    expect(outcome('left out')).toBe('failed');
    expect(outcome('no such test')).toBe('missing');
    expect(outcome('one of two', 'tests/e2e/b.test.ts')).toBe('missing');
  });

  it('a report that is none is refused', () => {
    for (const text of ['', '{}', '{"testResults": [{"name": 1}]}', '{"testResults": ['])
      expect(() => parseTestReport('vitest.json', text, '/project')).toThrow(UserError);
  });

  it('a title is taken literally but for its stars', () => {
    expect(isTitled({ title: 'a (b) *' }, 'group > a (b) c')).toBe(true);
    expect(isTitled({ title: 'a.b' }, 'a-b')).toBe(false);
    expect(isTitled({ title: 'passes' }, 'never passes')).toBe(false);
  });
});

it('the table names each clause, what judges it, its tests and what is missing', () => {
  const rows = coverageOf({ '1.1a': { green: [{ file: 'tests/e2e/a.test.ts', title: 'passes' }], red: [] } });
  const text = renderSop(
    { rows: rows.slice(0, 1), gaps: ['1.1a: no test shows it red'] },
    { color: false, width: 100 },
  );
  expect(text).toBe(`1.1a  Code quality: flutter analyze
  checks  gate.analyze
  green   tests/e2e/a.test.ts > passes
  red     none

1 clause, 1 test, 1 gap
- 1.1a: no test shows it red`);
  expect(Object.values(sopChecks).every((own) => own.length > 0)).toBe(true);
});
