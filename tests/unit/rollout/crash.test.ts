import { describe, expect, it } from 'vitest';
import { crashPoints, distinct, eachOf, nameOf, scenarios, shipWithCrashes } from './simulation/ship-with-crashes.ts';

describe.each(scenarios.map((scenario) => [nameOf(scenario), scenario] as const))('%s', (_, scenario) => {
  it.each(['resume', 'abort'] as const)(
    'killed at any write and at any effect, then --%s: all users on one healthy release',
    { timeout: 60_000 },
    async (order) => {
      const points = distinct(await crashPoints(scenario), order);
      expect(points.length).toBeGreaterThan(5);
      await eachOf(points, ({ name, ...crash }) =>
        shipWithCrashes(scenario, [{ crash, order }], `killed ${name}, --${order}`),
      );
    },
  );
});
