import { expect, it, describe } from 'vitest';
import type { RunEvent } from '../../../src/core/events.ts';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { openSimulation } from './simulation/command.ts';
import { at, ended, firstObservation, open, releases, roll, shares, ship, slow } from './simulation/faults.ts';
import { simulateTarget } from './simulation/target.ts';

/** Every fault has an outcome that is stated here and in docs/rollout.md: the exit code, and what users have then. */
describe('the machine', () => {
  it.each([ship, roll])(
    '$strategy: the journal cannot be written from any line on: nothing more is changed, and --resume ends with GO',
    async (options) => {
      await using counting = await openSimulation(simulateTarget());
      const lines = (await counting.run(options)).process.effects.filter(({ tearable }) => tearable).length;
      for (let line = 1; line < lines; line += 1) {
        const { target, simulation } = await open();
        await using _ = simulation;
        const full = await simulation.run(options, { linesUntilFull: line });
        const message = full.kind === 'failed' ? full.error.message : full.kind;
        expect([line, message]).toEqual([
          line,
          expect.stringContaining('cannot be written, so the rollout stops here'),
        ]);
        expect([line, target.violations]).toEqual([line, []]);
        expect([line, ended(await simulation.run({ resume: true })).exitCode]).toEqual([line, 0]);
      }
    },
  );

  it('the journal cannot be written during --abort: traffic goes back all the same, and the exit code is 4', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const stop = new AbortController();
    await simulation.run(ship, { listen: at(firstObservation, () => stop.abort('SIGINT')), signal: stop.signal });
    expect(shares(target)).toEqual({ blue: 90, green: 10 });
    expect(ended(await simulation.run({ abort: true }, { linesUntilFull: 0 }))).toMatchObject({ exitCode: 4 });
    expect(shares(target)).toEqual({ blue: 100, green: 0 });
  });

  it('SIGINT: 130 and traffic stays; --resume records the unobserved time and ends with GO', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const stop = new AbortController();
    const listen = at(firstObservation, () => stop.abort('SIGINT'));
    expect(ended(await simulation.run(ship, { listen, signal: stop.signal }))).toMatchObject({ exitCode: 130 });
    expect(shares(target)).toEqual({ blue: 90, green: 10 });
    target.pass(1500);
    expect(ended(await simulation.run({ resume: true }))).toMatchObject({ exitCode: 0 });
    expect(JSON.stringify((await simulation.rollout())?.record.events)).toMatch(/"resumed","unobservedMs":15\d\d/);
  });

  it.each([ship, roll])('$strategy: SIGINT during a rollback: it is completed', async (options) => {
    const { target, simulation } = await open({ kind: 'smoke', fromShare: 50 });
    await using _ = simulation;
    const stop = new AbortController();
    const listen = at(
      (event) => event.type === 'judged' && event.word === 'NO-GO',
      () => stop.abort('SIGINT'),
    );
    expect(ended(await simulation.run(options, { listen, signal: stop.signal }))).toMatchObject({
      exitCode: 1,
      phase: 'rolled-back',
    });
    expect(releases(target)).toEqual(['old']);
  });

  it('--resume --slo with another limit: what was counted for the old one is an error, never a verdict', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    const stop = new AbortController();
    const listen = at(firstObservation, () => stop.abort('SIGINT'));
    await simulation.run(ship, { listen, signal: stop.signal });
    const change = (context: RolloutContext): RolloutContext => ({
      ...context,
      slos: context.slos.map((slo) =>
        slo.event.kind === 'slow-response' ? { ...slo, event: { ...slo.event, thresholdMs: 1 } } : slo,
      ),
    });
    const { exitCode, judgements } = ended(await simulation.run({ resume: true, slo: 'other.yaml' }, { change }));
    expect(exitCode).toBe(3);
    expect(judgements.find(({ id }) => id === 'stage-10.p95')).toMatchObject({
      status: 'error',
      because: expect.stringContaining('belong to other limits') as unknown,
    });
  });

  it('the wall clock is moved by hours, back and forth: no duration depends on it', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    let observations = 0;
    let offsetMs = 0;
    const change = (context: RolloutContext): RolloutContext => ({
      ...context,
      clock: { ...context.clock, now: () => context.clock.now() + offsetMs },
    });
    const listen = (event: RunEvent) => {
      if (event.type !== 'rollout' || event.event.type !== 'observed') return;
      observations += 1;
      offsetMs = observations % 2 === 0 ? 5 * 3_600_000 : -3_600_000;
    };
    const outcome = await simulation.run(ship, { change, listen, settings: slow });
    expect([ended(outcome).exitCode, observations > 5]).toEqual([0, true]);
  });
});
