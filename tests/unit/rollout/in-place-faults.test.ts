import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/events.ts';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { at, ended, firstObservation } from './simulation/faults.ts';
import { calls, openInPlace, ship, states } from './simulation/in-place.ts';

describe('a platform that does otherwise', () => {
  it.each([{}, { reportsReleases: false }])(
    'that rolls back by itself is NO-GO by name, and only verified: %j',
    async (is) => {
      const { platform, simulation, run } = await openInPlace(undefined, is);
      await using _ = simulation;
      const outcome = await run(ship, { listen: at(firstObservation, platform.goBack) });
      expect(ended(outcome).because).toContain('the platform rolled new back: live is d-1');
      expect([ended(outcome).exitCode, calls(outcome)]).toEqual([1, ['deploy new']]);
    },
  );

  it('another deploy in progress before the trigger is refused; during the watch it pauses, and --abort leaves it alone', async () => {
    const { platform, simulation, run } = await openInPlace();
    await using _ = simulation;
    const theirs = platform.begin('theirs');
    const refused = await run(ship);
    expect(refused.kind === 'refused' && refused.error.message).toContain('d-2 (theirs) is pending');
    theirs.state = 'superseded';
    const outcome = await run(ship, { listen: at(firstObservation, () => platform.makeLive('theirs')) });
    expect(ended(outcome)).toMatchObject({ exitCode: 3 });
    expect(ended(outcome).because).toContain('changed from outside: live is d-4 (theirs)');
    const aborted = await run({ abort: true });
    expect([ended(aborted).exitCode, calls(aborted), platform.live().release]).toEqual([4, [], 'theirs']);
    expect(ended(aborted).because).toContain('neither new nor the release before it; it is left alone');
  });

  it('another deploy that supersedes its own pauses', async () => {
    const { platform, simulation, run } = await openInPlace();
    await using _ = simulation;
    const listen = (event: RunEvent) => {
      if (event.type === 'step-progress' && event.step === 'platform' && platform.deployments.length === 2)
        platform.begin('theirs');
    };
    const outcome = await run(ship, { listen });
    expect(ended(outcome)).toMatchObject({
      exitCode: 3,
      because: expect.stringContaining('nother deployment is in progress') as unknown,
    });
  });

  it('that cannot be read is a HOLD, before the trigger, while it deploys and in the watch; --resume goes on', async () => {
    const { platform, simulation, run } = await openInPlace();
    await using _ = simulation;
    const breaks = (when: (event: RunEvent) => boolean) => (event: RunEvent) => {
      if (when(event)) platform.broken = true;
    };
    const deploys = breaks((event) => event.type === 'step-progress' && event.step === 'platform');
    const first = await run(ship, { listen: deploys });
    expect([ended(first).exitCode, ended(first).because]).toEqual([3, expect.stringContaining('answers 503')]);
    platform.broken = false;
    const watching = breaks((event) => event.type === 'rollout' && event.event.type === 'observed');
    const second = await run({ resume: true }, { listen: watching });
    expect([ended(second).exitCode, ended(second).phase]).toEqual([3, 'progressing']);
    platform.broken = false;
    const third = await run({ resume: true });
    expect([ended(third).exitCode, calls(second), calls(third)]).toEqual([0, [], []]);
  });

  it.each([true, false])(
    'a trigger that took effect although its command failed is not repeated (releases reported: %s)',
    async (reportsReleases) => {
      const { platform, simulation, run } = await openInPlace(undefined, { losesAnswer: true, reportsReleases });
      await using _ = simulation;
      const outcome = await run(ship);
      expect([ended(outcome).exitCode, states(platform)]).toEqual([0, ['old superseded', 'new live']]);
    },
  );

  it('a deploy that is never live within its time is cancelled', async () => {
    const { platform, simulation, run } = await openInPlace();
    await using _ = simulation;
    const change = (context: RolloutContext): RolloutContext => {
      const driver = context.drivers.platform;
      return { ...context, drivers: { ...context.drivers, platform: driver && { ...driver, liveWithinMs: 1500 } } };
    };
    const outcome = await run(ship, { change });
    expect([ended(outcome).exitCode, calls(outcome)]).toEqual([1, ['deploy new', 'cancel d-2']]);
    expect([ended(outcome).because, states(platform)]).toEqual([
      expect.stringContaining('not live within'),
      ['old live', 'new superseded'],
    ]);
  });
});
