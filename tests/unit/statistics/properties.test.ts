import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addBreachBatch,
  addFastBatch,
  fastDefaults,
  logBreachEvidence,
  logFastEvidence,
  logLaneEvidence,
  rateBounds,
  startFastLane,
  startLane,
  type LaneSettings,
} from '../../../src/core/statistics/index.ts';
import {
  type Pair,
  count,
  colours,
  limit,
  laneSettings,
  breach,
  regression,
  fast,
  fastOf,
  close,
  atLeast,
} from './arbitraries.ts';

describe('order', () => {
  it('within one batch never matters: the sum of its parts is what counts', () => {
    fc.assert(
      fc.property(fc.array(count(50), { minLength: 1, maxLength: 6 }), limit, laneSettings, (parts, p0, settings) => {
        const sum = (pairs: readonly Pair[]): Pair => ({
          events: pairs.reduce((total, { events }) => total + events, 0),
          trials: pairs.reduce((total, { trials }) => total + trials, 0),
        });
        expect(breach([sum(parts)], settings, p0)).toEqual(breach([sum(parts.toReversed())], settings, p0));
      }),
    );
  });

  it('of the strata of one fast batch never matters', () => {
    fc.assert(
      fc.property(fc.array(colours, { maxLength: 3 }), (strata) => {
        close(logFastEvidence(fast([{ strata }])), logFastEvidence(fast([{ strata: strata.toReversed() }])));
      }),
    );
  });

  it('of whole batches does not matter to the plain mixture, nor where they are cut', () => {
    const plain: LaneSettings = { lanes: 1, alpha: 0.05, phi: 1, restarts: 1 };
    fc.assert(
      fc.property(fc.array(count(), { minLength: 1, maxLength: 8 }), limit, (batches, p0) => {
        const s = batches.reduce((total, { events }) => total + events, 0);
        const n = batches.reduce((total, { trials }) => total + trials, 0);
        close(logLaneEvidence(breach(batches, plain, p0)), logBreachEvidence(s, n, p0));
        close(logLaneEvidence(breach(batches.toReversed(), plain, p0)), logBreachEvidence(s, n, p0));
      }),
    );
  });
});

describe('more failures', () => {
  /** One more failure in one of the batches: of a request that was counted anyway, or of one that came on top. */
  const raise = (pair: Pair, onTop: boolean): Pair =>
    onTop || pair.events === pair.trials
      ? { events: pair.events + 1, trials: pair.trials + 1 }
      : { events: pair.events + 1, trials: pair.trials };

  it('never lower the evidence of a breach, in any batch, with cap and restarts', () => {
    fc.assert(
      fc.property(
        fc.array(count(), { minLength: 1, maxLength: 8 }),
        fc.nat(7),
        fc.boolean(),
        limit,
        laneSettings,
        (batches, at, onTop, p0, settings) => {
          const worse = batches.map((batch, index) => (index === at % batches.length ? raise(batch, onTop) : batch));
          atLeast(logLaneEvidence(breach(worse, settings, p0)), logLaneEvidence(breach(batches, settings, p0)));
        },
      ),
    );
  });

  it('of requests that were counted anyway never lower the evidence of green alone: regression and fast lane', () => {
    fc.assert(
      fc.property(
        fc.array(colours, { minLength: 1, maxLength: 10 }),
        fc.nat(9),
        laneSettings,
        (batches, at, settings) => {
          const worse = batches.map((batch, index) =>
            index === at % batches.length && batch.green.events < batch.green.trials
              ? { ...batch, green: raise(batch.green, false) }
              : batch,
          );
          atLeast(logLaneEvidence(regression(worse, settings, 2)), logLaneEvidence(regression(batches, settings, 2)));
          atLeast(logFastEvidence(fastOf(worse)), logFastEvidence(fastOf(batches)));
        },
      ),
    );
  });

  it('of blue never raise the evidence of green alone', () => {
    fc.assert(
      fc.property(fc.array(colours, { minLength: 1, maxLength: 10 }), fc.nat(9), (batches, at) => {
        const shared = batches.map((batch, index) =>
          index === at % batches.length && batch.blue.events < batch.blue.trials
            ? { ...batch, blue: raise(batch.blue, false) }
            : batch,
        );
        atLeast(logFastEvidence(fastOf(batches)), logFastEvidence(fastOf(shared)));
      }),
    );
  });

  it('on top can lower the evidence of green alone: only the share of the traffic says what to expect', () => {
    // The minimum with blue makes it conditional: blue fails so much that one more request of green, though it failed, is
    // fewer failures than its share.
    const shared = { green: { events: 0, trials: 1 }, blue: { events: 40, trials: 40 } };
    const onTop = { ...shared, green: { events: 1, trials: 2 } };
    expect(logFastEvidence(fastOf([onTop]))).toBeLessThan(logFastEvidence(fastOf([shared])));
  });

  it('raise both bounds of the rate; more clean trials lower the upper one', () => {
    fc.assert(
      fc.property(count(5000), ({ events: s, trials: n }) => {
        fc.pre(s < n);
        const now = rateBounds(s, n);
        const worse = rateBounds(s + 1, n);
        atLeast(worse.lower, now.lower);
        atLeast(worse.upper, now.upper);
        atLeast(now.upper, rateBounds(s, n + 100).upper);
        atLeast(s / n, now.lower);
        atLeast(now.upper, s / n);
      }),
    );
  });
});

describe('the state', () => {
  it('is plain JSON of constant size, and evidence stays a finite number through a long outage', () => {
    const settings: LaneSettings = { lanes: 4, alpha: 0.009, phi: 1, restarts: 300 };
    const outage = { events: 1_000_000, trials: 1_000_000 };
    const healthy = { events: 0, trials: 1_000_000 };
    for (const [green, blue] of [
      [outage, healthy],
      [healthy, outage],
    ] as const) {
      let slow = startLane(settings);
      let quick = startFastLane(fastDefaults);
      for (let batch = 1; batch <= 4000; batch += 1) {
        slow = addBreachBatch(slow, settings, green, 0.01);
        quick = addFastBatch(quick, fastDefaults, { strata: [{ green, blue }] });
      }
      expect(JSON.parse(JSON.stringify(slow))).toEqual(slow);
      expect(JSON.parse(JSON.stringify(quick))).toEqual(quick);
      expect(Number.isFinite(logLaneEvidence(slow))).toBe(true);
      expect(Number.isFinite(logFastEvidence(quick))).toBe(true);
      expect(JSON.stringify(quick).length).toBeLessThan(2000);
    }
  });
});
