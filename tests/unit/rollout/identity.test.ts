import { describe, expect, it } from 'vitest';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { ended, open, releases, roll, shares, ship } from './simulation/faults.ts';
import type { Target } from '../../../src/core/target.ts';

type ReadIdentity = RolloutContext['instruments']['readIdentity'];
const answering =
  (readIdentity: ReadIdentity, identity?: Target['identity']) =>
  (context: RolloutContext): RolloutContext => ({
    ...context,
    instruments: { ...context.instruments, readIdentity },
    targetOf: (colour) => ({ ...context.targetOf(colour), ...(identity ? { identity } : {}) }),
  });

describe('the release of an instance', () => {
  it.each([ship, roll])('$strategy: a runtime that starts the old image is found before traffic', async (options) => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const result = ended(await simulation.run(options, { change: answering(async () => ({ release: 'old' })) }));
    expect(result).toMatchObject({
      exitCode: 1,
      because: expect.stringMatching(/answers as old, and new was started/) as unknown,
    });
    expect(result.rollout?.users?.requests ?? 0).toBe(0);
    expect([shares(target), releases(target), target.violations]).toEqual([{ blue: 100, green: 0 }, ['old'], []]);
  });

  it('one of two instances runs the old image: found as well', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    const mixed: ReadIdentity = async ({ name }) => ({ release: name === 'green-2' ? 'old' : 'new' });
    expect(ended(await simulation.run(ship, { change: answering(mixed) })).because).toContain('green-2 answers as old');
  });

  it('is shown by nothing: the plan says so, and the rollout ends with HOLD', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const notes: string[] = [];
    const change = answering(async () => ({ problem: 'no header X-App-Release' }));
    const listen = (event: { type: string; text?: string }) => event.type === 'note' && notes.push(event.text ?? '');
    const result = ended(await simulation.run(ship, { change, listen }));
    expect(result).toMatchObject({ exitCode: 3, phase: 'promoted' });
    expect(notes.join('\n')).toContain(
      'no evidence of the release that an instance runs (blue-1: no header X-App-Release',
    );
    expect(releases(target)).toEqual(['new']);
  });

  it('is not verified, which the target file accepts by name: GO', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    const change = answering(async () => ({ problem: 'accepted' }), {
      from: 'none',
      because: 'stripped by the gateway',
    });
    expect(ended(await simulation.run(ship, { change }))).toMatchObject({ exitCode: 0 });
  });
});

describe('the router', () => {
  it('that lacks what the rollout needs is refused before anything is changed', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    const change = (context: RolloutContext): RolloutContext => ({
      ...context,
      drivers: {
        ...context.drivers,
        router: { ...context.drivers.router, checkCapabilities: async () => ['balance source takes no weights'] },
      },
    });
    const outcome = await simulation.run(ship, { change });
    expect([outcome.kind, outcome.process.effects]).toEqual(['refused', []]);
    expect(outcome.kind === 'refused' && outcome.error.message).toContain('balance source takes no weights');
  });

  it('that cannot write its state file after a shift: a finding that keeps the rollout from GO', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    const change = (context: RolloutContext): RolloutContext => {
      const { router } = context.drivers;
      const setShares: typeof router.setShares = async (...args) => {
        await router.setShares(...args);
        return { problems: ['/var/lib/haproxy/state: EACCES'] };
      };
      return { ...context, drivers: { ...context.drivers, router: { ...router, setShares } } };
    };
    const result = ended(await simulation.run(ship, { change }));
    expect(result).toMatchObject({
      exitCode: 3,
      phase: 'promoted',
      because: expect.stringContaining('EACCES') as unknown,
    });
  });
});
