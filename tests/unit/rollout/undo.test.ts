import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseLoadProfiles } from '../../../src/config/load-profiles.ts';
import type { RunEvent } from '../../../src/core/events.ts';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { quickSettings, type Simulation } from './simulation/command.ts';
import { crashPointsOf } from './simulation/crash.ts';
import { breakable, ended, open, releases, roll, shares, ship } from './simulation/faults.ts';

/** `npm run rollback` of a release that has all traffic, by a run of its own. */
const order = { release: 'new', reason: 'payments fail' };

async function shipped(options: typeof ship | typeof roll) {
  const { target, simulation } = await open();
  expect(ended(await simulation.run(options)).exitCode).toBe(0);
  return { target, simulation };
}
const profiles = parseLoadProfiles('', readFileSync('config/load-profiles.yaml', 'utf8'));
const events = async (simulation: Simulation) => (await simulation.rollout())?.record.events ?? [];

describe('of a blue-green rollout', () => {
  it('returns the traffic, names the run that shipped it, and the release is rejected', async () => {
    const { target, simulation } = await shipped(ship);
    await using _ = simulation;
    const by = (await simulation.rollout())?.runId;
    const outcome = await simulation.run({ rollback: order });
    expect(ended(outcome)).toMatchObject({ exitCode: 1, phase: 'rolled-back', because: 'Rolled back: payments fail' });
    expect(outcome.kind === 'ended' && outcome.result.verb).toBe('rollback');
    expect((await simulation.rollout())?.record.plan.undoes?.runId).toBe(by);
    expect([shares(target), releases(target), target.violations]).toEqual([{ blue: 100, green: 0 }, ['old'], []]);
    // It sends the release nothing, so that no answer of it is missing.
    expect(ended(outcome).judgements.filter(({ status }) => status === 'error')).toEqual([]);
    const again = await simulation.run(ship);
    expect(again.kind === 'refused' && again.error.message).toContain('rejected');
  });

  it('whose previous colour does not run is refused, and starts it first with --start-previous', async () => {
    const { target, simulation } = await shipped(ship);
    await using _ = simulation;
    for (const name of ['blue-1', 'blue-2']) target.instance(name).running = false;
    const refused = await simulation.run({ rollback: order });
    expect([refused.kind, refused.process.effects]).toEqual(['refused', []]);
    expect(refused.kind === 'refused' && refused.error.message).toContain(
      'old is not warm on blue: blue-1 runs nothing',
    );
    const outcome = await simulation.run({ rollback: { ...order, startPrevious: true } });
    expect(ended(outcome).exitCode).toBe(1);
    expect([releases(target), target.violations]).toEqual([['old'], []]);
  });

  it.each([
    [undefined, false],
    [true, { profile: 'stage' }],
  ] as const)(
    'on a production target needs no consent, and only with it the proof sends requests: %s',
    async (allowProductionLoad, sent) => {
      const settings = { ...quickSettings, synthetic: { profile: 'stage' } };
      const change = (context: RolloutContext): RolloutContext => ({
        ...context,
        profiles,
        tools: { k6: { path: 'k6', version: '2' } },
      });
      const notes: string[] = [];
      const listen = (event: RunEvent) => event.type === 'note' && notes.push(event.text);
      const { target, simulation } = await open();
      await using _ = simulation;
      expect(ended(await simulation.run(ship, { settings, change })).exitCode).toBe(0);
      const outcome = await simulation.run(
        { rollback: { ...order, allowProductionLoad } },
        { kind: 'production', change, listen },
      );
      expect([ended(outcome).exitCode, releases(target)]).toEqual([1, ['old']]);
      expect((await simulation.rollout())?.record.plan.settings.synthetic).toEqual(sent);
      expect(notes.some((text) => text.includes('sends no requests of its own'))).toBe(sent === false);
    },
  );
});

describe('of a rolling update, after which the previous release runs nowhere', () => {
  it('is refused with what it would start, and changes nothing', async () => {
    const { simulation } = await shipped(roll);
    await using _ = simulation;
    const refused = await simulation.run({ rollback: order });
    expect([refused.kind, refused.process.effects]).toEqual(['refused', []]);
    expect(refused.kind === 'refused' && refused.error.message).toMatch(
      /old is not warm on blue: blue-1 runs new, blue-2 runs new/,
    );
    expect(refused.kind === 'refused' && refused.error.next.join('\n')).toContain('--start-previous');
  });

  it('replaces each instance with --start-previous; every user finds a server, and each step has its own time', async () => {
    const { target, simulation } = await shipped(roll);
    await using _ = simulation;
    const outcome = ended(await simulation.run({ rollback: { ...order, startPrevious: true } }));
    expect(outcome).toMatchObject({ exitCode: 1, phase: 'rolled-back' });
    expect([releases(target), target.violations, target.instance('blue-surge').running]).toEqual([['old'], [], false]);
    const { steps = [] } = outcome.rollout?.receipt ?? {};
    const surge = steps.filter(({ title }) => title === 'Draining blue-surge');
    expect(surge.map(({ status }) => status)).toEqual(['done', 'done']);
    expect(new Set(surge.map(({ startedAt }) => startedAt)).size).toBe(2);
  });

  it('killed in the middle, is continued with --resume', async () => {
    const { simulation: counting } = await shipped(roll);
    await using counted = counting;
    const points = crashPointsOf((await counted.run({ rollback: { ...order, startPrevious: true } })).process);
    for (const part of [0.3, 0.6, 0.9]) {
      const { target, simulation } = await shipped(roll);
      await using _ = simulation;
      const crash = points[Math.floor(part * points.length)];
      if (!crash) throw new Error('no crash point');
      expect((await simulation.run({ rollback: { ...order, startPrevious: true } }, { crash })).kind).toBe('killed');
      expect([crash.name, ended(await simulation.run({ rollback: { resume: true } })).exitCode]).toEqual([
        crash.name,
        1,
      ]);
      expect([crash.name, releases(target), target.violations]).toEqual([crash.name, ['old'], []]);
    }
  });
});

it('that fails ends with 4 and a page with commands; ordered again, it keeps its reason', async () => {
  const { target, simulation } = await shipped(ship);
  await using _ = simulation;
  const { router, change } = breakable();
  const failing = (context: RolloutContext): RolloutContext => {
    const changed = change(context);
    const { setShares } = changed.drivers.router;
    return {
      ...changed,
      drivers: {
        ...changed.drivers,
        router: {
          ...changed.drivers.router,
          setShares: (...args) => {
            router.broken = true;
            return setShares(...args);
          },
        },
      },
    };
  };
  const first = await simulation.run({ rollback: order }, { change: failing });
  expect(ended(first).exitCode).toBe(4);
  const page = ended(first).rollout?.intervention;
  expect(page?.tried.join()).toContain('ENOENT /run/haproxy.sock');
  expect(page?.commands.map(({ command }) => command)).toContain('npm run deploy -- --abort --target simulated');
  router.broken = false;
  const second = ended(await simulation.run({ abort: true }, { change }));
  expect([second.exitCode, second.because]).toEqual([1, 'Rolled back: payments fail']);
  expect([releases(target), (await events(simulation)).filter(({ type }) => type === 'aborted').length]).toEqual([
    ['old'],
    2,
  ]);
});
