import fc from 'fast-check';
import { it } from 'vitest';
import {
  crashPoints,
  eachOf,
  nameOf,
  pointsAfter,
  scenarios,
  shipWithCrashes,
} from './simulation/ship-with-crashes.ts';

/** A second and a third kill; crash.test.ts has every single one. */
it.each(
  // A watch with a step-back is long.
  scenarios
    .filter(({ stepsBack }) => !stepsBack)
    .flatMap((scenario) => (['resume', 'abort'] as const).map((order) => [nameOf(scenario), order, scenario] as const)),
)(
  '%s: killed in the middle, and again at any point of --%s: the same',
  { timeout: 60_000 },
  async (_, order, scenario) => {
    const points = await crashPoints(scenario);
    const half = points.find(
      ({ name, index }) => name === 'after router.setShares' || index > (points[0]?.index ?? 0) + points.length / 5,
    );
    if (!half) throw new Error('no crash point');
    await eachOf(await pointsAfter(scenario, half, order), ({ name, ...crash }) =>
      shipWithCrashes(
        scenario,
        [
          { crash: half, order },
          { crash, order: 'resume' },
        ],
        `killed ${half.name}, --${order}, killed ${name}, --resume`,
      ),
    );
  },
);

it('killed two or three times in a row: the same', { timeout: 120_000 }, async () => {
  const crash = fc.record({
    at: fc.nat(),
    order: fc.constantFrom('resume', 'abort'),
  });
  const all = await Promise.all(scenarios.map(crashPoints));
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: scenarios.length - 1 }),
      fc.array(crash, { minLength: 2, maxLength: 3 }),
      async (which, picked) => {
        const scenario = scenarios[which];
        const points = all[which] ?? [];
        if (!scenario) throw new Error('no scenario');
        const crashes = picked.flatMap(({ at, order }) => {
          const point = points[at % points.length];
          return point ? [{ crash: point, order }] : [];
        });
        await shipWithCrashes(scenario, crashes, `${nameOf(scenario)}: ${JSON.stringify(crashes)}`);
      },
    ),
    { numRuns: 150 },
  );
});
