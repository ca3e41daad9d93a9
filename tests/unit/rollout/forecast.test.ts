import { expect, it } from 'vitest';
import { forecastStages, isEnough } from '../../../src/core/rollout/forecast.ts';
import { settings } from './samples.ts';

it('states how long each stage needs for each check at its share of the traffic', () => {
  const [ten, , all] = forecastStages({ stages: [10, 50, 100], settings, users: { requests: 50, payments: 2 } });
  expect(ten?.needsMs).toEqual({ requests: 10_000 + 60_000, payments: 500_000 });
  expect(ten?.takesMs).toBeUndefined();
  expect(all?.takesMs).toBe(60_000);
});

it('names the rules that cannot fire in the time that a stage has', () => {
  const [ten] = forecastStages({ stages: [10], settings, users: { requests: 50, payments: 2 } });
  expect(ten?.cannotFire.join()).toContain('4.1b failed payments');
  const short = { ...settings, latency: { ...settings.latency, sustainedMs: 300_000 } };
  expect(
    forecastStages({ stages: [100], settings: short, users: { requests: 500, payments: 50 } })[0]?.cannotFire,
  ).toEqual(['4.1a: P95 above its limit for 5 min is longer than the stage can last']);
});

it('names every rule where there is no traffic at all', () => {
  const [stage] = forecastStages({ stages: [100], settings, users: { requests: 0, payments: 0 } });
  expect(stage).toMatchObject({ needsMs: {}, synthetic: false });
  expect(stage?.cannotFire.join()).toContain('no samples');
});

it('adds our own requests where users send too few, and only there', () => {
  const forecast = forecastStages({
    stages: [10, 100],
    settings,
    users: { requests: 50, payments: 5 },
    synthetic: { requests: 40, payments: 8 },
  });
  expect(forecast.map(({ synthetic }) => synthetic)).toEqual([true, false]);
  expect(forecast[0]?.traffic).toEqual({ requests: 45, payments: 8.5 });
});

it('enough is what brings the least number of samples within the dwell', () => {
  expect(isEnough({ requests: 6, payments: 2 }, settings)).toBe(true);
  expect(isEnough({ requests: 5.9, payments: 2 }, settings)).toBe(false);
  expect(isEnough({ requests: 6, payments: 1.6 }, settings)).toBe(false);
});
