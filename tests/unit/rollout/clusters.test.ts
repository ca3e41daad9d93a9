import { expect, it } from 'vitest';
import { judgeStage } from '../../../src/core/judge/stage.ts';
import { observation, settings, slos, stage } from './samples.ts';

it('a proof takes longer by as much as failures come in clusters, each kind by its own', () => {
  const first = (
    counts: Record<string, readonly [number, number]>,
    clusters: Partial<typeof settings.judge.clusters>,
  ): number | undefined =>
    Array.from({ length: 20 }, (_, index) => index).find((count) => {
      const judge = {
        ...settings.judge,
        clusters: { ...settings.judge.clusters, ...clusters },
        mode: 'proof-only',
      } as const;
      const observations = Array.from({ length: count }, () => observation(counts));
      return judgeStage({ stage, observations, slos, settings: { ...settings, judge } }).word === 'NO-GO';
    });
  expect([first({ '5xx': [6, 200] }, { errors: 1 }), first({ '5xx': [6, 200] }, { errors: 2 })]).toEqual([4, 7]);
  expect([first({ pay: [8, 40] }, { errors: 1 }), first({ pay: [8, 40] }, { errors: 2 })]).toEqual([3, 3]);
});
