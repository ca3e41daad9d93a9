import { describe, expect, it } from 'vitest';
import { typicalTrials } from '../../../src/core/statistics/index.ts';

describe('typical trials, exactly', () => {
  it.each([
    ['within', 0.001, 0.01, 0.05, 1, 391, 848],
    ['within', 0.001, 0.005, 0.05, 1, 1260, 2829],
    ['breach', 0.02, 0.01, 0.01, 4, 1881, 4143],
    ['breach', 0.05, 0.01, 0.01, 4, 178, 425],
    ['breach', 0.1, 0.01, 0.01, 4, 52, 126],
    ['breach', 0.2, 0.01, 0.01, 4, 19, 43],
    ['breach', 0.5, 0.01, 0.01, 4, 7, 13],
  ] as const)('%s at a true rate of %d against %d', (question, rate, p0, alpha, lanes, median, p95) => {
    expect(typicalTrials({ question, rate, p0, alpha, lanes })).toEqual({ median, p95 });
  });
});

it('a question that is never decided has no number', () => {
  const within = { question: 'within', p0: 0.01, alpha: 0.05 } as const;
  expect(typicalTrials({ ...within, rate: 0.02, atMost: 5000 })).toEqual({ median: null, p95: null });
  expect(typicalTrials({ ...within, rate: Number.NaN })).toEqual({ median: null, p95: null });
  expect(typicalTrials({ ...within, rate: 0, p0: 1.5 })).toEqual({ median: null, p95: null });
});
