import { describe, expect, it } from 'vitest';
import { foldRollout } from '../../../src/core/rollout/advance.ts';
import { planInPlace } from '../../../src/core/rollout/plan-in-place.ts';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import type { SessionsQuery } from '../../../src/sources/sentry.ts';
import { ended } from './simulation/faults.ts';
import { calls, openInPlace, settings, ship, states } from './simulation/in-place.ts';
import { counted } from './simulation/sessions.ts';

describe('a platform that replaces the one instance', () => {
  it('deploys once, waits for its word, gates, and watches; the report names what the SOP asks for and it cannot do', async () => {
    const { platform, simulation, run } = await openInPlace();
    await using _ = simulation;
    const outcome = await run(ship);
    expect(ended(outcome)).toMatchObject({ exitCode: 0, phase: 'promoted', rollout: { previousRelease: 'old' } });
    expect([calls(outcome), states(platform)]).toEqual([['deploy new'], ['old superseded', 'new live']]);
    const { judgements } = ended(outcome);
    const passed = judgements.filter(({ status }) => status === 'pass').map(({ id }) => id);
    expect(passed).toEqual(expect.arrayContaining(['rollout', 'rollout.platform', 'rollout.identity', 'readiness']));
    const deviations = outcome.kind === 'ended' ? outcome.result.deviations.join('\n') : '';
    for (const clause of ['2.B4', '2.B3', '2.B5', 'No baseline']) expect(deviations).toContain(clause);
  });

  it('asks for the crash-free sessions since the platform has replaced the instance, and judges them at the end of the watch', async () => {
    const { simulation, run } = await openInPlace();
    await using _ = simulation;
    const asked: SessionsQuery[] = [];
    const outcome = ended(await run(ship, counted(1, 4000, asked)));
    expect([outcome.exitCode, asked.length]).toEqual([0, 1]);
    expect(outcome.judgements.find(({ id }) => id === 'sentry.crash-free')?.status).toBe('pass');
    const replaced = (await simulation.rollout())?.record.events.find(
      (event) => event.type === 'done' && event.step.do === 'replace',
    );
    expect(asked[0]?.from).toBe(replaced?.at);
  });

  it('a deploy that fails ends at once with the reason of the platform, and nothing is returned', async () => {
    const { platform, simulation, run } = await openInPlace(undefined, { failsWith: 'container exited with code 3' });
    await using _ = simulation;
    const outcome = await run(ship);
    expect(ended(outcome)).toMatchObject({
      exitCode: 1,
      because: expect.stringContaining(
        'the platform reports d-2 (new) failed: container exited with code 3',
      ) as unknown,
    });
    expect([calls(outcome), states(platform)]).toEqual([['deploy new'], ['old live', 'new failed']]);
  });

  it.each([
    ['a rollback that is a new deployment', {}, 'rollback d-1', ['old superseded', 'new superseded', 'old live']],
    ['a rollback that points back', { pointsBack: true }, 'rollback d-1', ['old live', 'new superseded']],
    ['no rollback of its own', { hasRollback: false }, 'deploy old', ['old superseded', 'new superseded', 'old live']],
  ] as const)('a breach is rolled back by the platform: %s', async (_name, platformIs, call, expected) => {
    const { platform, simulation, run } = await openInPlace({ kind: 'errors', fromShare: 100 }, platformIs);
    await using _ = simulation;
    const outcome = await run(ship);
    const { exitCode, phase, rollout } = ended(outcome);
    expect([exitCode, phase, calls(outcome), states(platform)]).toEqual([
      1,
      'rolled-back',
      ['deploy new', call],
      expected,
    ]);
    const proofs = rollout?.receipt?.steps.map(({ status, proof }) => [status, proof]).slice(0, 2);
    expect(proofs).toEqual([
      ['done', expect.stringMatching(/^the platform reports d-[13] \(old\) live after/)],
      ['done', 'healthy and ready, answers as old (3 of 3)'],
    ]);
  });

  it('is observed while its readiness is verified: a gross breach is rolled back before the smoke', async () => {
    const { simulation, run } = await openInPlace({ kind: 'errors', fromShare: 100 });
    await using _ = simulation;
    const change = (context: RolloutContext): RolloutContext => ({
      ...context,
      instruments: {
        ...context.instruments,
        // Until it is not needed any more; the time of the simulation is the observer's.
        probeReadiness: async (target, probing) => {
          while (!probing.signal.aborted) await new Promise(setImmediate);
          return context.instruments.probeReadiness(target, probing);
        },
      },
    });
    expect(ended(await run(ship, { change })).exitCode).toBe(1);
    const { events } = (await simulation.rollout())?.record ?? { events: [] };
    const done = events.flatMap((event) => (event.type === 'done' && 'step' in event ? [event.step.do] : []));
    expect(done).not.toContain('verify-live');
    expect(done).not.toContain('smoke');
  });

  it('an operator’s GO while it is verified skips neither smoke nor watch', () => {
    const plan = planInPlace({ release: 'new', settings, before: { live: 'd-1', newest: 'd-1' } });
    const done = plan.steps.slice(0, 2).map((step) => ({ type: 'done', step, summary: '' }) as const);
    const go = { decision: 'go', id: '1', by: 'Ada', because: 'x', digest: '' } as const;
    const state = foldRollout(plan, [...done, { type: 'paused', because: 'blind' }, { type: 'decided', ...go }]);
    expect(state.steps[state.position]).toMatchObject({ do: 'smoke', at: 'watch-start' });
  });

  it('a red smoke is rolled back', async () => {
    const { platform, simulation, run } = await openInPlace({ kind: 'smoke', fromShare: 100 });
    await using _ = simulation;
    expect(ended(await run(ship)).exitCode).toBe(1);
    expect(platform.live().release).toBe('old');
  });

  it('without metrics every objective stays open: HOLD, and the release keeps its traffic', async () => {
    const { platform, simulation, run } = await openInPlace();
    await using _ = simulation;
    const change = (context: RolloutContext): RolloutContext => ({
      ...context,
      targetOf: (name) => {
        const target = context.targetOf(name);
        return { ...target, environment: { ...target.environment, metrics: [] } };
      },
    });
    const outcome = await run(ship, { change });
    expect([ended(outcome).exitCode, platform.live().release]).toEqual([3, 'new']);
    expect(ended(outcome).because).toContain('the target file names no metrics');
  });

  it.each([
    [{}, 3],
    [{ latency: 'no counters', 'server-errors': 'no counters', 'payment-success': 'no payments' }, 0],
  ] as const)(
    'without objectives, inapplicable by the file as %j, the readiness and the smoke end with %i',
    async (inapplicable, exitCode) => {
      const { simulation, run } = await openInPlace();
      await using _ = simulation;
      const change = (context: RolloutContext): RolloutContext => ({
        ...context,
        slos: [],
        targetOf: (name) => {
          const target = context.targetOf(name);
          return { ...target, inapplicable, environment: { ...target.environment, metrics: [] } };
        },
      });
      expect(ended(await run(ship, { change })).exitCode).toBe(exitCode);
    },
  );

  it('is watched, and rolled back days later, by the same word', async () => {
    const { platform, simulation, run } = await openInPlace();
    await using _ = simulation;
    platform.makeLive('new');
    const watched = await run({ verb: 'watch', release: 'new' });
    expect([ended(watched).exitCode, calls(watched)]).toEqual([0, []]);
    const other = await run({ verb: 'watch', release: 'newer' });
    expect(other.kind === 'refused' && other.error.message).toContain(
      'newer is not live: the platform reports d-2 (new)',
    );
  });

  it('a breach in a watch alone returns to the deployment before it', async () => {
    const { platform, simulation, run } = await openInPlace({ kind: 'errors', fromShare: 100 });
    await using _ = simulation;
    platform.makeLive('new');
    const outcome = await run({ verb: 'watch', release: 'new' });
    expect([ended(outcome).exitCode, calls(outcome), platform.live().release]).toEqual([1, ['rollback d-1'], 'old']);
  });

  it.each([
    [{ strategy: 'rolling' }, 'cannot be shipped rolling'],
    [{ release: 'old' }, 'old is the live release already'],
  ] as const)('is refused with %j', async (options, message) => {
    const { simulation, run } = await openInPlace();
    await using _ = simulation;
    const outcome = await run({ ...ship, ...options });
    expect([outcome.kind, outcome.process.effects]).toEqual(['refused', []]);
    expect(outcome.kind === 'refused' && outcome.error.message).toContain(message);
  });
});
