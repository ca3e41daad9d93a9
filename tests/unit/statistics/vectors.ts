import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** [events, trials] */
type Pair = readonly [number, number];
/** [trials of green, trials of blue, events of green, events of blue] */
export type FastRow = readonly [number, number, number, number];

interface Vectors {
  logE: { s: number; n: number; p0: number; breach: number; within: number }[];
  oneSidedCS: { s: number; n: number; alpha: number; lower: number; upper: number }[];
  traces: { name: string; K: number; phi: number; cap: number | null; p0: number; batches: Pair[]; logE: number[] }[];
  minFailuresToReject: { n: number; p0: number; alpha: number; minS: number }[];
  maxFailuresToProveWithin: { n: number; p0: number; beta: number; maxS: number }[];
  exactCrossing: { p: number; p0: number; alpha: number; N: number; prob: number }[];
  exactFalseProof: { p: number; p0: number; beta: number; N: number; prob: number }[];
  fastLane: {
    fastTraces: {
      name: string;
      batches: FastRow[];
      shift: number[];
      params?: { phi?: number };
      logE: number[];
      decidedAt: number | null;
    }[];
    stepBackTraces: { name: string; batches: [n: number, s: number][]; h: number; m: number; logD: number[] }[];
    exactBatchMean: {
      nGreen: number;
      nBlue: number;
      pGreen: number;
      pBlue: number;
      r: number;
      null: 'A' | 'B' | 'none';
      mean: number;
    }[];
  };
}

/** Reference values to 10 and more digits, computed with 50 digits by another implementation. */
export const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../vectors/statistics.json'), 'utf8'),
) as Vectors;

/** toBeCloseTo's number of decimals for a difference below 1e-9. */
export const nineDecimals = 9;
