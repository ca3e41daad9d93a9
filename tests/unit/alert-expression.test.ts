import { describe, expect, it } from 'vitest';
import { guessMeasure, parseComparison } from '../../src/core/alert-expression.ts';

const ratio = 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))';

describe('the comparison of an alerting rule', () => {
  it.each<[string, string, 'above' | 'below', number]>([
    [`${ratio} > 0.005`, ratio, 'above', 0.005],
    [`(${ratio} >= 0.005)`, ratio, 'above', 0.005],
    [`0.98 > job:payments:success_ratio`, 'job:payments:success_ratio', 'below', 0.98],
    ['job:payments:success_ratio\n  < 98e-2', 'job:payments:success_ratio', 'below', 0.98],
    ['x{path="a > b"} < 3', 'x{path="a > b"}', 'below', 3],
    ['max by (job) (x and on (job) y > 1) > 5', 'max by (job) (x and on (job) y > 1)', 'above', 5],
  ])('%s', (expression, measured, direction, value) => {
    expect(parseComparison(expression)).toEqual({ measured, threshold: { direction, value } });
  });

  it.each([
    ratio,
    `${ratio} > 0.005 and sum(rate(http_requests_total[5m])) > 10`,
    `${ratio} > bool 0.005`,
    `${ratio} > scalar(limit)`,
    'x != 5',
    'x == 5',
    '1 < x < 5',
    'a > 1 or b > 2',
    '(a > 1) unless (b > 2)',
    'up{job="a"',
    '',
  ])('none: %s', (expression) => expect(parseComparison(expression)).toBeUndefined());

  it.each([
    [`${ratio} > 0.005`, 'failure', 'fraction'],
    [`100 * ${ratio} > 0.5`, 'failure', 'percent'],
    ['job:payments:success_ratio * 100 < 98', 'success', 'percent'],
    ['job:payments:success_ratio < 0.98', 'success', 'fraction'],
    // A fraction that is compared with what was meant as a percentage.
    [`${ratio} > 0.5`, 'failure', 'fraction'],
  ])('%s is a rate of %s as %s', (expression, measures, unit) => {
    const comparison = parseComparison(expression);
    expect(comparison && guessMeasure(comparison)).toEqual({ measures, unit });
  });

  it.each([
    'sum(rate(http_requests_total{status=~"5.."}[5m])) > 0.005',
    'sum(increase(http_requests_total{path="/api/x",status=~"5.."}[5m])) * 100 > 0.5',
  ])('a number of events is no share: %s', (expression) => {
    const comparison = parseComparison(expression);
    expect(comparison && guessMeasure(comparison)).toBeUndefined();
  });
});
