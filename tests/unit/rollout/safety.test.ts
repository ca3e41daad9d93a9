import { describe, expect, it } from 'vitest';
import { ToolError } from '../../../src/core/errors.ts';
import type { RunEvent } from '../../../src/core/events.ts';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { quickSettings } from './simulation/command.ts';
import {
  at,
  breakable,
  ended,
  firstObservation,
  observing,
  open,
  releases,
  roll,
  shares,
  ship,
  slow,
} from './simulation/faults.ts';
import type { SimulatedTarget } from './simulation/target.ts';

/** Users are moved to a side that serves them, or they stay where they are. */
const stop = (target: SimulatedTarget, colour: 'blue' | 'green') => () => {
  for (const each of target.instances) if (each.colour === colour) each.running = false;
};

describe('a side that is down gets no users', () => {
  it('the old colour dies while the new one has all traffic: HOLD, and no user is moved to it', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const result = ended(await simulation.run(ship, { listen: at(observing(100), stop(target, 'blue')) }));
    expect(result).toMatchObject({ exitCode: 3, phase: 'promoted' });
    expect(result.because).toContain('kept warm');
    expect([shares(target), target.violations]).toEqual([{ blue: 0, green: 100 }, []]);
    const abort = await simulation.run({ abort: true });
    expect([abort.kind, shares(target), target.violations]).toEqual(['refused', { blue: 0, green: 100 }, []]);
  });

  it('the old colour is dead when the new one has to be rolled back: 4, users stay; with the old one back --abort ends with 1', async () => {
    const { target, simulation } = await open({ kind: 'errors', fromShare: 100 });
    await using _ = simulation;
    const listen = at(observing(100), stop(target, 'blue'));
    const result = ended(await simulation.run(ship, { listen }));
    expect(result).toMatchObject({
      exitCode: 4,
      because: expect.stringContaining('No server of blue is up') as unknown,
    });
    expect([shares(target), target.violations]).toEqual([{ blue: 0, green: 100 }, []]);
    expect(ended(await simulation.run({ abort: true }))).toMatchObject({ exitCode: 4 });
    expect([shares(target), target.violations]).toEqual([{ blue: 0, green: 100 }, []]);
    for (const name of ['blue-1', 'blue-2']) target.instance(name).running = true;
    expect(ended(await simulation.run({ abort: true }))).toMatchObject({ exitCode: 1 });
    expect([shares(target), target.violations]).toEqual([{ blue: 100, green: 0 }, []]);
  });

  it('the new colour dies before its shift: users stay on the old one', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const listen = at((event) => event.type === 'done' && event.step.do === 'verify', stop(target, 'green'));
    expect(ended(await simulation.run(ship, { listen }))).toMatchObject({ exitCode: 1 });
    expect([shares(target), target.violations]).toEqual([{ blue: 100, green: 0 }, []]);
  });
});

describe('a rollback gets through', () => {
  it('with every server in maintenance and a router that has no shares to read: set first, read back after', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const interrupt = new AbortController();
    await simulation.run(ship, {
      listen: at(firstObservation, () => interrupt.abort('SIGINT')),
      signal: interrupt.signal,
    });
    for (const each of target.instances) each.state = 'out';
    const change = (context: RolloutContext): RolloutContext => {
      const { router } = context.drivers;
      const read: typeof router.read = async () => {
        if (target.instances.some(({ state, weight }) => state === 'ready' && weight > 0)) return router.read();
        throw new ToolError('no server has a weight', { command: [], exitCode: null });
      };
      return { ...context, drivers: { ...context.drivers, router: { ...router, read } } };
    };
    expect(ended(await simulation.run({ abort: true }, { change }))).toMatchObject({ exitCode: 1 });
    expect(releases(target)).toEqual(['old']);
  });

  it('with a router that is away for minutes: it is called until it is back, and what is known is reported', async () => {
    const { target, simulation } = await open({ kind: 'errors', fromShare: 0 });
    await using _ = simulation;
    const { router, change } = breakable();
    const settings = { ...quickSettings, routerRetryMs: 300_000 };
    const messages: string[] = [];
    let backAtMs = Infinity;
    const listen = (event: RunEvent) => {
      if (event.type === 'rollout' && event.event.type === 'judged') {
        router.broken = true;
        backAtMs = target.nowMs + 180_000;
      }
      if (event.type === 'step-progress' && event.step === 'router') messages.push(event.text);
      if (target.nowMs >= backAtMs) router.broken = false;
    };
    expect(ended(await simulation.run(ship, { change, listen, settings }))).toMatchObject({ exitCode: 1 });
    expect(releases(target)).toEqual(['old']);
    expect(messages.join('\n')).toMatch(/ENOENT.*; retried for another .*; last read back: 90 % blue, 10 % green/);
  });
});

describe('exit codes keep their promise', () => {
  it('the lock is lost at 10 %: not 2, because traffic was shifted', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    let lost = false;
    const listen = at(firstObservation, () => (lost = true));
    const outcome = await simulation.run(ship, { listen, lockIsLost: () => lost });
    expect(outcome.kind).toBe('failed');
    expect(outcome.kind === 'failed' && outcome.error.message).toMatch(
      /taken the lock.*traffic stays.*90 % blue, 10 % green/,
    );
    expect(shares(target)).toEqual({ blue: 90, green: 10 });
  });

  it('an error after Ctrl-C is part of what is reported, and --resume repeats the step', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    const interrupt = new AbortController();
    const change = (context: RolloutContext): RolloutContext => {
      const { migrations } = context.drivers;
      if (!migrations || interrupt.signal.aborted) return context;
      const up: typeof migrations.up = async () => {
        interrupt.abort('SIGINT');
        throw new ToolError('the migration command was ended by SIGTERM', { command: [], exitCode: null });
      };
      return { ...context, drivers: { ...context.drivers, migrations: { ...migrations, up } } };
    };
    const result = ended(await simulation.run(ship, { change, signal: interrupt.signal }));
    expect(result).toMatchObject({ exitCode: 130, because: expect.stringContaining('ended by SIGTERM') as unknown });
    expect(ended(await simulation.run({ resume: true }))).toMatchObject({ exitCode: 0 });
  });
});

describe('rolling', () => {
  it('the router takes a moment to report the others up: the drain waits for it', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    let untilMs = 0;
    const listen = at(
      (event) => event.type === 'intended' && event.step.do === 'drain',
      () => (untilMs = target.nowMs + 5000),
    );
    const change = (context: RolloutContext): RolloutContext => {
      const { router } = context.drivers;
      const read: typeof router.read = async (call) => {
        const pool = await router.read(call);
        const late = (name: string) => target.nowMs < untilMs && name !== 'blue-1';
        return { ...pool, members: pool.members.map((each) => ({ ...each, up: each.up && !late(each.name) })) };
      };
      return { ...context, drivers: { ...context.drivers, router: { ...router, read } } };
    };
    expect(ended(await simulation.run(roll, { change, listen }))).toMatchObject({ exitCode: 0 });
  });

  it('an instance is out of the pool before its SIGTERM, and connections that stay are counted', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const change = (context: RolloutContext): RolloutContext => {
      const { router } = context.drivers;
      const read: typeof router.read = async (call) => {
        const pool = await router.read(call);
        const chat = (name: string) => (name === 'blue-1' ? { inFlight: 3 } : {});
        return { ...pool, members: pool.members.map((member) => ({ ...member, ...chat(member.name) })) };
      };
      return { ...context, drivers: { ...context.drivers, router: { ...router, read } } };
    };
    const outcome = await simulation.run(roll, { change, settings: slow });
    expect(ended(outcome)).toMatchObject({ exitCode: 0 });
    const effects = outcome.process.effects.map(({ name }) => name);
    expect(effects.indexOf('router.setMember blue-1 out')).toBeLessThan(effects.indexOf('runtime.stop blue-1'));
    expect(target.violations).toEqual([]);
    const events = JSON.stringify((await simulation.rollout())?.record.events);
    expect(events).toMatch(/3 still in flight after 3\d(\.\d+)? s/);
    expect(events).toContain('with 3 connections open at SIGTERM');
  });
});
