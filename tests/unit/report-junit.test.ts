import { describe, expect, test } from 'vitest';
import { renderJunit } from '../../src/report/index.ts';
import { withTexts } from './report/outside.ts';
import { emptyRun, goRun, holdRun, interruptedRun, noGoRun } from './report/samples.ts';

const totals = (xml: string): Record<string, number> =>
  Object.fromEntries(
    [...(/<testsuites[^>]*>/.exec(xml)?.[0] ?? '').matchAll(/ (tests|failures|errors|skipped)="(\d+)"/g)].map(
      ([, key = '', value]) => [key, Number(value)],
    ),
  );

describe('JUnit XML', () => {
  test('is green for GO only', () => {
    const { result } = goRun();
    expect(totals(renderJunit(result))).toEqual({
      tests: result.judgements.length + 1,
      failures: 0,
      errors: 0,
      skipped: 0,
    });
    for (const make of [noGoRun, holdRun, interruptedRun, emptyRun]) {
      const { failures = 0, errors = 0 } = totals(renderJunit(make().result));
      expect(failures + errors).toBeGreaterThan(0);
    }
  });

  test('a run without judgements is an error', () => {
    expect(totals(renderJunit(emptyRun().result))).toMatchObject({ failures: 0, errors: 1 });
  });

  test('fail is a failure; inconclusive, error and a skipped required check are errors', () => {
    const failing = noGoRun().result;
    const failed = failing.judgements.filter(({ status }) => status === 'fail').length;
    expect(totals(renderJunit(failing))).toMatchObject({ failures: failed + 1 });
    const held = holdRun().result;
    const open = held.judgements.filter(({ status }) => status !== 'pass').length;
    // The verdict and the skipped aftermath are errors; the shutdown does not apply.
    expect(totals(renderJunit(held))).toMatchObject({ failures: 0, errors: open + 2, skipped: 1 });
  });

  test('its totals are its cases', () => {
    const xml = renderJunit(noGoRun().result);
    expect(xml.match(/<testcase /g)).toHaveLength(totals(xml)['tests'] ?? 0);
    expect(xml.match(/<failure /g)).toHaveLength(totals(xml)['failures'] ?? 0);
  });

  test('carries the request ids of a failure', () => {
    expect(renderJunit(noGoRun().result)).toContain('request id: 6f1c2b1e-0c5d-4e0a-9a57-00000000232f');
  });

  test('contains no character that XML forbids and no markup from outside', () => {
    const { result } = withTexts(noGoRun(), (text) => `${text}\u0000\u001B[1m]]><x a="1">&amp;\uD800\uFFFE`);
    const xml = renderJunit(result);
    expect(xml.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Surrogate}\uFFFE\uFFFF]/u);
    expect(xml).not.toMatch(/<x |]]>|&amp;/);
  });
});
