import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/events.ts';
import { advance, foldRollout, type RolloutEvent, type RolloutState } from '../../../src/core/rollout/advance.ts';
import { refuseDecision } from '../../../src/core/rollout/decision.ts';
import { observedMs } from '../../../src/core/rollout/observation.ts';
import type { RolloutStep, Stage } from '../../../src/core/rollout/step.ts';
import type { RolloutSettings } from '../../../src/core/rollout/settings.ts';
import { blueGreen, observation, settings as sopSettings } from './samples.ts';
import { quickSettings, type Simulation } from './simulation/command.ts';
import type { Defect } from './simulation/defect.ts';
import { at, ended, open, releases, roll, shares, ship } from './simulation/faults.ts';

const on = { mode: 'on', forMs: 30_000, most: 3 } as const;
/** The SOP's batches; the stages are short, and a minute of the watch is over when the defect begins. */
const settingsWith = (mode: 'off' | 'on', more: Partial<RolloutSettings> = {}): RolloutSettings => ({
  ...quickSettings,
  stages: [10, 50, 100],
  dwellMs: 10_000,
  holdBudgetMs: 60_000,
  intervalMs: 10_000,
  watch: { forMs: 120_000 },
  judge: { ...sopSettings.judge, stepBack: { ...on, mode } },
  ...more,
});
const late: Defect = { kind: 'errors', fromShare: 100, afterMs: 60_000, rate: 0.2 };

const eventsOf = async (simulation: Simulation) => (await simulation.rollout())?.record.events ?? [];
const stepBacks = (events: readonly RolloutEvent[]) => events.filter(({ type }) => type === 'stepped-back').length;

/** From the beginning of the defect to the decision, in simulated seconds. */
async function ship20Percent(mode: 'off' | 'on') {
  const { target, simulation } = await open(late);
  await using _ = simulation;
  let fullAtMs = 0;
  let decidedAtMs = 0;
  const listen = (event: RunEvent) => {
    if (event.type !== 'rollout') return;
    if (event.event.type === 'done' && event.event.shares?.green === 100) fullAtMs ||= target.nowMs;
    if (event.event.type === 'judged' && event.event.word === 'NO-GO') decidedAtMs = target.nowMs;
  };
  const result = ended(await simulation.run(ship, { settings: settingsWith(mode), listen }));
  expect([result.exitCode, releases(target), target.violations]).toEqual([1, ['old'], []]);
  const events = await eventsOf(simulation);
  return { ...result, events, seconds: (decidedAtMs - fullAtMs - (late.afterMs ?? 0)) / 1000 };
}

describe('20 % 5xx that begin a minute after the full shift', () => {
  it('are rolled back sooner with the step-back than without, by the fast lane, in seconds instead of a minute', async () => {
    const [with_, without] = [await ship20Percent('on'), await ship20Percent('off')];
    expect([stepBacks(with_.events), stepBacks(without.events)]).toEqual([1, 0]);
    expect(with_.seconds).toBeLessThan(20);
    expect(without.seconds).toBeGreaterThan(with_.seconds);
    expect(with_.because).toContain('5xx at step-back 1, 50 %: breach and regression proved');
    const failed = with_.judgements.filter(({ status }) => status === 'fail').map(({ id }) => id);
    expect(failed.some((id) => id.startsWith('step-back-1.'))).toBe(true);
    const ids = with_.judgements.map(({ id }) => id);
    expect(ids.length).toBe(new Set(ids).size);
  });
});

it('a blip of 3 s is no reason', async () => {
  const { target, simulation } = await open({ ...late, lastsMs: 3000 });
  await using _ = simulation;
  const settings = settingsWith('on', { watch: { forMs: 300_000 } });
  expect(ended(await simulation.run(ship, { settings })).exitCode).toBe(0);
  expect([stepBacks(await eventsOf(simulation)), releases(target)]).toEqual([0, ['new']]);
});

it('failures that end with the step-back are no verdict: the traffic returns, and the watch starts afresh', async () => {
  const { target, simulation } = await open({ ...late, lastsMs: 5000 });
  await using _ = simulation;
  const traffic: string[] = [];
  const listen = (event: RunEvent) => {
    if (event.type === 'rollout' && event.event.type === 'done' && event.event.shares)
      traffic.push(`${event.event.shares.blue}:${event.event.shares.green}`);
  };
  const outcome = await simulation.run(ship, { settings: settingsWith('on'), listen });
  const { exitCode, judgements } = ended(outcome);
  expect(outcome.kind === 'ended' && outcome.result.deviations).toContainEqual(
    expect.stringMatching(/^Traffic was put back from 100 % to 50 % at .*: .* requests failed in the last 5 samples/),
  );
  expect([exitCode, traffic]).toEqual([0, ['90:10', '50:50', '0:100', '50:50', '0:100']]);
  const { state, record } = (await simulation.rollout()) ?? {};
  expect(observedMs(state?.observations ?? [])).toBeGreaterThanOrEqual(120_000);
  const compared = (record?.events ?? []).flatMap((event) =>
    event.type === 'observed' && event.stage.stepBack === 1 ? [event.observation] : [],
  );
  expect([observedMs(compared), shares(target)]).toEqual([30_000, { blue: 0, green: 100 }]);
  expect(judgements.some(({ id }) => id.startsWith('step-back'))).toBe(false);
});

it('is made at most as often as the setting allows', async () => {
  const { simulation } = await open({ ...late, rate: 0.09, lastsMs: 600_000 });
  await using _ = simulation;
  // The fast lane decides nothing here: more seconds have to be bad than a step-back has.
  const settings = settingsWith('on', {
    judge: {
      ...sopSettings.judge,
      mode: 'proof-only',
      alpha: { ...sopSettings.judge.alpha, rollback: 1e-9 },
      batches: { rollback: 1000, hold: 1000, latency: 1000 },
      fast: { leftOut: 20, beyond: 10 },
      stepBack: { mode: 'on', forMs: 10_000, most: 2 },
    },
  });
  await simulation.run(ship, { settings });
  expect(stepBacks(await eventsOf(simulation))).toBe(2);
});

it('is not made where the previous colour is not up: a note, and the slow lanes decide', async () => {
  const { target, simulation } = await open(late);
  await using _ = simulation;
  const notes: string[] = [];
  const down = at(
    (event) => event.type === 'done' && event.step.do === 'confirm',
    () => {
      for (const name of ['blue-1', 'blue-2']) target.instance(name).running = false;
    },
  );
  const listen = (event: RunEvent) => {
    if (event.type === 'note') notes.push(event.text);
    down(event);
  };
  expect(ended(await simulation.run(ship, { settings: settingsWith('on'), listen })).exitCode).toBe(4);
  expect([stepBacks(await eventsOf(simulation)), target.violations]).toEqual([0, []]);
  expect(notes.join('\n')).toMatch(
    /no step-back, blue is not ready: .* requests failed in the last 5 samples, limit 1 %/,
  );
});

it.each([
  [roll, {}, 'only a blue-green rollout keeps it running'],
  [ship, { stages: [100] }, 'a stage before 100 %'],
])('is refused before anything is changed where it cannot be made: %j', async (options, more, message) => {
  const { simulation } = await open();
  await using _ = simulation;
  const { kind, process, ...rest } = await simulation.run(options, { settings: settingsWith('on', more) });
  expect([kind, process.effects]).toEqual(['refused', []]);
  expect('error' in rest && rest.error.message).toContain(message);
});

describe('its steps', () => {
  const canary = { kind: 'colour', colour: 'green' } as const;
  const full: Stage = { share: 100, canary };
  const plan = blueGreen({ judge: { ...sopSettings.judge, stepBack: on } });
  const doneUntil = (what: RolloutStep['do'], share: number): RolloutEvent[] => {
    const end = plan.steps.findIndex((step) => step.do === what && 'stage' in step && step.stage.share === share);
    return plan.steps
      .slice(0, end)
      .map((step): RolloutEvent =>
        step.do === 'judge'
          ? { type: 'judged', stage: step.stage, word: 'GO', because: '' }
          : { type: 'done', step, summary: '' },
      );
  };
  const stepBack: RolloutEvent = { type: 'stepped-back', stage: full, because: '' };
  const names = ({ steps, position }: RolloutState) =>
    steps.slice(position, position + 4).map((step) => (step.do === 'shift' ? `shift ${step.shares.green}` : step.do));
  const fold = (...events: RolloutEvent[]) => foldRollout(plan, events);
  const watching = fold(...doneUntil('watch', 100), { type: 'observed', stage: full, observation: observation({}) });

  it('come before the watch, which starts afresh after them', () => {
    const back = advance(watching, stepBack).state;
    expect(names(back)).toEqual(['shift 50', 'compare', 'shift 100', 'watch']);
    const [shift] = back.steps.slice(back.position);
    if (!shift) throw new Error('no step');
    const compared = advance(back, { type: 'done', step: shift, summary: '', shares: { blue: 50, green: 50 } }).state;
    expect([compared.observations, names(compared)[0], compared.shares]).toEqual([
      [],
      'compare',
      { blue: 50, green: 50 },
    ]);
    expect(advance(compared, { type: 'aborted', because: '' }).state).toMatchObject({ phase: 'rolling-back' });
  });

  it('that fail leave the release its traffic: the return follows, and it is read back', () => {
    const back = advance(watching, stepBack).state;
    const [step] = back.steps.slice(back.position);
    if (!step) throw new Error('no step');
    const failed = advance(back, { type: 'failed', step, because: 'refused' }).state;
    expect([failed.phase, names(failed)]).toEqual(['progressing', ['shift 100', 'watch', 'smoke', 'conclude-watch']]);
  });

  it.each([
    ['before 100 %', fold(...doneUntil('observe', 50))],
    ['during the smoke of 100 %', fold(...doneUntil('smoke', 100))],
    ['during a rollback', advance(watching, { type: 'aborted', because: '' }).state],
  ])('are not inserted %s', (_, state) => {
    expect(advance(state, stepBack).state).toEqual(state);
  });

  it('cannot be ended by a decision for the release, only by one against it', () => {
    const back = advance(watching, stepBack).state;
    const comparing = { ...back, position: back.position + 1 };
    const decision = { id: '', by: '', because: '', digest: '' };
    for (const word of ['go', 'extend'] as const) {
      expect(advance(comparing, { type: 'decided', decision: word, ...decision }).state).toEqual(comparing);
      const moment = {
        state: comparing,
        verdict: { word: 'HOLD', line: 'proofs', because: '', judgements: [] },
      } as const;
      expect(refuseDecision({ decision: word }, { seen: moment, now: moment })).toContain('Comparing both releases');
    }
    expect(advance(comparing, { type: 'decided', decision: 'no-go', ...decision }).state.phase).toBe('rolling-back');
  });
});
