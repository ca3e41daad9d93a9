import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/events.ts';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { quickSettings } from './simulation/command.ts';
import { at, ended, firstObservation, open, releases, shares } from './simulation/faults.ts';
import type { Defect } from './simulation/defect.ts';

const settings = { ...quickSettings, watch: { forMs: 6000 } };
const watch = { verb: 'watch', release: 'new' } as const;

/** The new release was shipped by something else: it has all traffic on green, and the old one runs on blue. */
async function shipped(defect?: Defect) {
  const { target, simulation } = await open(defect);
  for (const name of ['green-1', 'green-2']) await target.runtime.start(name, 'new');
  await target.router.setShares({ blue: 0, green: 100 });
  return { target, simulation };
}

describe('a watch of a release that was shipped otherwise', () => {
  it('observes it for as long as it is set to, with the smoke at its start and its end, and changes nothing', async () => {
    const { target, simulation } = await shipped();
    await using _ = simulation;
    const notes: string[] = [];
    const listen = (event: RunEvent) => event.type === 'note' && notes.push(event.text);
    const outcome = await simulation.run(watch, { settings, listen });
    expect(ended(outcome)).toMatchObject({ exitCode: 0, phase: 'promoted', rollout: { previousRelease: 'old' } });
    expect(outcome.kind === 'ended' && [outcome.result.verb, outcome.result.target.environment]).toEqual([
      'watch',
      'green',
    ]);
    expect(outcome.process.effects.filter(({ name }) => /^(router|runtime|migrations)/.test(name))).toEqual([]);
    expect(notes).toContain('a rollback returns all traffic to blue, which runs old');
    const smokes = (await simulation.rollout())?.record.events.filter(
      (event) => event.type === 'done' && event.step.do === 'smoke',
    );
    expect([smokes?.length, shares(target)]).toEqual([2, { blue: 0, green: 100 }]);
  });

  it('asks for the crash-free sessions since its start', async () => {
    const { target, simulation } = await shipped();
    await using _ = simulation;
    const startedAt = target.nowMs;
    const asked: string[] = [];
    const change = (context: RolloutContext): RolloutContext => ({
      ...context,
      crashFree: {
        slo: {
          id: 'crash-free',
          title: '',
          clause: '3.2b',
          event: { kind: 'crashed-session' },
          limit: 0.01,
          limitIncluded: true,
          minSamples: 1,
        },
        read: async (query) => {
          asked.push(query.from);
          return {
            kind: 'sessions',
            ...query,
            to: query.from,
            projects: 1,
            files: [],
            problems: [],
            count: { events: 0, trials: 4000 },
          };
        },
      },
    });
    expect(ended(await simulation.run(watch, { settings, change })).exitCode).toBe(0);
    expect(asked.map((from) => Date.parse(from) >= startedAt)).toEqual([true]);
  });

  it('names a release beside it that was rolled back itself', async () => {
    const { simulation } = await open({ kind: 'errors', fromShare: 10 });
    await using _ = simulation;
    expect(ended(await simulation.run({ release: 'new' }, { settings })).phase).toBe('rolled-back');
    const notes: string[] = [];
    const listen = (event: RunEvent) => event.type === 'note' && notes.push(event.text);
    await simulation.run({ ...watch, release: 'old' }, { settings, listen });
    expect(notes.join()).toMatch(/new is rejected, because .* rolled it back: on a breach users would get it/);
  });

  it('rolls it back on a breach', async () => {
    const { target, simulation } = await shipped({ kind: 'errors', fromShare: 100 });
    await using _ = simulation;
    expect(ended(await simulation.run(watch, { settings }))).toMatchObject({ exitCode: 1, phase: 'rolled-back' });
    expect([releases(target), target.violations]).toEqual([['old'], []]);
  });

  it('says before it starts that no rollback is possible; a breach then ends with 4, and users stay', async () => {
    const { target, simulation } = await shipped({ kind: 'errors', fromShare: 100 });
    await using _ = simulation;
    for (const name of ['blue-1', 'blue-2']) target.instance(name).running = false;
    const notes: string[] = [];
    const listen = (event: RunEvent) => event.type === 'note' && notes.push(event.text);
    expect(ended(await simulation.run(watch, { settings, listen }))).toMatchObject({ exitCode: 4 });
    expect(notes.join('\n')).toContain('no instance of blue runs, so a rollback is not possible');
    expect([shares(target), target.violations]).toEqual([{ blue: 0, green: 100 }, []]);
  });

  it('--since: what was not observed is recorded and reported, and does not count', async () => {
    const { target, simulation } = await shipped();
    await using _ = simulation;
    const outcome = await simulation.run({ ...watch, sinceMs: target.nowMs - 600_000 }, { settings });
    expect(outcome.kind === 'ended' && outcome.result.deviations).toContainEqual(
      expect.stringContaining('Not observed for the first 10 min after the last shift'),
    );
    const state = (await simulation.rollout())?.state;
    expect(state?.observations[0]).toMatchObject({ observed: false, lengthMs: expect.closeTo(600_000, -4) as unknown });
    expect(state?.observations.filter(({ observed }) => observed).length).toBeGreaterThanOrEqual(6);
  });

  it('is resumed and aborted like a rollout', async () => {
    const { target, simulation } = await shipped();
    await using _ = simulation;
    const stop = new AbortController();
    const listen = at(firstObservation, () => stop.abort('SIGINT'));
    expect(ended(await simulation.run(watch, { settings, listen, signal: stop.signal })).exitCode).toBe(130);
    const again = new AbortController();
    const listenAgain = at(firstObservation, () => again.abort('SIGINT'));
    expect(
      ended(await simulation.run({ verb: 'watch', resume: true }, { listen: listenAgain, signal: again.signal }))
        .exitCode,
    ).toBe(130);
    expect(ended(await simulation.run({ verb: 'watch', abort: true })).exitCode).toBe(1);
    expect(releases(target)).toEqual(['old']);
  });

  it.each([
    [{ release: 'newer' }, 'newer is not live: green-1 answers as new'],
    [{ environment: 'blue' }, 'All traffic is on green'],
    [{ release: undefined }, 'watch needs the release'],
    [{ sinceMs: Number.MAX_SAFE_INTEGER }, '--since is in the future'],
  ])('is refused with %j', async (options, message) => {
    const { simulation } = await shipped();
    await using _ = simulation;
    const outcome = await simulation.run({ ...watch, ...options }, { settings });
    expect([outcome.kind, outcome.process.effects]).toEqual(['refused', []]);
    expect(outcome.kind === 'refused' && outcome.error.message).toContain(message);
  });

  it('is refused while traffic is split', async () => {
    const { target, simulation } = await shipped();
    await using _ = simulation;
    await target.router.setShares({ blue: 50, green: 50 });
    const outcome = await simulation.run(watch, { settings });
    expect(outcome.kind === 'refused' && outcome.error.message).toContain('Traffic is split');
  });
});
