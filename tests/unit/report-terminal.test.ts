import { assert, constantFrom, integer, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderTerminal } from '../../src/report/index.ts';
import { withTexts } from './report/outside.ts';
import { emptyRun, goRun, holdRun, interruptedRun, noGoRun } from './report/samples.ts';

const plain = { color: false, width: 100 };

describe('the summary at the end of a run', () => {
  test.each([
    [goRun, 'GO  This release may take traffic.'],
    [noGoRun, 'NO-GO  This release must not take traffic.'],
    [holdRun, 'HOLD  Traffic stays where it is.'],
    [interruptedRun, 'HOLD  Traffic stays where it is. Interrupted.'],
    [emptyRun, 'HOLD  Traffic stays where it is.'],
  ])('begins with the verdict', (make, first) => {
    expect(renderTerminal(make().result, plain).split('\n')[0]).toBe(first);
  });

  test('a preflight reports whether the release may be shipped: it takes no traffic yet', () => {
    const first = (make: typeof goRun) => renderTerminal({ ...make().result, verb: 'preflight' }, plain).split('\n')[0];
    expect([goRun, noGoRun, holdRun].map(first)).toEqual([
      'GO  This release may be shipped.',
      'NO-GO  This release must not be shipped.',
      'HOLD  This release is not shipped yet.',
    ]);
  });

  test('ends with the path of the report', () => {
    expect(renderTerminal(goRun().result, plain)).toMatch(
      /\nreport {2}reports\/20260303-021407-verify-green-7c1e\/report\.html$/,
    );
    expect(renderTerminal(goRun().result, { ...plain, report: '/tmp/r.html' })).toMatch(/\nreport {2}\/tmp\/r\.html$/);
  });

  test('has one row per judgement, worst first, with the reason of each that did not pass', () => {
    const { result } = noGoRun();
    const text = renderTerminal(result, plain);
    const statuses = [...text.matchAll(/^(?:✘ FAIL|! error|\? inconclusive|✔ pass)/gm)].map(([status]) => status);
    expect(statuses).toHaveLength(result.judgements.length);
    expect(statuses).toEqual(statuses.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
    expect(text).toContain('Request ids: 6f1c2b1e-0c5d-4e0a-9a57-00000000232f');
    expect(text).toMatch(/5xx 1\.99 %, n = 3 660/);
  });

  test('lists what was not checked, and whether it was required', () => {
    const text = renderTerminal(holdRun().result, { color: false, width: 200 });
    expect(text).toContain(
      '- Healthy and ready after the load [2.B3b], skipped (required): the load could not be measured',
    );
    expect(text).toContain('- Graceful shutdown [2.R4], not-applicable: the target has no command');
  });

  test('reports that nothing was judged', () => {
    expect(renderTerminal(emptyRun().result, plain)).toContain('Nothing was judged.');
  });

  test('is coloured only on request', () => {
    expect(renderTerminal(noGoRun().result, plain)).not.toContain('\u001B');
    expect(renderTerminal(noGoRun().result, { ...plain, color: true })).toContain('\u001B[31m✘ FAIL');
  });

  test('stays within the width of the terminal for any text', () => {
    const texts = string({ unit: constantFrom('a', ' ', 'ä', '1', '%', '\n', '-'), maxLength: 300 });
    assert(
      property(texts, integer({ min: 60, max: 220 }), (more, width) => {
        const { result } = withTexts(noGoRun(), (text) => text + more);
        const table = renderTerminal(
          { ...result, verdict: { ...result.verdict, decidedBy: [] } },
          { color: false, width, report: 'r' },
        );
        for (const line of table.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
      }),
      { numRuns: 40 },
    );
  });

  test('a hostile text cannot move the cursor or forge a line', () => {
    const { result } = withTexts(noGoRun(), (text) => `${text}\u001B[2J\u001B]0;title\u0007\r\n✔ pass  forged\u202E`);
    const text = renderTerminal(result, plain);
    for (const control of ['\u001B', '\u0007', '\r', '\u202E']) expect(text).not.toContain(control);
    expect(text).not.toMatch(/^✔ pass {2}forged/m);
  });
});

const order = ['✘ FAIL', '! error', '? inconclusive', '✔ pass'];
