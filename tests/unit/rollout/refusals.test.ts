import { expect, it, describe } from 'vitest';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { open, roll, ship } from './simulation/faults.ts';

describe('refused before anything is changed', () => {
  it.each([
    [{ resume: true }, 'No rollout of this target is open'],
    [{ abort: true }, 'No rollout of this target is open'],
    [{ release: 'old' }, 'is the live release already'],
    [{}, 'names no release after old'],
  ])('%j', async (options, message) => {
    const { simulation } = await open();
    await using _ = simulation;
    const outcome = await simulation.run(options);
    expect([outcome.kind, outcome.process.effects]).toEqual(['refused', []]);
    expect(outcome.kind === 'refused' && outcome.error.message).toContain(message);
    expect(await simulation.rollout()).toBeUndefined();
  });

  it.each([
    [{ handlesMembers: false }, 'no command `member`'],
    [{ members: [] }, 'has no server blue-1'],
  ])('a rolling update by a router with %j', async (router, message) => {
    const { simulation } = await open();
    await using _ = simulation;
    const change = (context: RolloutContext): RolloutContext => {
      const real = context.drivers.router;
      const read = async () => ({ ...(await real.read()), ...('members' in router ? { members: [] } : {}) });
      return { ...context, drivers: { ...context.drivers, router: { ...real, ...router, read } } };
    };
    const outcome = await simulation.run(roll, { change });
    expect([outcome.kind, outcome.process.effects]).toEqual(['refused', []]);
    expect(outcome.kind === 'refused' && outcome.error.message).toContain(message);
  });

  it('a dry run leaves no run behind', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    const outcome = await simulation.run({ ...ship, dryRun: true });
    expect([outcome.kind, outcome.process.effects]).toEqual(['planned', []]);
    expect(await simulation.rollout()).toBeUndefined();
  });
});
