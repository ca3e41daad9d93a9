import { expect } from 'vitest';
import type { DeployOptions } from '../../../../src/flows/rollout/options.ts';
import type { RolloutSettings } from '../../../../src/core/rollout/settings.ts';
import { isFinished } from '../../../../src/core/rollout/advance.ts';
import { type CommandOutcome, openSimulation, quickSettings, type Simulation } from './command.ts';
import { type CrashPoint, crashPointsOf } from './crash.ts';
import type { Defect } from './defect.ts';
import { simulateTarget } from './target.ts';

/**
 * kill -9 in process: the real workflow against a simulated target, with journals on a real file system. A command dies
 * before, in or after any of its writes and effects; the next command has only what is on disk and in the target.
 */
export interface Scenario {
  readonly strategy: 'blue-green' | 'rolling';
  readonly defect?: Defect;
  /** The defect puts the traffic back from 100 % to the previous stage for a while. */
  readonly stepsBack?: true;
}
export const scenarios: readonly Scenario[] = [
  { strategy: 'blue-green' },
  { strategy: 'blue-green', defect: { kind: 'never-ready', fromShare: 0 } },
  { strategy: 'blue-green', defect: { kind: 'errors', fromShare: 50 } },
  { strategy: 'blue-green', defect: { kind: 'smoke', fromShare: 50 } },
  { strategy: 'blue-green', defect: { kind: 'errors', fromShare: 100, afterMs: 2000 } },
  {
    strategy: 'blue-green',
    defect: { kind: 'errors', fromShare: 100, afterMs: 12_000, lastsMs: 8000, rate: 0.03 },
    stepsBack: true,
  },
  { strategy: 'rolling' },
  { strategy: 'rolling', defect: { kind: 'never-ready', fromShare: 0 } },
  { strategy: 'rolling', defect: { kind: 'smoke', fromShare: 50 } },
  { strategy: 'rolling', defect: { kind: 'errors', fromShare: 100, afterMs: 2000 } },
];
export const nameOf = ({ strategy, defect, stepsBack }: Scenario) =>
  `${strategy}, ${defect ? `defect ${defect.kind}${defect.afterMs === undefined ? '' : ' during the watch'}` : 'healthy release'}${stepsBack ? ', with a step-back' : ''}`;

export type Order = 'resume' | 'abort';
const shipping = ({ strategy }: Scenario): DeployOptions => ({ release: 'new', strategy });
/** A defect that begins late needs a watch that is long enough to prove it. */
const settingsOf = ({ defect, stepsBack }: Scenario): RolloutSettings => {
  if (defect?.afterMs === undefined) return quickSettings;
  const settings = { ...quickSettings, watch: { forMs: 8000 } };
  if (!stepsBack) return settings;
  const judge = {
    ...settings.judge,
    mode: 'proof-only' as const,
    batches: { rollback: 1000, hold: 1000, latency: 1000 },
  };
  // Long enough that the failures are within the limit of the watch where a kill kept the step-back from being made.
  const watch = { forMs: 60_000 };
  return {
    ...settings,
    watch,
    intervalMs: 5000,
    holdBudgetMs: 60_000,
    judge: { ...judge, stepBack: { mode: 'on', forMs: 5000, most: 3 } },
  };
};

/** What is true of the target and of the journal when no command is to follow. */
async function expectSound(simulation: Simulation, outcome: CommandOutcome, about: string): Promise<void> {
  const { target } = simulation;
  expect([about, target.violations]).toEqual([about, []]);
  expect([about, target.migrationRuns.length === new Set(target.migrationRuns).size]).toEqual([about, true]);
  expect([about, simulation.lockIsHeld()]).toEqual([about, false]);
  const rollout = await simulation.rollout();
  const shipped = rollout?.state.phase === 'promoted';
  if (rollout) {
    expect([about, isFinished(rollout.state), rollout.concluded]).toEqual([about, true, true]);
    expect([about, rollout.state.phase]).toEqual([about, shipped ? 'promoted' : 'rolled-back']);
  }
  // The exit code is a promise about what users have: 0 the new release, 1 the old one, and 2 that nothing was changed.
  if (outcome.kind === 'ended') expect([about, outcome.result.exitCode]).toEqual([about, shipped ? 0 : 1]);
  const serving = target.instances.filter(({ state, weight }) => state === 'ready' && weight > 0);
  expect([about, new Set(serving.map(({ colour }) => colour)).size]).toEqual([about, 1]);
  expect([about, serving.length, serving.every(target.isUp)]).toEqual([about, 2, true]);
  expect([about, [...new Set(serving.map(({ release }) => release))]]).toEqual([about, [shipped ? 'new' : 'old']]);
  if (rollout?.record.plan.strategy === 'rolling')
    expect([about, target.instance('blue-surge').running]).toEqual([about, false]);
}

/** Runs a command; one that is refused must have changed nothing. */
async function command(simulation: Simulation, options: DeployOptions, crash?: CrashPoint, settings = quickSettings) {
  const outcome = await simulation.run(options, crash ? { crash, settings } : { settings });
  if (outcome.kind === 'refused') expect(outcome.process.effects).toEqual([]);
  return outcome;
}

/** Ships, dies at each of the points in turn, and is continued in the given ways until nothing is open. */
export async function shipWithCrashes(
  scenario: Scenario,
  crashes: readonly { readonly crash: CrashPoint; readonly order: Order }[],
  about: string,
): Promise<void> {
  await using simulation = await openSimulation(simulateTarget(scenario.defect));
  let outcome = await command(simulation, shipping(scenario), crashes[0]?.crash, settingsOf(scenario));
  for (const [index, { order }] of crashes.entries()) {
    if (outcome.kind !== 'killed') break;
    const next = await command(simulation, { [order]: true }, crashes[index + 1]?.crash);
    // Killed before its first line, a rollout does not exist, and killed after its last one, it cannot be aborted.
    if (next.kind !== 'refused') outcome = next;
    else outcome = (await simulation.rollout()) ? await command(simulation, { resume: true }) : next;
  }
  if (outcome.kind === 'killed') outcome = await command(simulation, { resume: true });
  await expectSound(simulation, outcome, about);
}

/**
 * The points that differ. Every effect on disk and target passes through the simulated process, so that a death before an effect
 * leaves what a death after the one before it does; and the next command mends a torn line before it is told what to do, so that
 * one order is enough for it.
 */
export const distinct = (points: ReturnType<typeof crashPointsOf>, order: Order): typeof points =>
  points.filter(({ phase }, index) => (phase === 'before' ? index === 0 : phase === 'after' || order === 'resume'));

/** The effects of a command that nothing kills. */
async function effectsOf({ strategy, ...scenario }: Scenario, defect: Defect | undefined) {
  await using simulation = await openSimulation(simulateTarget(defect));
  const whole = { ...scenario, strategy };
  const outcome = await simulation.run(shipping(whole), { settings: settingsOf(whole) });
  await expectSound(simulation, outcome, 'without a crash');
  return outcome.process.effects;
}

/** Of a defective release those since the first effect that a healthy one does not have: until then it is a healthy release. */
export async function crashPoints(scenario: Scenario) {
  const effects = await effectsOf(scenario, scenario.defect);
  const points = crashPointsOf({ effects });
  if (!scenario.defect) return points;
  const healthy = await effectsOf(scenario, undefined);
  const first = effects.findIndex(({ name }, index) => name !== healthy[index]?.name);
  expect(first).toBeGreaterThan(0);
  // Once the traffic has returned from a step-back, it is a healthy release again.
  const returned = effects.findLastIndex(({ name }) => /^journal done \{"do":"shift".*"stepBack":1/.test(name));
  const last = scenario.stepsBack ? returned + 2 : effects.length;
  return points.filter(({ index }) => index >= first - 1 && index <= last);
}

/** Several at a time: each has a target and a folder of its own, and mostly waits for its writes. */
export async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** The points of a command that continues after a first crash. */
export async function pointsAfter(scenario: Scenario, crash: CrashPoint, order: Order) {
  await using simulation = await openSimulation(simulateTarget(scenario.defect));
  await command(simulation, shipping(scenario), crash, settingsOf(scenario));
  return distinct(crashPointsOf((await command(simulation, { [order]: true })).process), order);
}
