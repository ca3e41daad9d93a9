import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/events.ts';
import type { DeployOptions } from '../../../src/flows/rollout/options.ts';
import type { SessionsQuery } from '../../../src/sources/sentry.ts';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { openSimulation, quickSettings, type RunOptions, type Simulation } from './simulation/command.ts';
import type { Defect } from './simulation/defect.ts';
import { at, ended, firstObservation } from './simulation/faults.ts';
import { simulatePlatform, type SimulatedPlatform } from './simulation/platform.ts';
import { counted } from './simulation/sessions.ts';
import { simulateTarget } from './simulation/target.ts';

const ship: DeployOptions = { release: 'new' };
const settings = { ...quickSettings, watch: { forMs: 6000 }, routerRetryMs: 5000 };

async function open(defect?: Defect, platformIs: Partial<SimulatedPlatform> = {}) {
  const target = simulateTarget(defect);
  const platform = simulatePlatform(target);
  Object.assign(platform, platformIs);
  target.platform = platform;
  const simulation = await openSimulation(target);
  const run = (options: DeployOptions, how: RunOptions = {}) => simulation.run(options, { settings, ...how });
  return { target, platform, simulation, run };
}

/** What the commands did to the platform, in their order. */
const calls = ({ process }: Awaited<ReturnType<Simulation['run']>>) =>
  process.effects.flatMap(({ name }) => (name.startsWith('platform.') ? [name.slice(9)] : []));
const states = ({ deployments }: SimulatedPlatform) =>
  deployments.toReversed().map(({ release, state }) => `${release} ${state}`);

describe('a platform that replaces the one instance', () => {
  it('deploys once, waits for its word, gates, and watches; the report names what the SOP asks for and it cannot do', async () => {
    const { platform, simulation, run } = await open();
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
    const { simulation, run } = await open();
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
    const { platform, simulation, run } = await open(undefined, { failsWith: 'container exited with code 3' });
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
    const { platform, simulation, run } = await open({ kind: 'errors', fromShare: 100 }, platformIs);
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

  it('a red smoke is rolled back', async () => {
    const { platform, simulation, run } = await open({ kind: 'smoke', fromShare: 100 });
    await using _ = simulation;
    expect(ended(await run(ship)).exitCode).toBe(1);
    expect(platform.live().release).toBe('old');
  });

  it.each([{}, { reportsReleases: false }])(
    'that rolls back by itself is NO-GO by name, and only verified: %j',
    async (is) => {
      const { platform, simulation, run } = await open(undefined, is);
      await using _ = simulation;
      const outcome = await run(ship, { listen: at(firstObservation, platform.goBack) });
      expect(ended(outcome).because).toContain('the platform rolled new back: live is d-1');
      expect([ended(outcome).exitCode, calls(outcome)]).toEqual([1, ['deploy new']]);
    },
  );

  it('another deploy in progress before the trigger is refused; during the watch it pauses, and --abort leaves it alone', async () => {
    const { platform, simulation, run } = await open();
    await using _ = simulation;
    const theirs = platform.begin('theirs');
    const refused = await run(ship);
    expect(refused.kind === 'refused' && refused.error.message).toContain('d-2 (theirs) is pending');
    theirs.state = 'superseded';
    const outcome = await run(ship, { listen: at(firstObservation, () => platform.makeLive('theirs')) });
    expect(ended(outcome)).toMatchObject({ exitCode: 3 });
    expect(ended(outcome).because).toContain('changed from outside: live is d-4 (theirs)');
    const aborted = await run({ abort: true });
    expect([ended(aborted).exitCode, calls(aborted), platform.live().release]).toEqual([4, [], 'theirs']);
    expect(ended(aborted).because).toContain('neither new nor the release before it; it is left alone');
  });

  it('another deploy that supersedes its own pauses', async () => {
    const { platform, simulation, run } = await open();
    await using _ = simulation;
    const listen = (event: RunEvent) => {
      if (event.type === 'step-progress' && event.step === 'platform' && platform.deployments.length === 2)
        platform.begin('theirs');
    };
    const outcome = await run(ship, { listen });
    expect(ended(outcome)).toMatchObject({
      exitCode: 3,
      because: expect.stringContaining('nother deployment is in progress') as unknown,
    });
  });

  it('that cannot be read is a HOLD, before the trigger, while it deploys and in the watch; --resume goes on', async () => {
    const { platform, simulation, run } = await open();
    await using _ = simulation;
    const breaks = (when: (event: RunEvent) => boolean) => (event: RunEvent) => {
      if (when(event)) platform.broken = true;
    };
    const deploys = breaks((event) => event.type === 'step-progress' && event.step === 'platform');
    const first = await run(ship, { listen: deploys });
    expect([ended(first).exitCode, ended(first).because]).toEqual([3, expect.stringContaining('answers 503')]);
    platform.broken = false;
    const watching = breaks((event) => event.type === 'rollout' && event.event.type === 'observed');
    const second = await run({ resume: true }, { listen: watching });
    expect([ended(second).exitCode, ended(second).phase]).toEqual([3, 'progressing']);
    platform.broken = false;
    const third = await run({ resume: true });
    expect([ended(third).exitCode, calls(second), calls(third)]).toEqual([0, [], []]);
  });

  it.each([true, false])(
    'a trigger that took effect although its command failed is not repeated (releases reported: %s)',
    async (reportsReleases) => {
      const { platform, simulation, run } = await open(undefined, { losesAnswer: true, reportsReleases });
      await using _ = simulation;
      const outcome = await run(ship);
      expect([ended(outcome).exitCode, states(platform)]).toEqual([0, ['old superseded', 'new live']]);
    },
  );

  it('a deploy that is never live within its time is cancelled', async () => {
    const { platform, simulation, run } = await open();
    await using _ = simulation;
    const change = (context: RolloutContext): RolloutContext => {
      const driver = context.drivers.platform;
      return { ...context, drivers: { ...context.drivers, platform: driver && { ...driver, liveWithinMs: 1500 } } };
    };
    const outcome = await run(ship, { change });
    expect([ended(outcome).exitCode, calls(outcome)]).toEqual([1, ['deploy new', 'cancel d-2']]);
    expect([ended(outcome).because, states(platform)]).toEqual([
      expect.stringContaining('not live within'),
      ['old live', 'new superseded'],
    ]);
  });

  it('without metrics every objective stays open: HOLD, and the release keeps its traffic', async () => {
    const { platform, simulation, run } = await open();
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
      const { simulation, run } = await open();
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
    const { platform, simulation, run } = await open();
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
    const { platform, simulation, run } = await open({ kind: 'errors', fromShare: 100 });
    await using _ = simulation;
    platform.makeLive('new');
    const outcome = await run({ verb: 'watch', release: 'new' });
    expect([ended(outcome).exitCode, calls(outcome), platform.live().release]).toEqual([1, ['rollback d-1'], 'old']);
  });

  it.each([
    [{ strategy: 'rolling' }, 'cannot be shipped rolling'],
    [{ release: 'old' }, 'old is the live release already'],
  ] as const)('is refused with %j', async (options, message) => {
    const { simulation, run } = await open();
    await using _ = simulation;
    const outcome = await run({ ...ship, ...options });
    expect([outcome.kind, outcome.process.effects]).toEqual(['refused', []]);
    expect(outcome.kind === 'refused' && outcome.error.message).toContain(message);
  });
});
