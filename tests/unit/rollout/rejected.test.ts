import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { ended, open, releases, ship } from './simulation/faults.ts';

it('a release that was rolled back is refused, and shipped with a reason that is journalled and reported', async () => {
  const { target, simulation } = await open({ kind: 'smoke', fromShare: 50 });
  await using _ = simulation;
  expect(ended(await simulation.run(ship, { checkout: 'one' })).exitCode).toBe(1);
  const { runId } = (await simulation.rollout()) ?? { runId: '' };
  const refused = await simulation.run(ship, { checkout: 'two' });
  expect([refused.kind, refused.process.effects]).toEqual(['refused', []]);
  expect(refused.kind === 'refused' && refused.error.message).toContain(
    `new is rejected, because ${runId} rolled it back`,
  );
  const empty = await simulation.run({ ...ship, retryRejected: ' ' });
  expect(empty.kind).toBe('refused');

  const retried = await simulation.run({ ...ship, retryRejected: 'the provider was down' });
  expect(ended(retried).exitCode).toBe(1);
  expect(retried.kind === 'ended' && retried.result.deviations).toContain(
    `Shipped although ${runId} had rolled it back: the provider was down`,
  );
  expect((await simulation.rollout())?.record.plan.retried).toEqual({ runId, because: 'the provider was down' });
  expect(releases(target)).toEqual(['old']);
});

it('also where the run was killed before it wrote its verdict; another release is not refused', async () => {
  const { simulation } = await open({ kind: 'smoke', fromShare: 50 });
  await using _ = simulation;
  await simulation.run(ship);
  const { runId } = (await simulation.rollout()) ?? { runId: '' };
  await rm(join(simulation.reportsRoot, runId, 'verdict.json'));
  expect((await simulation.run(ship)).kind).toBe('refused');
  expect((await simulation.run({ ...ship, release: 'newer' })).kind).toBe('ended');
});

it('a check that fails after the promotion ends with 4: the release has all traffic', async () => {
  const { target, simulation } = await open();
  await using _ = simulation;
  const change = (context: RolloutContext): RolloutContext => {
    const { runJourney } = context.instruments;
    const other: typeof runJourney = async (...args) =>
      (await runJourney(...args)).map((each) => ({
        ...each,
        steps: each.steps.map((step) => ({ ...step, release: 'an image of yesterday' })),
      }));
    return { ...context, instruments: { ...context.instruments, runJourney: other } };
  };
  const result = ended(await simulation.run(ship, { change }));
  expect(result).toMatchObject({
    exitCode: 4,
    phase: 'promoted',
    because: expect.stringMatching(
      /^Promoted, and a check failed afterwards: .*an image of yesterday.* npm run rollback -- --reason/,
    ) as unknown,
  });
  expect(releases(target)).toEqual(['new']);
});
