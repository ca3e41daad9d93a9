import { assert, double, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { everyShare } from '../../sandbox/api/every-share.ts';

test('one in n is every n-th call, the first one after n', () => {
  assert(
    property(integer({ min: 1, max: 200 }), (n) => {
      const isDue = everyShare(1 / n);
      const due = Array.from({ length: 3 * n }, (_, index) => (isDue() ? [index + 1] : [])).flat();
      expect(due).toEqual([n, 2 * n, 3 * n]);
    }),
  );
});

test('any share is met to within one call at any time', () => {
  assert(
    property(double({ min: 0.001, max: 1, noNaN: true }), integer({ min: 1, max: 500 }), (share, calls) => {
      const isDue = everyShare(share);
      const due = Array.from({ length: calls }, () => isDue()).filter(Boolean).length;
      expect(Math.abs(due - calls * share)).toBeLessThan(1.000001);
    }),
  );
});
