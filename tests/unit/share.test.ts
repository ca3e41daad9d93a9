import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agrees, agreesInOrder, answersNeeded, wrongAgreement, wrongRefusal } from '../../src/core/share.ts';

/** Chance that a router which really serves `served` agrees, by adding up every possible count. */
function chance(served: number, answers: number, question: Parameters<typeof agrees>[1]): number {
  let choose = 1;
  let sum = 0;
  for (let green = 0; green <= answers; green += 1) {
    if (agrees({ green, answers }, question)) sum += choose * served ** green * (1 - served) ** (answers - green);
    choose = (choose * (answers - green)) / (green + 1);
  }
  return sum;
}

describe('a measured share', () => {
  it('of the usual stages needs 60 answers or little more', () => {
    expect(answersNeeded({ wanted: 0.1, before: 0 }, 60)).toBe(60);
    expect(answersNeeded({ wanted: 0.5, before: 0.1 }, 60)).toBe(60);
    expect(answersNeeded({ wanted: 1, before: 0.5 }, 60)).toBe(60);
    // 0.9^66 is the first power below 1 in 1000.
    expect(answersNeeded({ wanted: 0, before: 0.1 }, 60)).toBeGreaterThanOrEqual(66);
    expect(answersNeeded({ wanted: 0, before: 0.1 }, 60)).toBeLessThan(72);
  });

  it('agrees as often as stated, and with the earlier share as seldom as stated', () => {
    for (const [wanted, before] of [
      [0.1, 0],
      [0.5, 0.1],
      [0.2, 0.1],
      [0.1, 0.5],
      [0.05, undefined],
    ] as const) {
      const question = { wanted, before };
      const answers = answersNeeded(question, 60) ?? 0;
      expect(chance(wanted, answers, question)).toBeGreaterThanOrEqual(1 - wrongRefusal);
      if (before !== undefined) expect(chance(before, answers, question)).toBeLessThanOrEqual(wrongAgreement);
    }
  });

  it('of a side without traffic agrees with none of its answers only', () => {
    expect(agrees({ green: 0, answers: 60 }, { wanted: 0, before: 0.5 })).toBe(true);
    expect(agrees({ green: 1, answers: 60 }, { wanted: 0, before: 0.5 })).toBe(false);
    expect(agrees({ green: 59, answers: 60 }, { wanted: 1 })).toBe(false);
    expect(agrees({ green: 60, answers: 60 }, { wanted: 1 })).toBe(true);
  });

  it('does not agree where the earlier share could have given the count, or one side gave everything', () => {
    expect(agrees({ green: 6, answers: 60 }, { wanted: 0.1, before: 0 })).toBe(true);
    expect(agrees({ green: 9, answers: 60 }, { wanted: 0.2, before: 0.1 })).toBe(false);
    expect(agrees({ green: 0, answers: 60 }, { wanted: 0.05 })).toBe(false);
    expect(agrees({ green: 30, answers: 60 }, { wanted: 0.1, before: 0 })).toBe(false);
  });

  it('of which the beginning was served by the earlier share does not agree, although the whole might', () => {
    const mixed = Array.from({ length: 60 }, (_, index) => index >= 16 && index % 2 === 0);
    expect(agrees({ green: mixed.filter(Boolean).length, answers: 60 }, { wanted: 0.5, before: 0 })).toBe(true);
    expect(agreesInOrder(mixed, { wanted: 0.5, before: 0 })).toBe(false);
    const steady = mixed.map((_, index) => index % 2 === 0);
    expect(agreesInOrder(steady, { wanted: 0.5, before: 0 })).toBe(true);
    expect(agreesInOrder([], { wanted: 0.5 })).toBe(false);
  });

  it('of shares that 2000 answers do not tell apart is no question', () => {
    expect(answersNeeded({ wanted: 0.5, before: 0.49 }, 60)).toBeUndefined();
    expect(answersNeeded({ wanted: 0.001, before: 0 }, 60)).toBeUndefined();
  });

  it('never agrees without answers, and needs no fewer than asked for', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 20, max: 200 }), (wanted, least) => {
        expect(agrees({ green: 0, answers: 0 }, { wanted })).toBe(false);
        expect(answersNeeded({ wanted }, least) ?? least).toBeGreaterThanOrEqual(least);
      }),
      { numRuns: 30 },
    );
  });
});
