import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logBreachEvidence, logWithinEvidence, rateBounds, trialsToProve } from '../../src/core/statistics.ts';

interface Vectors {
  logE: { s: number; n: number; p0: number; breach: number; within: number }[];
  oneSidedCS: { s: number; n: number; alpha: number; lower: number; upper: number }[];
  minFailuresToReject: { n: number; p0: number; alpha: number; minS: number }[];
  maxFailuresToProveWithin: { n: number; p0: number; beta: number; maxS: number }[];
  exactCrossing: { p: number; p0: number; alpha: number; N: number; prob: number }[];
  exactFalseProof: { p: number; p0: number; beta: number; N: number; prob: number }[];
}
const vectors = JSON.parse(readFileSync(join(import.meta.dirname, 'vectors/statistics.json'), 'utf8')) as Vectors;

describe('reference values', () => {
  it.each(vectors.logE)('log evidence of $s in $n against $p0', ({ s, n, p0, breach, within }) => {
    expect(logBreachEvidence(s, n, p0)).toBeCloseTo(breach, 10);
    expect(logWithinEvidence(s, n, p0)).toBeCloseTo(within, 10);
  });

  it.each(vectors.oneSidedCS)('bounds of $s in $n at alpha $alpha', ({ s, n, alpha, lower, upper }) => {
    const bounds = rateBounds(s, n, 1 - alpha);
    expect(bounds.lower).toBeCloseTo(lower, 10);
    expect(bounds.upper).toBeCloseTo(upper, 10);
  });

  it.each(vectors.minFailuresToReject)(
    '$minS failures of $n reject $p0, one fewer does not',
    ({ n, p0, alpha, minS }) => {
      expect(logBreachEvidence(minS, n, p0)).toBeGreaterThanOrEqual(-Math.log(alpha));
      expect(logBreachEvidence(minS - 1, n, p0)).toBeLessThan(-Math.log(alpha));
    },
  );

  it.each(vectors.maxFailuresToProveWithin)('at most $maxS failures of $n prove < $p0', ({ n, p0, beta, maxS }) => {
    if (maxS >= 0) expect(logWithinEvidence(maxS, n, p0)).toBeGreaterThanOrEqual(-Math.log(beta));
    expect(logWithinEvidence(maxS + 1, n, p0)).toBeLessThan(-Math.log(beta));
  });

  it.each([
    [0.01, 391],
    [0.005, 783],
    [0.02, 195],
    [0.05, 77],
    [0.5, 6],
  ])('an empty record proves < %d from %d trials on', (p0, n) => {
    expect(trialsToProve(p0)).toBe(n);
  });
});

/** Paths of so little chance change no digit that is compared. */
const negligible = 1e-16;

/** The exact chance that a test is ever decided within N single observations, by dynamic programming over the event count. */
function everDecided(p: number, N: number, decided: (s: number, n: number) => boolean): number {
  let open = new Map<number, number>([[0, 1]]);
  let sum = 0;
  for (let n = 1; n <= N; n += 1) {
    const next = new Map<number, number>();
    for (const [s, mass] of open) {
      if (mass < negligible) continue;
      for (const [count, share] of [
        [s, 1 - p],
        [s + 1, p],
      ] as const) {
        if (decided(count, n)) sum += mass * share;
        else next.set(count, (next.get(count) ?? 0) + mass * share);
      }
    }
    open = next;
  }
  return sum;
}

describe('guarantees, exactly', () => {
  it.each(vectors.exactCrossing)('breach of $p0 at a true $p within $N observations', ({ p, p0, alpha, N, prob }) => {
    expect(everDecided(p, N, (s, n) => logBreachEvidence(s, n, p0) >= -Math.log(alpha))).toBeCloseTo(prob, 10);
  });

  it.each(vectors.exactFalseProof)(
    'an upper bound below $p0 at a true $p within $N observations',
    ({ p, p0, beta, N, prob }) => {
      const chance = everDecided(p, N, (s, n) => logWithinEvidence(s, n, p0) >= -Math.log(beta));
      expect(chance).toBeCloseTo(prob, 10);
      expect(chance).toBeLessThanOrEqual(beta);
    },
  );
});

describe('properties', () => {
  const counts = fc.nat(5000).chain((n) => fc.record({ n: fc.constant(n), s: fc.nat(n) }));

  it('the bounds enclose the observed rate', () => {
    fc.assert(
      fc.property(counts, ({ s, n }) => {
        const { lower, upper } = rateBounds(s, n);
        const rate = n === 0 ? 0.5 : s / n;
        expect(lower).toBeLessThanOrEqual(rate + 1e-9);
        expect(upper).toBeGreaterThanOrEqual(rate - 1e-9);
      }),
    );
  });

  it('more events raise both bounds, more clean trials lower the upper one', () => {
    fc.assert(
      fc.property(counts, ({ s, n }) => {
        fc.pre(s < n);
        const now = rateBounds(s, n);
        const worse = rateBounds(s + 1, n);
        expect(worse.lower).toBeGreaterThanOrEqual(now.lower);
        expect(worse.upper).toBeGreaterThanOrEqual(now.upper);
        expect(rateBounds(s, n + 100).upper).toBeLessThanOrEqual(now.upper + 1e-9);
      }),
    );
  });

  it('no trials, and what is not a count, are no evidence', () => {
    const notCounts = [
      [0, 0],
      [Number.NaN, 10],
      [0, Infinity],
      [-1, 10],
      [0.5, 10],
      [11, 10],
    ] as const;
    for (const [s, n] of notCounts) expect(rateBounds(s, n)).toEqual({ lower: 0, upper: 1, level: 0.95 });
  });
});
