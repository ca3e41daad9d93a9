import { expect, it, describe } from 'vitest';
import type { RunEvent } from '../../../src/core/events.ts';
import { at, breakable, ended, firstObservation, open, releases, shares, ship, slow } from './simulation/faults.ts';

/** Every fault has an outcome that is stated here and in docs/rollout.md: the exit code, and what users have then. */
describe('the router', () => {
  it('is away for a moment: the rollout waits for it and ends with GO', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const { router, change } = breakable();
    const listen = (event: RunEvent) => {
      if (event.type === 'rollout' && firstObservation(event.event)) router.broken = target.nowMs < 3000;
    };
    expect(ended(await simulation.run(ship, { change, listen, settings: slow }))).toMatchObject({ exitCode: 0 });
  });

  it('is away for longer than the hold budget: HOLD, traffic stays, the time is unobserved; --resume ends with GO', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const { router, change } = breakable();
    const listen = at(firstObservation, () => (router.broken = true));
    const first = ended(await simulation.run(ship, { change, listen, settings: slow }));
    expect(first).toMatchObject({ exitCode: 3, because: expect.stringContaining('nobserved for') as unknown });
    expect(shares(target)).toEqual({ blue: 90, green: 10 });
    router.broken = false;
    expect(ended(await simulation.run({ resume: true }, { change }))).toMatchObject({ exitCode: 0 });
  });

  it('is away while traffic has to go back: 4, a new deploy is refused, and --abort tries again', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const { router, change } = breakable();
    await simulation.run(ship, { change, listen: at(firstObservation, () => (router.broken = true)), settings: slow });
    const failed = ended(await simulation.run({ abort: true }, { change }));
    expect(failed).toMatchObject({ exitCode: 4, because: expect.stringContaining('rollback failed') as unknown });
    router.broken = false;
    const another = await simulation.run(ship, { change });
    expect(another.kind === 'refused' && another.error.message).toContain('failed and is not completed');
    expect(ended(await simulation.run({ abort: true }, { change }))).toMatchObject({ exitCode: 1 });
    expect([shares(target), releases(target)]).toEqual([{ blue: 100, green: 0 }, ['old']]);
  });

  it('gets other shares from outside: HOLD; --resume refuses until the operator says which shares apply', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const listen = at(firstObservation, () => void target.router.setShares({ blue: 70, green: 30 }));
    const first = ended(await simulation.run(ship, { listen, settings: slow }));
    expect(first).toMatchObject({ exitCode: 3, because: expect.stringContaining('changed from outside') as unknown });
    const refused = await simulation.run({ resume: true });
    expect(refused.kind === 'refused' && refused.error.message).toContain('70 % blue, 30 % green');
    expect(refused.process.effects).toEqual([]);
    expect(ended(await simulation.run({ resume: true, acceptWeights: true }))).toMatchObject({ exitCode: 0 });
    expect([shares(target), releases(target)]).toEqual([{ blue: 0, green: 100 }, ['new']]);
  });

  it('shares the traffic before the rollout: refused, because no colour is idle', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    for (const name of ['green-1', 'green-2']) await target.runtime.start(name, 'old');
    await target.router.setShares({ blue: 70, green: 30 });
    const { kind, process, ...more } = await simulation.run(ship);
    expect([kind, process.effects]).toEqual(['refused', []]);
    expect(JSON.stringify('error' in more && more.error.message)).toContain('no colour is idle');
  });
});
