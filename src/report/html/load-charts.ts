import type { LoadPoint } from '../../core/evidence.ts';
import { describeObjective, formatCount, formatMs, formatRate, type Slo } from '../../core/slo.ts';
import { limitLabel } from '../interval.ts';
import type { Chart, ChartLimit } from './chart.ts';

const colors = { first: 'var(--line-1)', second: 'var(--line-2)', third: 'var(--line-3)' } as const;

export const latencyChart = (slos: readonly Slo[]): Chart => ({
  id: 'latency',
  format: formatMs,
  lines: [
    { name: 'P95', color: colors.second, dash: 'solid', valueAt: ({ p95Ms }) => p95Ms },
    { name: 'P50', color: colors.first, dash: 'dashed', valueAt: ({ p50Ms }) => p50Ms },
  ],
  limits: slos.flatMap((slo): ChartLimit[] =>
    slo.event.kind === 'slow-response' ? [{ at: slo.event.thresholdMs, label: describeObjective(slo) }] : [],
  ),
});

/** A service without such an objective takes no payments. */
export const hasPayments = (slos: readonly Slo[]): boolean => slos.some(({ event }) => event.kind === 'failed-payment');

/** Rates since the start, because one second has too few requests for a rate. */
export function rateChart(points: readonly LoadPoint[], slos: readonly Slo[]): Chart {
  const serverErrors = cumulativeRates(points, ({ serverErrors: events, requests }) => [events, requests]);
  const payments = cumulativeRates(points, ({ failedPayments, payments: trials }) => [failedPayments, trials]);
  return {
    id: 'rates',
    format: formatRate,
    lines: [
      { name: '5xx', color: colors.second, dash: 'solid', valueAt: (_, index) => serverErrors[index] },
      ...(hasPayments(slos)
        ? [
            {
              name: 'failed payments',
              color: colors.third,
              dash: 'dashed' as const,
              valueAt: (_: LoadPoint, index: number) => payments[index],
            },
          ]
        : []),
    ],
    limits: slos.flatMap((slo): ChartLimit[] => {
      if (slo.event.kind === 'slow-response') return [];
      return [{ at: slo.limit, label: limitLabel(slo) }];
    }),
  };
}

function cumulativeRates(
  points: readonly LoadPoint[],
  count: (point: LoadPoint) => readonly [events: number, trials: number],
): (number | undefined)[] {
  let events = 0;
  let trials = 0;
  return points.map((point) => {
    const [newEvents, newTrials] = count(point);
    events += newEvents;
    trials += newTrials;
    return trials === 0 ? undefined : events / trials;
  });
}

export const throughputChart = (): Chart => ({
  id: 'throughput',
  format: formatCount,
  lines: [
    { name: 'requests', color: colors.first, dash: 'solid', area: true, valueAt: ({ requests }) => requests },
    { name: 'payments', color: colors.third, dash: 'dashed', valueAt: ({ payments }) => payments },
    { name: '5xx', color: colors.second, dash: 'dotted', valueAt: ({ serverErrors }) => serverErrors },
  ],
  limits: [],
});
