import { describe, expect, it } from 'vitest';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import type { Place } from '../../../src/runtimes/index.ts';
import { ended } from './simulation/faults.ts';
import { openSides } from './simulation/rolled.ts';

const ship = { release: 'new' } as const;

/** What the runtime reports of the instances. */
const withPlaces =
  (edit: (places: readonly Place[]) => readonly Place[]) =>
  (context: RolloutContext): RolloutContext => {
    const { runtime } = context.drivers;
    const read = async () => edit(await runtime.read());
    return { ...context, drivers: { ...context.drivers, runtime: { ...runtime, read } } };
  };

describe('another writer replaces instances while a stage is observed', () => {
  it('of the one set: an instance of a third release has users', async () => {
    const { target, simulation, run } = await openSides(['blue']);
    await using _ = simulation;
    const foreign = (places: readonly Place[]): readonly Place[] =>
      places.every(({ release }) => release === 'new') && target.nowMs > 0
        ? [...places, { ...places[0], name: 'blue-foreign', release: 'foreign' } as Place]
        : places;
    const { exitCode, because } = ended(await run(ship, { change: withPlaces(foreign) }));
    expect([exitCode, because]).toEqual([3, expect.stringContaining('blue-foreign runs foreign') as unknown]);
  });

  it('of a colour: its instances run a third release', async () => {
    const { target, simulation, run } = await openSides(['blue', 'green']);
    await using _ = simulation;
    const foreign = (places: readonly Place[]): readonly Place[] =>
      places.map((place) =>
        place.colour === 'green' && target.shares().green > 0 ? { ...place, release: 'foreign' } : place,
      );
    const { exitCode, because } = ended(await run(ship, { change: withPlaces(foreign) }));
    expect([exitCode, because]).toEqual([3, expect.stringContaining('changed from outside: green-') as unknown]);
  });
});
