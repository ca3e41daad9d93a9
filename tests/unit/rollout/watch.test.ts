import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RolloutEvent } from '../../../src/core/rollout/advance.ts';
import { observedMs } from '../../../src/core/rollout/observation.ts';
import { describeMissing } from '../../../src/core/rollout/watch.ts';
import { readEvidence } from '../../../src/journal/read-run.ts';
import { observation, slos } from './samples.ts';
import { quickSettings, type Simulation } from './simulation/command.ts';
import type { RunEvent } from '../../../src/core/events.ts';
import { at, ended, open, releases, roll, ship } from './simulation/faults.ts';
import type { SimulatedTarget } from './simulation/target.ts';

const settings = { ...quickSettings, watch: { forMs: 10_000 } };

const watching = (event: RolloutEvent) => event.type === 'judged' && event.word === 'GO' && event.stage.share === 100;
const eventsOf = async (simulation: Simulation) => (await simulation.rollout())?.record.events ?? [];
const evidenceOf = async (simulation: Simulation) =>
  (await readEvidence(join(simulation.reportsRoot, (await simulation.rollout())?.runId ?? '')))?.smoke ?? [];
const smokesOf = async (simulation: Simulation) =>
  (await eventsOf(simulation)).filter((event) => event.type === 'done' && event.step.do === 'smoke').length;

/** From the start of the watch this fraction of the new release's answers is 5xx. */
const failing = (target: SimulatedTarget, fraction: number) => {
  const before = new Map<string, number>();
  let begun = false;
  return (event: RunEvent): void => {
    if (event.type !== 'rollout') return;
    begun ||= watching(event.event);
    for (const each of begun ? target.instances.filter(({ release }) => release === 'new') : []) {
      each.errors += (each.requests - (before.get(each.name) ?? each.requests)) * fraction;
      before.set(each.name, each.requests);
    }
  };
};

describe.each([ship, roll])('the watch of $strategy', (options) => {
  it('begins by itself after the last stage, and the release is promoted after it', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    const phases: string[] = [];
    const listen = at(watching, () => {
      phases.push('watching');
    });
    expect(ended(await simulation.run(options, { settings, listen }))).toMatchObject({
      exitCode: 0,
      phase: 'promoted',
    });
    expect(phases).toEqual(['watching']);
    const state = (await simulation.rollout())?.state;
    expect(observedMs(state?.observations ?? [])).toBeGreaterThanOrEqual(10_000);
    expect((await eventsOf(simulation)).at(-1)).toMatchObject({ type: 'judged', word: 'GO' });
  });

  it('rolls back on a breach', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const listen = failing(target, 0.2);
    const { exitCode, because } = ended(await simulation.run(options, { settings, listen }));
    expect([exitCode, because]).toEqual([1, expect.stringContaining('5xx')]);
    expect([releases(target), target.violations]).toEqual([['old'], []]);
  });

  it('is a HOLD where something is not proved at its end, with the reason; --resume observes on', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const listen = failing(target, 0.0095);
    const first = ended(await simulation.run(options, { settings, listen }));
    expect(first).toMatchObject({ exitCode: 3, phase: 'progressing' });
    expect(first.because).toMatch(
      /watch is over and has not proved everything\. 5xx at 100 %: 0\.\d+ % is not within 0\.5 %/,
    );
    expect(releases(target)).toEqual(['new']);
    // The rate falls while the requests of another hold budget succeed.
    const second = await simulation.run({ resume: true });
    expect(ended(second)).toMatchObject({ exitCode: 0, phase: 'promoted' });
  });

  it('does not count time in which nobody observed', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const stop = new AbortController();
    const listen = at(watching, () => stop.abort('SIGINT'));
    expect(ended(await simulation.run(options, { settings, listen, signal: stop.signal })).exitCode).toBe(130);
    const before = observedMs((await simulation.rollout())?.state.observations ?? []);
    target.pass(60_000);
    expect(ended(await simulation.run({ resume: true })).exitCode).toBe(0);
    const { state, record } = (await simulation.rollout()) ?? {};
    const after = observedMs(state?.observations ?? []);
    expect([before < 10_000, after >= 10_000, after < 20_000]).toEqual([true, true, true]);
    expect(JSON.stringify(record?.events)).toMatch(/"resumed","unobservedMs":60\d\d\d/);
  });
});

it('repeats the smoke as often as it is set to', async () => {
  const { simulation } = await open();
  await using _ = simulation;
  const every = { ...settings, watch: { forMs: 20_000, smokeEveryMs: 5000 } };
  expect(ended(await simulation.run(ship, { settings: every })).exitCode).toBe(0);
  const smokes = (await evidenceOf(simulation)).map(({ stage }) => stage);
  // Two stages and the end of the watch, and two or three in between.
  expect([await smokesOf(simulation), smokes.length >= 5]).toEqual([3, true]);
});

it('names what is missing in numbers, and how long it takes at the traffic of the watch', () => {
  const missing = { id: 'stage-100.pay', title: 'Payments at 100 %', because: '30 of 100 samples.', samples: 30 };
  const judgement = {
    ...missing,
    status: 'inconclusive',
    clauses: [],
    expected: '',
    actual: '',
    evidence: [],
    requestIds: [],
  } as const;
  const observations = [observation({ pay: [0, 30] }, { lengthMs: 60_000 })];
  const described = (samples: number) =>
    describeMissing([{ ...judgement, samples }], observations, {
      slos,
      settings: { ...settings, minimum: { requests: 300, payments: 100 } },
    });
  expect(described(30)).toBe(
    'Payments at 100 %: 30 of 100 samples. Missing: 165 samples, about 5.5 min at the traffic of the watch',
  );
  expect(described(0)).toMatch(/Missing: 195 samples, none arrive at the traffic/);
});
