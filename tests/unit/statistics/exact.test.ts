import { describe, expect, it } from 'vitest';
import {
  addBreachBatch,
  addFastBatch,
  fastDefaults,
  logBreachEvidence,
  logFastEvidence,
  logLaneEvidence,
  logWithinEvidence,
  startFastLane,
  startLane,
  type FastSettings,
  type LaneSettings,
} from '../../../src/core/statistics/index.ts';
import { binomial } from './binomial.ts';
import { nineDecimals, vectors } from './vectors.ts';

/** Paths of so little chance change no digit that is compared. */
const negligible = 1e-14;

/** The exact chance that a test is ever decided within N single trials, by dynamic programming over the event count. */
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

describe('one rate, trial by trial', () => {
  it.each(vectors.exactCrossing)('breach of $p0 at a true $p within $N trials', ({ p, p0, alpha, N, prob }) => {
    const chance = everDecided(p, N, (s, n) => logBreachEvidence(s, n, p0) >= -Math.log(alpha));
    expect(chance).toBeCloseTo(prob, nineDecimals);
    if (p <= p0) expect(chance).toBeLessThanOrEqual(alpha);
  });

  it.each(vectors.exactFalseProof)('a proof of < $p0 at a true $p within $N trials', ({ p, p0, beta, N, prob }) => {
    const chance = everDecided(p, N, (s, n) => logWithinEvidence(s, n, p0) >= -Math.log(beta));
    expect(chance).toBeCloseTo(prob, nineDecimals);
    expect(chance).toBeLessThanOrEqual(beta);
  });
});

interface Fold<State> {
  readonly start: State;
  readonly add: (state: State, outcome: number) => State;
  readonly logE: (state: State) => number;
}

/**
 * Every sequence of outcomes of independent batches, each outcome with its chance: the mean of E at the end, and the
 * chance that E ever reached 1/alpha. `scripted` gives the batches that an adversary sets.
 */
function enumerate<State>(
  fold: Fold<State>,
  chances: readonly number[],
  plan: { batches: number; alpha: number; scripted?: ReadonlyMap<number, number> },
): { mean: number; ever: number } {
  let mean = 0;
  let ever = 0;
  const visit = (state: State, batch: number, chance: number, reached: boolean): void => {
    const now = reached || fold.logE(state) >= -Math.log(plan.alpha);
    if (batch === plan.batches) {
      mean += chance * Math.exp(fold.logE(state));
      if (now) ever += chance;
      return;
    }
    const scripted = plan.scripted?.get(batch);
    if (scripted !== undefined) visit(fold.add(state, scripted), batch + 1, chance, now);
    else
      for (const [outcome, share] of chances.entries())
        if (share > 0) visit(fold.add(state, outcome), batch + 1, chance * share, now);
  };
  visit(fold.start, 0, 1, false);
  return { mean, ever };
}

describe('a restarting lane, over every sequence of its batches', () => {
  const trials = 4;
  const p0 = 0.2;
  const laneOf = (settings: LaneSettings) => ({
    start: startLane(settings),
    add: (state: ReturnType<typeof startLane>, events: number) =>
      addBreachBatch(state, settings, { events, trials }, p0),
    logE: logLaneEvidence,
  });
  const plain: LaneSettings = { lanes: 1, alpha: 0.1, phi: 1, restarts: 3 };
  const plan = { batches: 5, alpha: plain.alpha };

  it('has a mean of exactly 1 at the limit, also after the last restart', () => {
    const { mean, ever } = enumerate(laneOf(plain), binomial(trials, p0), plan);
    expect(mean).toBeCloseTo(1, nineDecimals);
    expect(ever).toBeGreaterThan(0.01);
    expect(ever).toBeLessThanOrEqual(plan.alpha);
  });

  it.each([
    ['with a cap', { ...plain, capBatches: 3 }],
    ['with clusters', { ...plain, phi: 2 }],
  ])('stays below 1 %s, and is ever decided with at most alpha', (_, settings) => {
    const { mean, ever } = enumerate(laneOf(settings), binomial(trials, p0), plan);
    expect(mean).toBeLessThan(1);
    expect(ever).toBeLessThanOrEqual(plan.alpha);
  });

  it('keeps alpha where each event is a cluster of two, as long as phi is two', () => {
    // Pairs of trials fail together: two events or none per pair.
    const pairs = binomial(trials / 2, p0).flatMap((chance) => [chance, 0]);
    const { mean, ever } = enumerate(laneOf({ ...plain, phi: 2 }), pairs, plan);
    expect(mean).toBeLessThanOrEqual(1 + 1e-12);
    expect(ever).toBeLessThanOrEqual(plan.alpha);
    expect(enumerate(laneOf(plain), pairs, plan).mean).toBeGreaterThan(1);
  });
});

describe('the fast lane, over every sequence of its batches', () => {
  const trials = 3;
  const outcomes = trials + 1;
  const settings: FastSettings = { ...fastDefaults, alpha: 0.05, m: 1, L: 2, K: 4, p0: 0.05 };
  const fold = {
    start: startFastLane(settings),
    add: (state: ReturnType<typeof startFastLane>, outcome: number) =>
      addFastBatch(state, settings, {
        strata: [
          {
            green: { events: Math.floor(outcome / outcomes), trials },
            blue: { events: outcome % outcomes, trials },
          },
        ],
      }),
    logE: logFastEvidence,
  };
  const rates = (green: number, blue: number): number[] =>
    binomial(trials, green).flatMap((g) => binomial(trials, blue).map((b) => g * b));
  const onlyGreenFails = trials * outcomes;

  it.each([
    ['green keeps its limit', 0.05, 0],
    ['both colours fail, green at twice the rate of blue', 0.6, 0.3],
    ['both colours fail completely', 1, 1],
  ])('%s: alpha is kept whatever happens in one window of L batches', (_, green, blue) => {
    for (const first of [0, 1, 2]) {
      const scripted = new Map([first, first + 1].map((batch) => [batch, onlyGreenFails]));
      const { ever } = enumerate(fold, rates(green, blue), { batches: 4, alpha: settings.alpha, scripted });
      expect(ever).toBeLessThanOrEqual(settings.alpha);
    }
  });

  it('L + m batches in which only green fails decide, and no fewer', () => {
    let state = fold.start;
    const green = { events: 50, trials: 50 };
    const blue = { events: 0, trials: 50 };
    for (const decided of [false, false, true]) {
      state = addFastBatch(state, settings, { strata: [{ green, blue }] });
      expect(fold.logE(state) >= -Math.log(settings.alpha)).toBe(decided);
    }
  });
});
