import {
  addBreachBatch,
  addFastBatch,
  fastDefaults,
  logFastEvidence,
  logLaneEvidence,
  logMean,
  startFastLane,
  startLane,
  type LaneSettings,
  type LaneState,
} from '../../../src/core/statistics/index.ts';
import { addCells, type Judge } from './pollers.ts';
import { stages } from './scenarios.ts';
import type { Cell } from './traffic.ts';

const batchSeconds = 10;
const alpha = 0.009;
/** 5xx, payments, latency, and the latency lane that counts only after five minutes of it: its e-value is taken as 0. */
const lanes = 4;

interface Lane {
  readonly count: (cell: Cell) => { readonly events: number; readonly trials: number };
  readonly p0: number;
  readonly afterWarmUp?: true;
  readonly settings: LaneSettings;
}

export interface LanesAlone {
  /** Mean size of the clusters of 5xx; payments are counted once per key. */
  readonly clusters: number;
  /** Seconds after a shift in which latency does not count. */
  readonly warmUpSeconds: number;
}

/** The tests without the rest of a judge: the fast lane each second, and the mean of the slow rollback lanes every ten. */
export const lanesAlone =
  ({ clusters, warmUpSeconds }: LanesAlone): Judge =>
  (release) => {
    const fast = { ...fastDefaults, phi: clusters };
    const all = lanesOf(clusters);
    let states: LaneState[] = all.map(({ settings }) => startLane(settings));
    let quick = startFastLane(fast);
    let shiftedAt = 0;
    for (const [second, { green, blue }] of release.entries()) {
      const startsSplit = stages.some(({ fromSecond }) => fromSecond === second);
      if (startsSplit) shiftedAt = second;
      quick = addFastBatch(quick, fast, { strata: [{ green: errors(green), blue: errors(blue) }], startsSplit });
      if (logFastEvidence(quick) >= -Math.log(fast.alpha)) return second + 1;
      const end = second + 1;
      if (end % batchSeconds > 0) continue;
      const batch = addCells(release.slice(end - batchSeconds, end).map((each) => each.green));
      const warm = end - shiftedAt > warmUpSeconds;
      states = states.map((state, index) => {
        const lane = all[index];
        if (!lane || (lane.afterWarmUp && !warm)) return state;
        return addBreachBatch(state, lane.settings, lane.count(batch), lane.p0);
      });
      if (logMean([...states.map(logLaneEvidence), -Infinity]) >= -Math.log(alpha)) return end;
    }
    return null;
  };

const errors = ({ serverErrors, requests }: Cell) => ({ events: serverErrors, trials: requests });

const lanesOf = (clusters: number): Lane[] => {
  const settings = { lanes, alpha, capBatches: 3, phi: 1, restarts: 300 };
  return [
    { count: errors, p0: 0.01, settings: { ...settings, phi: clusters } },
    { count: ({ failedPayments, payments }) => ({ events: failedPayments, trials: payments }), p0: 0.01, settings },
    {
      count: ({ over1000, requests }) => ({ events: over1000, trials: requests }),
      p0: 0.05,
      afterWarmUp: true,
      settings: { ...settings, capBatches: 12 },
    },
  ];
};
