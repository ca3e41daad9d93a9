import { assert, double, integer, property } from 'fast-check';
import { expect, test } from 'vitest';
import { everyShare } from '../../sandbox/api/every-share.ts';

test('one in n is every n-th call, and the first one comes after n', () => {
  assert(
    property(integer({ min: 1, max: 200 }), (n) => {
      const strikes = everyShare(1 / n);
      const struck = Array.from({ length: 3 * n }, (_, index) => (strikes() ? [index + 1] : [])).flat();
      expect(struck).toEqual([n, 2 * n, 3 * n]);
    }),
  );
});

test('any share is met to within one call at any time', () => {
  assert(
    property(double({ min: 0.001, max: 1, noNaN: true }), integer({ min: 1, max: 500 }), (share, calls) => {
      const strikes = everyShare(share);
      const struck = Array.from({ length: calls }, () => strikes()).filter(Boolean).length;
      expect(Math.abs(struck - calls * share)).toBeLessThan(1.000001);
    }),
  );
});
