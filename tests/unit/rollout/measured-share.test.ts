import { describe, expect, it } from 'vitest';
import { ConflictError, ToolError } from '../../../src/core/errors.ts';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import type { RouterChange } from '../../../src/routers/index.ts';
import type { RunEvent } from '../../../src/core/events.ts';
import { ended, open, shares, ship } from './simulation/faults.ts';

/** A router that measures what users get; `answer` is in the place of the measurement of a change to green's share. */
const measuring =
  (answer: (green: number) => Omit<RouterChange, 'problems'>) =>
  (context: RolloutContext): RolloutContext => {
    const { router } = context.drivers;
    const setShares: typeof router.setShares = async (wanted, call) => ({
      ...(await router.setShares(wanted, call)),
      ...answer(wanted.green),
    });
    return { ...context, drivers: { ...context.drivers, router: { ...router, measuresShares: true, setShares } } };
  };

/** Summaries and problems of the shifts. */
function listenToShifts() {
  const shifts: string[] = [];
  const listen = (event: RunEvent) => {
    if (event.type !== 'rollout' || event.event.type !== 'done' || event.event.step.do !== 'shift') return;
    shifts.push([event.event.summary, ...(event.event.problems ?? [])].join(' | '));
  };
  return { shifts, listen };
}

async function indexOfFirstShift(): Promise<number> {
  const { simulation } = await open();
  await using _ = simulation;
  const { process } = await simulation.run(ship);
  return process.effects.findIndex(({ name }) => name === 'router.setShares');
}

describe('a router that measures the served share', () => {
  it('has it in the summary of each shift', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    const { shifts, listen } = listenToShifts();
    const change = measuring((green) => ({ measured: { green, answers: 60, afterMs: 214 } }));
    expect(ended(await simulation.run(ship, { change, listen }))).toMatchObject({ exitCode: 0 });
    expect(shifts[0]).toContain('; measured: 10 % of 60 answers from green, after 214 ms');
    expect(shifts.at(-1)).toContain('measured: 100 % of 60 answers');
  });

  it('that disagrees ends the rollout, although the shares are read back as they were set', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const change = measuring((green) => {
      if (green === 100) throw new ToolError('0 of 60 answers came from green', { command: [], exitCode: null });
      return {};
    });
    const outcome = ended(await simulation.run(ship, { change }));
    expect(outcome).toMatchObject({ exitCode: 1, because: expect.stringContaining('0 of 60 answers') as unknown });
    expect(shares(target)).toEqual({ blue: 100, green: 0 });
  });

  it('that measured nothing holds on the way forward, and is a problem of a rollback', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const { shifts, listen } = listenToShifts();
    const change = measuring((green) => (green === 10 ? {} : { unmeasured: 'the served share was not measured' }));
    const held = ended(await simulation.run(ship, { change, listen }));
    expect(held).toMatchObject({ exitCode: 3, because: expect.stringContaining('was not measured') as unknown });
    expect(ended(await simulation.run({ abort: true }, { change, listen }))).toMatchObject({ exitCode: 1 });
    expect(shifts.at(-1)).toContain('| the served share was not measured');
    expect(shares(target)).toEqual({ blue: 100, green: 0 });
  });

  it('and finds another writer holds without a second attempt; a rollback is attempted again', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const asked: number[] = [];
    const change = measuring((green) => {
      asked.push(green);
      if (asked.length > 1 && asked.length < 4)
        throw new ConflictError('the weights are 60 and 40 now, changed by kubectl', { command: [], exitCode: null });
      return {};
    });
    const held = ended(await simulation.run(ship, { change }));
    expect(held).toMatchObject({ exitCode: 3, because: expect.stringContaining('changed by kubectl') as unknown });
    expect(asked).toHaveLength(2);
    expect(ended(await simulation.run({ abort: true }, { change }))).toMatchObject({ exitCode: 1 });
    expect(asked).toHaveLength(4);
    expect(shares(target)).toEqual({ blue: 100, green: 0 });
  });

  it('measures again after a kill between the change and its measurement', async () => {
    const index = await indexOfFirstShift();
    const { target, simulation } = await open();
    await using _ = simulation;
    expect((await simulation.run(ship, { crash: { index, phase: 'after' } })).kind).toBe('killed');
    expect(shares(target)).toEqual({ blue: 90, green: 10 });
    const asked: number[] = [];
    const change = measuring((green) => {
      asked.push(green);
      return {};
    });
    expect(ended(await simulation.run({ resume: true }, { change }))).toMatchObject({ exitCode: 0 });
    expect(asked).toEqual([10, 100]);
  });
});
