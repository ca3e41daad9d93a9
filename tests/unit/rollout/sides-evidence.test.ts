import { describe, expect, it } from 'vitest';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import type { Place } from '../../../src/runtimes/index.ts';
import { ended } from './simulation/faults.ts';
import { openSides, settings } from './simulation/rolled.ts';

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

describe('another writer replaces the instances of the previous colour once it has no traffic', () => {
  const foreignBlue = (target: { readonly shares: () => { readonly green: number } }) => {
    let isReplaced = false;
    return withPlaces((places) => {
      isReplaced ||= target.shares().green === 100;
      return isReplaced
        ? places.map((place) => (place.colour === 'blue' ? { ...place, release: 'foreign' } : place))
        : places;
    });
  };

  it('the previous release is not kept warm: HOLD (2.B5)', async () => {
    const { target, simulation, run } = await openSides(['blue', 'green']);
    await using _ = simulation;
    const { exitCode, judgements } = ended(await run(ship, { change: foreignBlue(target) }));
    const warm = judgements.find(({ id }) => id === 'rollout.keep-warm');
    expect([exitCode, warm?.status, warm?.because]).toEqual([
      3,
      'inconclusive',
      expect.stringContaining('blue-2 runs foreign, and not old') as unknown,
    ]);
  });

  it('a rollback returns the traffic, and reports that it is not the previous release', async () => {
    const { target, simulation, run } = await openSides(['blue', 'green'], { kind: 'errors', fromShare: 100 });
    await using _ = simulation;
    const outcome = ended(await run(ship, { change: foreignBlue(target) }));
    expect([outcome.phase, target.shares().blue]).toEqual(['rolled-back', 100]);
    const [first] = outcome.rollout?.receipt?.steps ?? [];
    expect([first?.status, first?.problems.join()]).toEqual([
      'problem',
      expect.stringContaining('blue-2 runs foreign, and not old') as unknown,
    ]);
  });
});

/** A router that cannot be read for a while, from the `from`th read after the runtime has replaced or restored all instances. */
function withoutRouter(target: { readonly nowMs: number }, from: number, forMs: number) {
  let reads: number | undefined;
  let untilMs = 0;
  return (context: RolloutContext): RolloutContext => {
    const { router, runtime } = context.drivers;
    const { sides } = runtime;
    if (!sides) throw new Error('the runtime has no sides');
    const counted =
      (replace: typeof sides.replace): typeof sides.replace =>
      async (...args) => {
        const replaced = await replace(...args);
        reads = 0;
        return replaced;
      };
    const read = async () => {
      if (reads !== undefined && (reads += 1) === from) untilMs = target.nowMs + forMs;
      if (target.nowMs < untilMs) throw new Error('the API server refused');
      return router.read();
    };
    const changed = { ...sides, replace: counted(sides.replace), restore: counted(sides.restore) };
    return {
      ...context,
      drivers: { ...context.drivers, router: { ...router, read }, runtime: { ...runtime, sides: changed } },
    };
  };
}

describe('a router that is not read after the runtime has replaced the instances', () => {
  it('does not show that it leaves out those that ended: HOLD (2.R1)', async () => {
    const { target, simulation, run } = await openSides(['blue']);
    await using _ = simulation;
    const { exitCode, judgements } = ended(await run(ship, { change: withoutRouter(target, 2, 16_000) }));
    const drain = judgements.find(({ id }) => id === 'rollout.drain');
    expect([exitCode, drain?.status, drain?.because]).toEqual([
      3,
      'inconclusive',
      expect.stringContaining('the API server refused') as unknown,
    ]);
  });

  it('is a problem of the rollback', async () => {
    const { target, simulation, run } = await openSides(['blue']);
    await using _ = simulation;
    await run(ship);
    const rollback = { release: 'new', reason: 'support calls', startPrevious: true } as const;
    const outcome = await simulation.run({ rollback }, { settings, change: withoutRouter(target, 1, 16_000) });
    const [first] = ended(outcome).rollout?.receipt?.steps ?? [];
    expect([first?.status, first?.problems]).toEqual([
      'problem',
      [expect.stringContaining('the API server refused') as unknown],
    ]);
  });
});
