import { describe, expect, it } from 'vitest';
import { gateIds } from '../../../src/core/gate.ts';
import { isFinished } from '../../../src/core/rollout/advance.ts';
import { waitingRelease } from '../../../src/journal/waiting-release.ts';
import { openStore } from '../../../src/journal/index.ts';
import { openSimulation, quickSettings, type RunOptions } from './simulation/command.ts';
import { simulateTarget } from './simulation/target.ts';

const ship = { verb: 'release', release: 'new', strategy: 'blue-green' } as const;
/** It has no load of its own. */
const how: RunOptions = {
  settings: quickSettings,
  change: (context) => ({
    ...context,
    targetOf: (name) => ({ ...context.targetOf(name), load: { profile: 'stage', off: 'the target is simulated' } }),
  }),
};
const waitingIn = (reportsRoot: string) =>
  waitingRelease(openStore({ driver: 'folder', folder: reportsRoot }, 'simulated'));

describe('a whole release', () => {
  it('is one run with the preflight, the idle colour checked before its first user, and the rollout', async () => {
    await using simulation = await openSimulation(simulateTarget());
    const outcome = await simulation.run(ship, { ...how });
    if (outcome.kind !== 'ended') throw new Error(outcome.kind);
    const { result } = outcome;
    expect(result).toMatchObject({ verb: 'release', exitCode: 0, verdict: { word: 'GO' } });
    const ids = result.judgements.map(({ id }) => id);
    for (const id of ['gate.test', 'readiness', 'smoke.newman', 'rollout', 'stage-10.smoke.newman'])
      expect(ids).toContain(id);
    const names = outcome.process.effects.map(({ name }) => name);
    const at = (text: string) => names.findIndex((name) => name.includes(text));
    expect(at('preflight gates')).toBeGreaterThanOrEqual(0);
    expect(at('preflight gates')).toBeLessThan(at('rollout-planned'));
    expect(at('"do":"check"')).toBeLessThan(at('router.setShares'));
    expect(at('sentry.finalize')).toBeGreaterThan(at('journal done {"do":"smoke","stage"'));
    expect(ids.at(-1)).toBe('release');
    expect(result.judgements.find(({ id }) => id === 'sentry.deploy')).toMatchObject({
      status: 'pass',
      clauses: ['3.3a'],
    });
  });

  it('that a gate refuses changes nothing, and does not wait', async () => {
    const target = simulateTarget();
    target.failingGate = true;
    await using simulation = await openSimulation(target);
    const outcome = await simulation.run(ship, { ...how });
    if (outcome.kind !== 'ended') throw new Error(outcome.kind);
    expect(outcome.result).toMatchObject({ exitCode: 1, verdict: { word: 'NO-GO' } });
    expect(outcome.result.rollout).toBeUndefined();
    expect(outcome.process.effects.filter(({ name }) => /^(router|runtime|migrations)\./.test(name))).toEqual([]);
    expect(await waitingIn(simulation.reportsRoot)).toBeUndefined();
    expect(await simulation.run({ resume: true })).toMatchObject({ kind: 'refused' });
  });

  it('whose idle colour fails its smoke is rolled back before any user has it', async () => {
    await using simulation = await openSimulation(simulateTarget({ kind: 'smoke', fromShare: 0 }));
    const outcome = await simulation.run(ship, { ...how });
    if (outcome.kind !== 'ended') throw new Error(outcome.kind);
    expect(outcome.result).toMatchObject({ exitCode: 1, rollout: { phase: 'rolled-back' } });
    expect(outcome.result.verdict.because).toContain('Smoke and load on green without users');
    const { state } = (await simulation.rollout()) ?? {};
    expect(state?.startedSteps.some((step) => step.do === 'shift')).toBe(false);
  });
});

it('that was interrupted in its preflight is shipped by --resume as it was asked for, judged by the same objectives', async () => {
  const target = simulateTarget();
  await using simulation = await openSimulation(target);
  const interrupter = new AbortController();
  const listen: RunOptions['listen'] = ({ type }) => type === 'judged' && interrupter.abort();
  const rolling = { ...ship, strategy: 'rolling' } as const;
  const first = await simulation.run(rolling, { ...how, listen, signal: interrupter.signal });
  expect(first).toMatchObject({ kind: 'ended', result: { exitCode: 130 } });
  expect(await waitingIn(simulation.reportsRoot)).toMatchObject({ release: 'new', strategy: 'rolling' });
  const others: RunOptions = {
    ...how,
    change: (context) => ({ ...(how.change?.(context) ?? context), slos: context.slos.slice(1) }),
  };
  expect(await simulation.run({ verb: 'release', resume: true }, others)).toMatchObject({
    kind: 'refused',
    error: { message: 'The objectives are not those that this release began with.' },
  });
  const resumed = await simulation.run({ verb: 'release', resume: true }, { ...how });
  expect(resumed).toMatchObject({ kind: 'ended', result: { rollout: { strategy: 'rolling' }, exitCode: 0 } });
});

it('whose deploy Sentry does not record is a HOLD with all traffic on it, until --resume records it', async () => {
  const target = simulateTarget();
  target.sentryIsDown = true;
  await using simulation = await openSimulation(target);
  const outcome = await simulation.run(ship, { ...how });
  if (outcome.kind !== 'ended') throw new Error(outcome.kind);
  expect(outcome.result).toMatchObject({ exitCode: 3, verdict: { word: 'HOLD', decidedBy: ['sentry.deploy'] } });
  expect(outcome.result.rollout).toMatchObject({ phase: 'promoted' });
  const shares = target.shares();
  target.sentryIsDown = false;
  const resumed = await simulation.run({ verb: 'release', resume: true }, { ...how });
  if (resumed.kind !== 'ended') throw new Error(resumed.kind);
  expect(resumed.result).toMatchObject({ exitCode: 0, verdict: { word: 'GO' }, runId: outcome.result.runId });
  expect(target.shares()).toEqual(shares);
  expect(await simulation.run({ verb: 'release', resume: true })).toMatchObject({ kind: 'refused' });
});

it('of a target that turns every part of section 1 off with a reason is judged by its rollout', async () => {
  const off = { off: 'a pipeline of its own has them' };
  const gates = Object.fromEntries(gateIds.map((gate) => [gate, off]));
  const withoutGates: RunOptions = {
    settings: quickSettings,
    change: (context) => {
      const changed = how.change?.(context) ?? context;
      return { ...changed, targetOf: (name) => ({ ...changed.targetOf(name), gates }) };
    },
  };
  await using simulation = await openSimulation(simulateTarget());
  const outcome = await simulation.run(ship, withoutGates);
  if (outcome.kind !== 'ended') throw new Error(outcome.kind);
  expect([outcome.result.exitCode, outcome.result.verdict.word]).toEqual([0, 'GO']);
  expect(outcome.result.notChecked.find(({ id }) => id === 'gate.test')?.because).toBe(`target file: ${off.off}`);
});

it('whose idle colour runs an unknown image is paused before any user has it, until --resume finds the recorded one', async () => {
  let isKnown = false;
  const withImage: RunOptions = {
    settings: quickSettings,
    change: (context) => {
      const changed = how.change?.(context) ?? context;
      const recorded = { digest: `sha256:${'0'.repeat(64)}`, runId: 'run-1', at: '2026-01-01T00:00:00.000Z' };
      const readRunning: typeof changed.services.readRunning = async ({ release, places }) => ({
        release,
        recorded,
        running: places.map(({ name: place }) =>
          isKnown ? { place, digests: [recorded.digest] } : { place, problem: 'no image is reported' },
        ),
      });
      return { ...changed, services: { ...changed.services, readRunning } };
    },
  };
  await using simulation = await openSimulation(simulateTarget());
  const outcome = await simulation.run(ship, withImage);
  if (outcome.kind !== 'ended') throw new Error(outcome.kind);
  expect(outcome.result).toMatchObject({ exitCode: 3, rollout: { phase: 'progressing' } });
  expect(outcome.result.verdict.because).toContain('no image is reported');
  expect(outcome.process.effects.some(({ name }) => name === 'router.setShares')).toBe(false);
  isKnown = true;
  const resumed = await simulation.run({ verb: 'release', resume: true }, withImage);
  expect(resumed).toMatchObject({ result: { exitCode: 0, verdict: { word: 'GO' } } });
});

it('whose notes cannot be written is a HOLD, by --resume too, until they are', async () => {
  let isWritable = false;
  const withNotes: RunOptions = {
    settings: quickSettings,
    change: (context) => ({
      ...(how.change?.(context) ?? context),
      services: {
        ...context.services,
        publishNotes: async ({ verdict }) => {
          const base = { kind: 'release-notes', file: 'notes.md' } as const;
          if (verdict.word !== 'GO') return { ...base, state: 'unpublished' };
          if (!isWritable)
            return { ...base, state: 'failed', problem: { because: 'a read-only disk', next: 'repair it' } };
          return { kind: 'release-notes', state: 'off', because: 'the target is simulated' };
        },
      },
    }),
  };
  await using simulation = await openSimulation(simulateTarget());
  const held = { result: { exitCode: 3, verdict: { word: 'HOLD', decidedBy: ['release-notes'] } } };
  expect(await simulation.run(ship, withNotes)).toMatchObject(held);
  expect(await simulation.run({ verb: 'release', resume: true }, withNotes)).toMatchObject(held);
  isWritable = true;
  const resumed = await simulation.run({ verb: 'release', resume: true }, withNotes);
  expect(resumed).toMatchObject({ result: { exitCode: 0, verdict: { word: 'GO' } } });
});

it('killed at any write and at any effect of what only a release has, then --resume: shipped, in the same run', async () => {
  const whole = await effectsOf();
  const indexOf = (text: string) => whole.findIndex(({ name }) => name.includes(text));
  const parts = [
    [0, indexOf('"do":"snapshot-flags"') < 0 ? indexOf('"do":"release"') : indexOf('"do":"snapshot-flags"')],
    [indexOf('"do":"check"') - 2, indexOf('"do":"shift"')],
    [indexOf('sentry.finalize') - 2, whole.length - 2],
  ] as const;
  const isOwn = (index: number) => parts.some(([first, last]) => index >= first && index <= last);
  let killed = 0;
  for (const [index] of whole.entries()) {
    if (!isOwn(index)) continue;
    await using simulation = await openSimulation(simulateTarget());
    const about = `killed after ${whole[index]?.name}`;
    const first = await simulation.run(ship, { ...how, crash: { index, phase: 'after' } });
    if (first.kind !== 'killed') continue;
    killed += 1;
    let next = await simulation.run({ verb: 'release', resume: true }, { ...how });
    // Before its evidence names the release there is nothing to resume.
    if (next.kind === 'refused') next = await simulation.run(ship, { ...how });
    expect([about, next.kind]).toEqual([about, 'ended']);
    const { result } = next as Extract<typeof next, { kind: 'ended' }>;
    expect([about, result.exitCode, result.verb]).toEqual([about, 0, 'release']);
    expect([about, result.judgements.filter(({ id }) => id === 'gate.test').length]).toEqual([about, 1]);
    const rollout = await simulation.rollout();
    expect([about, rollout && isFinished(rollout.state)]).toEqual([about, true]);
    expect([about, simulation.target.violations]).toEqual([about, []]);
  }
  expect(killed).toBeGreaterThan(10);
});

async function effectsOf() {
  await using simulation = await openSimulation(simulateTarget());
  const outcome = await simulation.run(ship, { ...how });
  return outcome.process.effects;
}
