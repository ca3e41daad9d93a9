import { expect, it, describe } from 'vitest';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import {
  at,
  ended,
  firstObservation,
  intended,
  observing,
  open,
  releases,
  roll,
  ship,
  slow,
} from './simulation/faults.ts';

/** Every fault has an outcome that is stated here and in docs/rollout.md: the exit code, and what users have then. */
describe('the release and what it depends on', () => {
  it('both colours fail for 20 s: rolled back, and the old colour is waited for until it is healthy', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    let until = 0;
    const change = (context: RolloutContext): RolloutContext => {
      const real = context.instruments;
      const away = () => target.nowMs < until;
      return {
        ...context,
        targetOf: (colour) => ({
          ...context.targetOf(colour),
          readiness: { stableForMs: 1000, intervalMs: 100, budgetMs: 30_000 },
        }),
        instruments: {
          ...real,
          isReady: async (...args) => !away() && real.isReady(...args),
          probeState: async (...args) => {
            const evidence = await real.probeState(...args);
            const down = (sample: (typeof evidence.samples)[number]) => ({
              ...sample,
              ok: false,
              why: 'it answered 503',
            });
            return away() ? { ...evidence, samples: evidence.samples.map(down) } : evidence;
          },
        },
      };
    };
    const listen = at(firstObservation, () => (until = target.nowMs + 20_000));
    const { exitCode, phase, because } = ended(await simulation.run(ship, { change, listen, settings: slow }));
    expect([exitCode, phase, because]).toEqual([
      1,
      'rolled-back',
      expect.stringMatching(/not ready in \d+ observations/),
    ]);
    expect(target.nowMs).toBeGreaterThanOrEqual(until);
    expect(releases(target)).toEqual(['old']);
  });

  it('the new release dies under traffic: rolled back, because it is not ready any more', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const die = () => ['green-1', 'green-2'].forEach((name) => (target.instance(name).running = false));
    const { exitCode, because } = ended(
      await simulation.run(ship, { listen: at(firstObservation, die), settings: slow }),
    );
    expect([exitCode, because]).toEqual([1, expect.stringMatching(/not ready in \d+ observations in a row/)]);
    expect(releases(target)).toEqual(['old']);
  });

  it('an instance of the new release dies after it joined: what was replaced gets the old release back', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const die = () => void (target.instance('blue-1').running = false);
    const listen = at(observing(60), die);
    const { exitCode, because } = ended(await simulation.run(roll, { listen, settings: slow }));
    expect([exitCode, because]).toEqual([1, expect.stringMatching(/not ready in \d+ observations in a row/)]);
    expect(releases(target)).toEqual(['old']);
    expect(target.instance('blue-surge').running).toBe(false);
    const rollout = await simulation.rollout();
    const started = rollout?.record.events.flatMap((event) =>
      event.type === 'intended' && event.step.do === 'start' ? [`${event.step.instance} ${event.step.release}`] : [],
    );
    expect(started).toEqual(['blue-surge new', 'blue-1 new', 'blue-1 old']);
  });

  it('an instance dies while it is drained: the rollout goes on and ends with HOLD, because 2.R4 was not met', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const listen = at(intended('stop', 'blue-1'), () => void (target.instance('blue-1').running = false));
    const change = (context: RolloutContext): RolloutContext => {
      const { runtime } = context.drivers;
      const stop: typeof runtime.stop = async (...args) => {
        const dead = args[0] === 'blue-1' && !target.instance('blue-1').running;
        return { ...(await runtime.stop(...args)), ...(dead ? { exitCode: 137 } : {}) };
      };
      return { ...context, drivers: { ...context.drivers, runtime: { ...runtime, stop } } };
    };
    expect(ended(await simulation.run(roll, { listen, change }))).toMatchObject({ exitCode: 3, phase: 'promoted' });
    expect(JSON.stringify((await simulation.rollout())?.record.events)).toContain('exit code 137');
    expect(releases(target)).toEqual(['new']);
  });

  it('a new instance that exits at its start is not waited for: its last output is the reason', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    const change = (context: RolloutContext): RolloutContext => {
      const { runtime } = context.drivers;
      const start: typeof runtime.start = async () => undefined;
      const lastEnding: typeof runtime.lastEnding = async () => 'ended with exit code 1: no such release';
      return { ...context, drivers: { ...context.drivers, runtime: { ...runtime, start, lastEnding } } };
    };
    const { exitCode, because, rollout } = ended(await simulation.run(ship, { change }));
    expect([exitCode, because]).toEqual([
      1,
      expect.stringContaining('green-1 ended with exit code 1: no such release'),
    ]);
    expect(rollout?.users).toBeUndefined();
  });

  it('a release that fails users in a rolling update: the old one is back, and the users touched are counted', async () => {
    const { target, simulation } = await open({ kind: 'errors', fromShare: 0 });
    await using _ = simulation;
    const { exitCode, rollout, judgements } = ended(await simulation.run(roll));
    expect(exitCode).toBe(1);
    expect(judgements.filter(({ status }) => status === 'fail').flatMap(({ clauses }) => clauses)).toContain('4.1b');
    expect(rollout?.users?.failed).toBeGreaterThan(0);
    expect(releases(target)).toEqual(['old']);
  });

  it('runs the smoke at every stage', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    const { judgements } = ended(await simulation.run(ship));
    expect(judgements.filter(({ id }) => id.endsWith('smoke.newman')).map(({ id, status }) => [id, status])).toEqual([
      ['stage-10.smoke.newman', 'pass'],
      ['stage-100.smoke.newman', 'pass'],
    ]);
  });
});
