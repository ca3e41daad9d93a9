import { describe, expect, it } from 'vitest';
import { forecastStages, isEnough, type Traffic } from '../../../src/core/rollout/forecast.ts';
import type { RolloutSettings } from '../../../src/core/rollout/settings.ts';
import { typicalTrials } from '../../../src/core/statistics/index.ts';
import { settings, slos } from './samples.ts';

const forecast = (users: Traffic, stages: readonly number[], own: RolloutSettings = settings, synthetic?: Traffic) =>
  forecastStages({ stages, settings: own, slos, users, ...(synthetic ? { synthetic } : {}) });

describe('how long each stage needs for each proof', () => {
  it('comes from the traffic at its share and the exact number of samples at a fifth of the limit', () => {
    const [ten] = forecast({ requests: 500, payments: 20 }, [10]);
    const trials = typicalTrials({ question: 'within', rate: 0.001, p0: 0.005, alpha: 0.05 }).median ?? 0;
    // statistics.md: 1 260 requests at 0.1 % for "< 0.5 %".
    expect(trials).toBe(1260);
    expect(ten?.proofs.find(({ objective }) => objective === '5xx < 0.5 %')).toEqual({
      objective: '5xx < 0.5 %',
      trials,
      needsMs: (1000 * trials) / 50,
    });
    expect(ten?.needsMs.requests).toBe((1000 * trials) / 50);
  });

  it('includes the warm-up for latency', () => {
    const [all] = forecast({ requests: 100_000, payments: 100_000 }, [100]);
    const latency = all?.proofs.find(({ objective }) => objective === 'P95 < 1 s')?.needsMs ?? 0;
    expect(latency).toBeGreaterThan(settings.warmUpMs);
    expect(latency).toBeLessThan(settings.warmUpMs + 100);
  });

  it('is the dwell where that is longer, and undefined where the hold budget is too short', () => {
    const [ten, , all] = forecast({ requests: 500, payments: 5 }, [10, 50, 100]);
    expect(ten?.takesMs).toBeUndefined();
    expect(all?.takesMs).toBeGreaterThan(settings.dwellMs);
    expect(forecast({ requests: 5000, payments: 5000 }, [100])[0]?.takesMs).toBe(settings.dwellMs);
  });
});

describe('the rules that cannot fire in the time that a stage has', () => {
  it('are named with their numbers: proofs of a breach, and the literal rule', () => {
    const [ten] = forecast({ requests: 50, payments: 2 }, [10]);
    expect(ten?.cannotFire).toContain('4.1b failed payments by the literal rule: 12 of 100 samples in 60 s');
    expect(ten?.cannotFire.join()).toMatch(
      /4\.1b failed payments of 5 %: a proof takes \d+ samples, .* and the stage has 3 min/,
    );
  });

  it('do not include the literal rule where it does not apply', () => {
    const own = { ...settings, judge: { ...settings.judge, mode: 'proof-only' } } as const;
    expect(forecast({ requests: 50, payments: 2 }, [10], own)[0]?.cannotFire.join()).not.toContain('literal');
  });

  it('include latency that the stage ends before', () => {
    const own = { ...settings, latency: { ...settings.latency, sustainedMs: 300_000 } };
    expect(forecast({ requests: 500, payments: 50 }, [100], own)[0]?.cannotFire).toEqual([
      '4.1a: P95 above its limit for 5 min is longer than the stage can last',
    ]);
  });

  it('are all of them where there is no traffic', () => {
    const [stage] = forecast({ requests: 0, payments: 0 }, [100]);
    expect(stage).toMatchObject({ needsMs: {}, synthetic: false });
    expect(stage?.takesMs).toBeUndefined();
    expect(stage?.cannotFire.join()).toContain('no samples');
  });
});

it('adds our own requests where users send too few, and only there', () => {
  const own = forecast({ requests: 500, payments: 50 }, [10, 100], settings, { requests: 40, payments: 8 });
  expect(own.map(({ synthetic }) => synthetic)).toEqual([true, false]);
  expect(own[0]?.traffic).toEqual({ requests: 90, payments: 13 });
});

it('enough is what brings every proof within the dwell', () => {
  const requests = typicalTrials({ question: 'within', rate: 0.001, p0: 0.005, alpha: 0.05 }).median ?? 0;
  const perSecond = requests / (settings.dwellMs / 1000);
  expect(isEnough({ requests: perSecond, payments: 50 }, settings, slos)).toBe(true);
  expect(isEnough({ requests: perSecond * 0.99, payments: 50 }, settings, slos)).toBe(false);
  expect(isEnough({ requests: perSecond, payments: 0 }, settings, slos)).toBe(false);
});
