import { describe, expect, test } from 'vitest';
import type { LoadPoint } from '../../src/core/evidence.ts';
import { type Chart, drawChart, formatSecond } from '../../src/report/html/chart.ts';
import { latencyChart, rateChart, throughputChart } from '../../src/report/html/load-charts.ts';
import { slos } from './report/slos.ts';

const point = (second: number, more: Partial<LoadPoint> = {}): LoadPoint => ({
  second,
  requests: 100,
  serverErrors: 0,
  payments: 10,
  failedPayments: 0,
  ...more,
});

/** Heights of the horizontal dash-dotted lines: the limits. */
const limitHeights = (svg: string): number[] =>
  [...svg.matchAll(/<path d="M[\d.]+ ([\d.]+)L[\d.]+ \1"[^>]*stroke="var\(--limit\)"/g)].map(([, y]) => Number(y));

/** A chart with one line at 0.01 and a limit below it, to compare the heights at which limits are drawn. */
const ruler = (at: number): Chart => ({
  id: 'ruler',
  format: String,
  lines: [{ name: 'line', color: 'red', dash: 'solid', valueAt: () => 0.01 }],
  limits: [
    { at: 0.01, label: 'top' },
    { at, label: 'limit' },
  ],
});

test('a limit is drawn at its exact value, not rounded to two decimals', () => {
  const points = [point(0), point(1)];
  const [top = 0, half = 0] = limitHeights(drawChart(ruler(0.005), points, 'wide'));
  const [, quarter = 0] = limitHeights(drawChart(ruler(0.0025), points, 'wide'));
  expect(half - top).toBeGreaterThan(0);
  expect((quarter - top) / (half - top)).toBeCloseTo(1.5, 1);
});

test('latency shows the objectives of the run', () => {
  const { limits } = latencyChart(slos);
  expect(limits).toEqual([
    { at: 1000, label: 'P95 < 1 s' },
    { at: 400, label: 'P50 < 400 ms' },
  ]);
});

test('rates are cumulative, and undefined without trials', () => {
  const points = [
    point(0, { requests: 0, payments: 0 }),
    point(1, { serverErrors: 1 }),
    point(2, { requests: 300, failedPayments: 5 }),
  ];
  const { lines } = rateChart(points, slos);
  const shown = lines.map(({ valueAt }) => points.map((each, index) => valueAt(each, index)));
  expect(shown).toEqual([
    [undefined, 0.01, 1 / 400],
    [undefined, 0, 5 / 20],
  ]);
});

/** Heights of the P95 line over four hours, one second of which has this value. */
const heights = (worst: number): number[] => {
  const points = Array.from({ length: 14_400 }, (_, second) => point(second, { p95Ms: second === 7001 ? worst : 40 }));
  const line =
    /<path d="([^"]*)"[^>]*stroke="var\(--line-2\)"/.exec(drawChart(latencyChart(slos), points, 'wide'))?.[1] ?? '';
  return line.split(/[ML]/).flatMap((pair) => (pair === '' ? [] : Number(pair.trim().split(' ')[1])));
};

describe('drawings', () => {
  test('use the colour variables of the page, for light, dark and print', () => {
    const svg = drawChart(throughputChart(), [point(0), point(1)], 'wide');
    expect(svg).toContain('stroke="var(--line-1)"');
    expect(svg).not.toMatch(/(?:stroke|fill)="#(?!000")/);
  });

  test('are deterministic', () => {
    const points = [point(0, { p95Ms: 10 }), point(1, { p95Ms: 20 })];
    const first = drawChart(latencyChart(slos), points, 'narrow');
    expect(drawChart(latencyChart(slos), points, 'narrow')).toBe(first);
  });

  test('have a gap where nothing was measured', () => {
    const points = [0, 1, 2, 3, 4].map((second) => point(second, second === 2 ? {} : { p95Ms: 50 }));
    const svg = drawChart(latencyChart([]), points, 'wide');
    expect(svg).toMatch(/<path d="M[^"]*L[^"]*M[^"]*L[^"]*"[^>]*stroke="var\(--line-2\)"/);
  });

  test('keep one slow second in four hours', () => {
    const flat = heights(40);
    expect(Math.min(...flat)).toBe(Math.max(...flat));
    expect(Math.min(...heights(900))).toBeLessThan(Math.min(...flat) - 100);
  });

  test('show a single second as a point', () => {
    const svg = drawChart(latencyChart([]), [point(0, { p95Ms: 50 })], 'wide');
    expect(svg).toContain('fill="var(--line-2)"');
  });
});

test('time is formatted in minutes, and in hours from 60 minutes', () => {
  expect([0, 75, 599, 3675, 14_399].map(formatSecond)).toEqual(['0:00', '1:15', '9:59', '1:01:15', '3:59:59']);
});
