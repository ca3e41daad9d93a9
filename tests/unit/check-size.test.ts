import { describe, expect, it } from 'vitest';
import { findOversized, findOversizedScripts } from '../../scripts/checks/size.ts';

const limits = { file: 10, function: 3 };
const body = (lines: number) => Array.from({ length: lines }, (_, index) => `  step(${index});`).join('\n');

describe('a function', () => {
  it.each([
    ['a declaration', `function ship() {\n${body(2)}\n}\n`, 'ship'],
    ['an arrow', `const ship = async () => {\n${body(2)}\n};\n`, 'ship'],
    ['a property', `const all = { ship: () => {\n${body(2)}\n} };\n`, 'ship'],
    ['a method', `const all = { ship() {\n${body(2)}\n} };\n`, 'ship'],
    ['a constructor', `class A { constructor() {\n${body(2)}\n} }\n`, 'constructor'],
    ['an accessor', `class A { get size() {\n${body(2)}\n} }\n`, 'size'],
    ['a callback', `each(() => {\n${body(2)}\n});\n`, 'an anonymous function'],
    ['a component', `const Page = () => (\n<p>\n</p>\n);\n`, 'Page'],
  ])('that is %s is found by its length and named', (_, text, name) => {
    expect(findOversized('a.tsx', text, limits)).toEqual([{ line: 1, name, lines: 4, limit: 3 }]);
  });

  it('of exactly the limit is not found', () => {
    expect(findOversized('a.ts', `function ship() {\n${body(1)}\n}\n`, limits)).toEqual([]);
  });

  it('inside another one is found for itself, and its comment does not count', () => {
    const text = `function outer() {\n  /** why\n   *  so */\n  const inner = () => {\n${body(2)}\n  };\n}\n`;
    expect(findOversized('a.ts', text, limits)).toEqual([
      { line: 1, name: 'outer', lines: 8, limit: 3 },
      { line: 4, name: 'inner', lines: 4, limit: 3 },
    ]);
  });

  it('that is declared without a body, or for which there is no limit, is not found', () => {
    expect(findOversized('a.ts', 'declare function ship(\n  a: 1,\n  b: 2,\n  c: 3,\n): void;\n', limits)).toEqual([]);
    expect(findOversized('a.ts', `function ship() {\n${body(5)}\n}\n`, { file: 10 })).toEqual([]);
  });
});

it.each([
  [10, 0],
  [11, 1],
])('a file of %i lines is found %i times', (lines, times) => {
  const text = `${body(lines)}\n`;
  expect(findOversized('a.ts', text, limits)).toEqual(
    Array.from({ length: times }, () => ({ line: 1, name: 'file', lines, limit: 10 })),
  );
});

it('a script of a Postman collection is found by its request', () => {
  const script = (lines: number) => ({ exec: Array.from({ length: lines }, () => 'pm.test();') });
  const collection = {
    event: [{ listen: 'prerequest', script: script(4) }],
    item: [
      { name: 'Folder', item: [{ name: 'Log in', event: [{ listen: 'test', script: script(5) }] }] },
      { name: 'Fine', event: [{ listen: 'test', script: script(3) }] },
    ],
  };
  expect(findOversizedScripts(JSON.stringify(collection, null, 2), 3)).toEqual([
    { line: 1, name: 'prerequest of "the collection"', lines: 4, limit: 3 },
    { line: 20, name: 'test of "Log in"', lines: 5, limit: 3 },
  ]);
});
