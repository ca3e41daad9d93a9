import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addBreachBatch,
  addFastBatch,
  addRegressionBatch,
  addStepBackBatch,
  fastDefaults,
  logBreachEvidence,
  logFastEvidence,
  logLaneEvidence,
  logStepBackEvidence,
  logWithinEvidence,
  rateBounds,
  startStepBack,
  stepBackDefaults,
} from '../../../src/core/statistics/index.ts';
import {
  count,
  colours,
  limit,
  laneSettings,
  empty,
  notCount,
  breach,
  regression,
  fastOf,
  close,
} from './arbitraries.ts';

describe('a batch that is empty or no count', () => {
  const nothing = fc.oneof(fc.constant(empty), notCount);

  it('leaves the evidence of a lane as it was, also after the last restart', () => {
    fc.assert(
      fc.property(fc.array(count(), { maxLength: 8 }), nothing, limit, laneSettings, (batches, none, p0, settings) => {
        const before = breach(batches, settings, p0);
        close(logLaneEvidence(addBreachBatch(before, settings, none, p0)), logLaneEvidence(before));
      }),
    );
  });

  it('of one colour leaves the evidence of a regression as it was', () => {
    fc.assert(
      fc.property(
        fc.array(colours, { maxLength: 8 }),
        nothing,
        count(),
        laneSettings,
        (batches, none, other, settings) => {
          const before = regression(batches, settings, 2);
          for (const batch of [
            { green: none, blue: other },
            { green: other, blue: none },
          ])
            close(logLaneEvidence(addRegressionBatch(before, settings, batch, 2)), logLaneEvidence(before));
        },
      ),
    );
  });

  it('leaves the evidence of the fast lane as it was, and so does a batch that is left out', () => {
    fc.assert(
      fc.property(fc.array(colours, { maxLength: 10 }), nothing, colours, (batches, none, warmUp) => {
        const before = fastOf(batches);
        for (const batch of [
          { strata: [] },
          { strata: [{ green: none, blue: none }] },
          { strata: [{ green: none, blue: empty }], startsSplit: true },
          { strata: [warmUp], leftOut: true, startsSplit: true },
        ])
          close(logFastEvidence(addFastBatch(before, fastDefaults, batch)), logFastEvidence(before));
      }),
    );
  });

  it('changes nothing in the state of the fast lane but its time: its stake enters with the next batch', () => {
    fc.assert(
      fc.property(fc.array(colours, { maxLength: 10 }), (batches) => {
        const before = fastOf(batches);
        const stake = batches.length === 0 ? 1 / 2 + 1 / (4 * fastDefaults.K) : 1 / (4 * fastDefaults.K);
        expect(addFastBatch(before, fastDefaults, { strata: [] })).toMatchObject({
          batches: before.batches + 1,
          postponed: before.postponed + stake,
          unspent: before.unspent,
          logAll: before.logAll,
          logLeftOut: before.logLeftOut,
          window: before.window,
        });
      }),
    );
  });

  it('is no step-back, no proof, no breach, and bounds nothing', () => {
    fc.assert(
      fc.property(nothing, limit, ({ events, trials }, p0) => {
        expect(logWithinEvidence(events, trials, p0)).toBe(0);
        expect(logBreachEvidence(events, trials, p0)).toBe(0);
        expect(rateBounds(events, trials)).toEqual({ lower: 0, upper: 1, level: 0.95 });
        expect(logStepBackEvidence(addStepBackBatch(startStepBack(), { events, trials }, stepBackDefaults))).toBe(0);
      }),
    );
  });

  it('and a limit that is no rate, prove nothing', () => {
    fc.assert(
      fc.property(
        count(),
        fc.constantFrom(Number.NaN, -1, 0, 1, 1.5, Infinity, -Infinity),
        ({ events, trials }, p0) => {
          expect(logWithinEvidence(events, trials, p0)).toBe(0);
          expect(logBreachEvidence(events, trials, p0)).toBe(0);
        },
      ),
    );
  });
});
