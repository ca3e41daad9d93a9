import { describe, expect, it } from 'vitest';
import type { PlaywrightResult, PlaywrightTest } from '../../src/runners/playwright-child/contract.ts';
import { focusedTests } from '../../src/runners/playwright-focus.ts';
import { duringTest, foreignOrigins, readObserved, unprovedBy } from '../../src/runners/playwright-observed.ts';

const own = ['http://a:1'];
const line = (kind: string, url: string, method = 'GET') => ({ worker: 0, at: 1, kind, method, url, status: 200 });
const observed = (...lines: object[]) => readObserved(lines.map((each) => JSON.stringify(each)).join('\n'));

const result = (rest: Partial<PlaywrightResult> = {}): PlaywrightResult => ({
  status: 'passed',
  startedAt: 10,
  durationMs: 5,
  errors: [],
  steps: [],
  assertions: [{ name: 'toBe' }],
  annotations: [],
  attachments: [],
  workerIndex: 0,
  ...rest,
});
const test = (rest: Partial<PlaywrightTest> = {}): PlaywrightTest => ({
  title: 'x',
  group: 'x.spec.ts',
  project: '',
  outcome: 'expected',
  expectedStatus: 'passed',
  file: 'x.spec.ts',
  line: 3,
  focused: false,
  ...rest,
});

describe('an answer that a test stands on', () => {
  it.each([
    ['a request', line('api', 'http://b:2/x', 'POST'), ['http://b:2']],
    ['a document', line('document', 'http://b:2/x'), ['http://b:2']],
    ['what a page reads', line('fetch', 'http://b:2/x'), ['http://b:2']],
    ['a WebSocket', line('websocket', 'ws://b:2/x'), ['http://b:2']],
    ['what a page writes', line('xhr', 'http://b:2/statistics', 'POST'), []],
    ["the target's own", line('api', 'http://a:1/x'), []],
  ])('%s', (_, each, origins) => {
    expect(foreignOrigins(observed(each), own)).toEqual(origins);
  });

  it('is that of its worker, until the next test of it', () => {
    const tests = [result(), result({ startedAt: 20 }), result({ startedAt: 12, workerIndex: 1 })];
    const lines = observed({ worker: 0, at: 9 }, { worker: 0, at: 19 }, { worker: 1, at: 13 }, { worker: 0, at: 20 });
    const report = { tests: tests.map((each) => test({ result: each })) };
    expect(tests.map((each) => duringTest(lines, each, report).map(({ at }) => at))).toEqual([[19], [20], [13]]);
  });

  it('is left out where its line was cut off', () => {
    expect(readObserved('{"worker":0,"at":1}\n{"worker":0,"a')).toEqual([{ worker: 0, at: 1 }]);
  });
});

it.each([
  [[{ name: 'a', open: true }, { name: 'b' }], '1 of 2 expectations was never awaited'],
  [[{ name: 'a', error: 'no' }], 'its expectation "a" failed, and the failure was caught'],
])('a test that passed with %j proves nothing', (assertions, why) => {
  expect(unprovedBy(result({ assertions }), [])).toEqual([why]);
});

it('a focused test names its place and what it hides', () => {
  const tests = [test({ focused: true }), test(), test({ file: 'y.spec.ts' })];
  expect(focusedTests({ errors: [], tests })).toBe(
    'x.spec.ts:3 is focused with .only, so 2 tests of 2 files did not run',
  );
  expect(focusedTests({ errors: [], tests: [test({ focused: true })] })).toBe('x.spec.ts:3 is focused with .only');
  expect(focusedTests({ errors: [], tests: [test()] })).toBeUndefined();
});
