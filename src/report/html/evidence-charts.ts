import type { EvidenceTrace, LaneTrace } from '../../core/judge/trace.ts';
import type { LoadPoint } from '../../core/evidence.ts';
import { formatRate } from '../../core/slo.ts';
import type { Chart } from './chart.ts';

export interface TracedChart {
  readonly chart: Chart;
  readonly points: readonly LoadPoint[];
}

/** Charts share the points of a load; only their second is used here. */
const pointAt = (second: number): LoadPoint => ({
  second,
  requests: 0,
  serverErrors: 0,
  payments: 0,
  failedPayments: 0,
});

const seconds = (all: readonly { readonly second: number }[]): LoadPoint[] =>
  [...new Set(all.map(({ second }) => second))].toSorted((a, b) => a - b).map(pointAt);

const colors = ['var(--line-1)', 'var(--line-2)', 'var(--line-3)'] as const;
const dashes = ['solid', 'dashed', 'dotted'] as const;

/** What decides, in the order of the decision: the fast lane and the two means. */
const deciding = ['fast', 'rollback', 'hold'] as const;

/**
 * The evidence of what decides, each as a part of the way from none (E = 1) to its own threshold on a log scale, so that
 * lanes with different thresholds fit one chart: at 100 % it decides. Evidence in favour of the release is drawn as none.
 */
export function evidenceChart({ lanes, decision }: EvidenceTrace): TracedChart | undefined {
  const shown = deciding.flatMap((id) => lanes.filter((lane) => lane.id === id && lane.points.length > 0));
  if (shown.length === 0) return undefined;
  const points = seconds([...shown.flatMap((lane) => lane.points), ...(decision ? [decision] : [])]);
  return {
    points,
    chart: {
      id: 'evidence',
      format: formatRate,
      lines: shown.map((lane, index) => ({
        name: lane.title,
        color: colors[index % colors.length] ?? colors[0],
        dash: dashes[index % dashes.length] ?? dashes[0],
        valueAt: ({ second }) => partAt(lane, second),
      })),
      limits: [{ at: 1, label: 'decides' }],
      ...(decision ? { marks: [{ second: decision.second, label: decision.line }] } : {}),
    },
  };
}

/** Beyond twice the threshold a peak would flatten everything below it. */
const highestPart = 2;

/** The evidence as of a second: it stays as it was until the next batch. */
function partAt({ points, threshold }: LaneTrace, second: number): number | undefined {
  const last = points.findLast((point) => point.second <= second);
  return last && Math.min(highestPart, Math.max(0, last.logEvidence / threshold));
}

export interface LanePeak {
  readonly lane: LaneTrace;
  /** Part of the way to the threshold, at least 0. */
  readonly part: number;
  readonly second: number;
}

/** The highest evidence of every lane, the strongest first. */
export const peaksOf = ({ lanes }: EvidenceTrace): LanePeak[] =>
  lanes
    .flatMap((lane): LanePeak[] => {
      const [peak] = lane.points.toSorted((a, b) => b.logEvidence - a.logEvidence);
      return peak ? [{ lane, part: Math.max(0, peak.logEvidence / lane.threshold), second: peak.second }] : [];
    })
    .toSorted((a, b) => b.part - a.part);

/** The share of the canary that was set beside the share of the users' requests that it served. */
export function sharesChart({ shares, decision }: EvidenceTrace): TracedChart | undefined {
  if (!shares.some(({ served }) => served !== undefined)) return undefined;
  const at = (key: 'set' | 'served') => (_: LoadPoint, index: number) => shares[index]?.[key];
  return {
    points: shares.map(({ second }) => pointAt(second)),
    chart: {
      id: 'shares',
      format: formatRate,
      lines: [
        { name: 'set', color: colors[0], dash: 'dashed', valueAt: at('set') },
        { name: 'served', color: colors[1], dash: 'solid', valueAt: at('served') },
      ],
      limits: [],
      ...(decision ? { marks: [{ second: decision.second, label: decision.line }] } : {}),
    },
  };
}
