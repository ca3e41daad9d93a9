import type { LoadPoint } from '../../core/evidence.ts';
import type { RolloutRecord } from '../../core/rollout/record.ts';
import type { Observation } from '../../core/rollout/observation.ts';
import { formatRate, type Slo, type SloEvent } from '../../core/slo.ts';
import { limitLabel } from '../interval.ts';
import type { Chart, ChartLimit } from './chart.ts';

/** An observation at its second since the start of the rollout. */
export interface RolloutPoint extends LoadPoint {
  readonly observation: Observation;
}

export function rolloutPoints({ events }: RolloutRecord, slos: readonly Slo[]): RolloutPoint[] {
  const begin = Date.parse(events[0]?.at ?? '');
  const idOf = (kind: SloEvent['kind']) => slos.find(({ event }) => event.kind === kind)?.id ?? '';
  return events.flatMap((event): RolloutPoint[] => {
    if (event.type !== 'observed') return [];
    const { observation } = event;
    const requests = observation.canary[idOf('server-error')];
    const payments = observation.canary[idOf('failed-payment')];
    return [
      {
        observation,
        second: Math.max(0, (Date.parse(event.at) - begin) / 1000),
        requests: requests?.trials ?? 0,
        serverErrors: requests?.events ?? 0,
        payments: payments?.trials ?? 0,
        failedPayments: payments?.events ?? 0,
      },
    ];
  });
}

const colors = ['var(--line-2)', 'var(--line-3)', 'var(--line-1)'] as const;

/** One objective: the rates of canary and baseline, and the limits. */
export const objectiveChart = (slo: Slo, points: readonly RolloutPoint[]): Chart => {
  const rateAt = (side: 'canary' | 'baseline') => (_: LoadPoint, index: number) => {
    const count = points[index]?.observation[side][slo.id];
    return count === undefined || count.trials === 0 ? undefined : count.events / count.trials;
  };
  const limits: ChartLimit[] = [{ at: slo.limit, label: limitLabel(slo) }];
  if (slo.rollback && slo.rollback.above !== slo.limit)
    limits.push({
      at: slo.rollback.above,
      label: `rollback ${slo.rollback.clause} > ${formatRate(slo.rollback.above)}`,
    });
  return {
    id: `rollout-${slo.id}`,
    format: formatRate,
    lines: [
      { name: 'canary', color: colors[0], dash: 'solid', valueAt: rateAt('canary') },
      { name: 'baseline', color: colors[2], dash: 'dashed', valueAt: rateAt('baseline') },
    ],
    limits,
  };
};
