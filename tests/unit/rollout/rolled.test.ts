import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/events.ts';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { ended, releases } from './simulation/faults.ts';
import { changes, openSides, settings } from './simulation/rolled.ts';

const ship = { release: 'new' } as const;
const undo = { release: 'new', reason: 'support calls' } as const;

describe('a rolling update by the runtime', () => {
  it('replaces the first instance, and then all, each observed, and ends with GO', async () => {
    const { target, simulation, run } = await openSides(['blue']);
    await using _ = simulation;
    const outcome = await run(ship);
    expect(ended(outcome)).toMatchObject({ exitCode: 0, phase: 'promoted' });
    expect(changes(outcome)).toEqual(['sides.template blue', 'sides.pause blue', 'sides.template blue']);
    expect([releases(target), target.violations]).toEqual([['new'], []]);
    const { judgements } = ended(outcome);
    const statusOf = (id: string) => judgements.find((judgement) => judgement.id === id)?.status;
    expect(['rollout.drain', 'rollout.join', 'rollout.stop', 'rollout.identity'].map(statusOf)).toEqual([
      'pass',
      'pass',
      'pass',
      'pass',
    ]);
  });

  it('an instance that cannot start is NO-GO with its own reason, and the previous release is restored', async () => {
    const { target, simulation, run } = await openSides(['blue'], { kind: 'never-ready', fromShare: 0 });
    await using _ = simulation;
    const outcome = await run(ship);
    expect(ended(outcome)).toMatchObject({
      exitCode: 1,
      phase: 'rolled-back',
      because: expect.stringContaining('CrashLoopBackOff, exit code 1: boom') as unknown,
    });
    expect(target.instances.map(({ release }) => release)).toEqual(['old', 'old']);
    expect(target.violations).toEqual([]);
  });

  it('errors of the first instance are NO-GO at its share, while the others keep the previous release', async () => {
    const { target, simulation, run } = await openSides(['blue'], { kind: 'errors', fromShare: 0 });
    await using _ = simulation;
    const outcome = await run(ship);
    expect(ended(outcome)).toMatchObject({ exitCode: 1, phase: 'rolled-back' });
    expect(changes(outcome)).toEqual(['sides.template blue', 'sides.pause blue', 'sides.restore blue']);
    const events = (await simulation.rollout())?.record.events ?? [];
    const decided = events.flatMap((event) =>
      event.type === 'judged' ? [`${event.word} at ${event.stage.share}`] : [],
    );
    expect(decided).toEqual(['NO-GO at 33']);
    expect(releases(target)).toEqual(['old']);
  });

  it.each([
    ['exits with another code', 1],
    ['is killed', 137],
    ['ends unseen', null],
  ] as const)('a replaced instance that %s holds the verdict (2.R4)', async (_name, exitCode) => {
    const opened = await openSides(['blue']);
    await using _ = opened.simulation;
    opened.sides.exitCode = exitCode;
    const outcome = await opened.run(ship);
    const { exitCode: code, judgements } = ended(outcome);
    expect([code, judgements.find(({ id }) => id === 'rollout.stop')?.status]).toEqual([3, 'inconclusive']);
    if (outcome.kind === 'ended') expect(outcome.result.deviations.join(' ')).toContain('(2.R4)');
  });

  it('a router that still sends users to an instance that has ended holds the verdict (2.R1)', async () => {
    const { simulation, run } = await openSides(['blue']);
    await using _ = simulation;
    const member = { name: 'blue-gone', colour: 'blue', weight: 1, state: 'ready', up: true, inFlight: 0 } as const;
    const change = withPool((pool) => ({ ...pool, members: [...pool.members, member] }));
    const { exitCode, judgements } = ended(await run(ship, { change }));
    const drain = judgements.find(({ id }) => id === 'rollout.drain');
    expect([exitCode, drain?.status, drain?.because]).toEqual([
      3,
      'inconclusive',
      expect.stringContaining('the router still sends users to blue-gone') as unknown,
    ]);
  });

  it('an instance that the router does not take is no replacement: rolled back (2.R3)', async () => {
    const { target, simulation, run } = await openSides(['blue']);
    await using _ = simulation;
    const old = new Set(target.instances.map(({ name }) => name));
    const change = withPool((pool) => ({ ...pool, members: pool.members.filter(({ name }) => old.has(name)) }));
    const { exitCode, because, judgements } = ended(await run(ship, { change }));
    expect([exitCode, because]).toEqual([1, expect.stringContaining('does not send users to blue-3') as unknown]);
    expect(judgements.find(({ id }) => id === 'rollout.join')?.status).toBe('fail');
  });

  it('what the runtime is not set up for is refused before anything is changed', async () => {
    const { sides, simulation, run } = await openSides(['blue']);
    await using _ = simulation;
    sides.problems = ['freetask: maxUnavailable is 25 %, and clause 2.R2 needs 0'];
    const outcome = await run(ship);
    expect([outcome.kind, outcome.kind === 'refused' && outcome.error.message]).toEqual(['refused', sides.problems[0]]);
    expect(outcome.process.effects).toEqual([]);
  });

  it('blue-green with one set of instances is refused, and names the strategy', async () => {
    const { simulation, run } = await openSides(['blue']);
    await using _ = simulation;
    const outcome = await run({ ...ship, strategy: 'blue-green' });
    expect(outcome.kind === 'refused' && outcome.error.next).toContain('--strategy rolling');
  });
});

const withPool =
  (edit: (pool: Awaited<ReturnType<RolloutContext['drivers']['router']['read']>>) => typeof pool) =>
  (context: RolloutContext): RolloutContext => {
    const { router } = context.drivers;
    return {
      ...context,
      drivers: { ...context.drivers, router: { ...router, read: async () => edit(await router.read()) } },
    };
  };

describe('after a rolling update by the runtime', () => {
  it('rollback needs consent, because the previous release runs nowhere, and then restores it', async () => {
    const { target, simulation, run } = await openSides(['blue']);
    await using _ = simulation;
    await run(ship);
    const refused = await simulation.run({ rollback: undo }, { settings });
    expect(refused.kind === 'refused' && refused.error.message).toContain('old is not warm on blue');
    const outcome = await simulation.run({ rollback: { ...undo, startPrevious: true } }, { settings });
    expect(ended(outcome)).toMatchObject({ exitCode: 1, phase: 'rolled-back' });
    expect(changes(outcome)).toEqual(['sides.restore blue']);
    expect([releases(target), target.violations]).toEqual([['old'], []]);
    expect(
      ended(outcome)
        .rollout?.receipt?.steps.slice(0, 2)
        .map(({ clause, status }) => `${clause} ${status}`),
    ).toEqual(['4.2.1 done', '4.2.1 done']);
  });

  it('rollback to a release that the runtime does not keep any more is refused', async () => {
    const { sides, simulation, run } = await openSides(['blue']);
    await using _ = simulation;
    await run(ship);
    sides.wanted.blue?.history.splice(0, 1);
    const outcome = await simulation.run({ rollback: { ...undo, startPrevious: true } }, { settings });
    expect(outcome.kind === 'refused' && outcome.error.message).toContain('cannot be restored');
  });

  it('watch alone restores the previous release on a breach', async () => {
    const { target, simulation, run } = await openSides(['blue'], { kind: 'errors', fromShare: 100, afterMs: 60_000 });
    await using _ = simulation;
    await run(ship);
    target.nowMs += 60_000;
    const notes: string[] = [];
    const listen = (event: RunEvent) => void (event.type === 'note' && notes.push(event.text));
    const outcome = await run({ release: 'new', verb: 'watch' }, { listen });
    expect(ended(outcome)).toMatchObject({ exitCode: 1, phase: 'rolled-back' });
    expect(notes.join('\n')).toContain('a rollback replaces every instance by old');
    expect(releases(target)).toEqual(['old']);
  });

  it('watch alone while an instance runs another release pauses: it is not what all users get', async () => {
    const { target, simulation, run } = await openSides(['blue']);
    await using _ = simulation;
    await run(ship);
    const change = (context: RolloutContext): RolloutContext => {
      const { runtime } = context.drivers;
      const other = (name: string) => name === target.instances[0]?.name;
      const read = async () =>
        (await runtime.read()).map((place) => (other(place.name) ? { ...place, release: 'older' } : place));
      return { ...context, drivers: { ...context.drivers, runtime: { ...runtime, read } } };
    };
    const { exitCode, because } = ended(await run({ release: 'new', verb: 'watch' }, { change }));
    expect([exitCode, because]).toEqual([3, expect.stringContaining('runs older instead of new') as unknown]);
  });
});

describe('blue-green by a runtime that replaces the instances of a colour', () => {
  it('gives the idle colour the release, and shifts to it: GO, and the previous colour is kept', async () => {
    const { target, simulation, run } = await openSides(['blue', 'green']);
    await using _ = simulation;
    const outcome = await run(ship);
    expect(ended(outcome)).toMatchObject({ exitCode: 0, phase: 'promoted' });
    expect(changes(outcome)).toEqual(['sides.template green', 'router.setShares', 'router.setShares']);
    expect([releases(target), target.shares(), target.violations]).toEqual([['new'], { blue: 0, green: 100 }, []]);
  });

  it('an instance of the idle colour that cannot start costs no user anything, and its reason is the verdict', async () => {
    const { target, simulation, run } = await openSides(['blue', 'green'], { kind: 'never-ready', fromShare: 0 });
    await using _ = simulation;
    const { exitCode, because } = ended(await run(ship));
    expect([exitCode, because]).toEqual([1, expect.stringContaining('CrashLoopBackOff, exit code 1: boom') as unknown]);
    expect([releases(target), target.shares(), target.violations]).toEqual([['old'], { blue: 100, green: 0 }, []]);
  });

  it('a previous colour without instances is cold: rollback says so, and with consent starts it first', async () => {
    const { target, sides, simulation, run } = await openSides(['blue', 'green']);
    await using _ = simulation;
    await run(ship);
    Object.assign(sides.wanted.blue ?? {}, { replicas: 0 });
    target.instances.splice(0, target.instances.length, ...target.instances.filter(({ colour }) => colour === 'green'));
    const refused = await simulation.run({ rollback: undo }, { settings });
    expect(refused.kind === 'refused' && refused.error.message).toContain('no instance of blue runs');
    const outcome = await simulation.run({ rollback: { ...undo, startPrevious: true } }, { settings });
    expect(ended(outcome)).toMatchObject({ exitCode: 1, phase: 'rolled-back' });
    expect([releases(target), target.violations]).toEqual([['old'], []]);
  });
});
