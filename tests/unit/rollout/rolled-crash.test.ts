import { describe, expect, it } from 'vitest';
import { isFinished } from '../../../src/core/rollout/advance.ts';
import type { DeployOptions } from '../../../src/flows/rollout/options.ts';
import { quickSettings } from './simulation/command.ts';
import { type CrashPoint, crashPointsOf } from './simulation/crash.ts';
import type { Defect } from './simulation/defect.ts';
import { openSides } from './simulation/rolled.ts';

type Order = 'resume' | 'abort';

async function open(defect: Defect | undefined) {
  const opened = await openSides(['blue'], defect);
  const run = (options: DeployOptions, crash?: CrashPoint) =>
    opened.run(options, { settings: quickSettings, ...(crash ? { crash } : {}) });
  return { ...opened, run };
}

/**
 * Rolls, dies at the point, and is continued: all users on instances of one release, none of the other left, and nothing paused. The
 * runtime goes on by itself meanwhile.
 */
async function rollWithCrash({ name, ...crash }: CrashPoint & { name: string }, order: Order, defect?: Defect) {
  const { target, sides, simulation, run } = await open(defect);
  await using _ = simulation;
  const about = `killed ${name}, --${order}`;
  let outcome = await run({ release: 'new' }, crash);
  if (outcome.kind === 'killed') {
    const next = await run({ [order]: true });
    outcome = next.kind === 'refused' && (await simulation.rollout()) ? await run({ resume: true }) : next;
  }
  const rollout = await simulation.rollout();
  const shipped = rollout?.state.phase === 'promoted';
  if (rollout) expect([about, isFinished(rollout.state), rollout.concluded]).toEqual([about, true, true]);
  if (rollout) expect([about, rollout.state.phase]).toEqual([about, shipped ? 'promoted' : 'rolled-back']);
  if (outcome.kind === 'ended') {
    const { exitCode, verdict } = outcome.result;
    // The endings of what was replaced while no command ran were not seen, and the verdict names that.
    const unseen = exitCode === 3 && verdict.decidedBy.join() === 'rollout.stop';
    expect([about, unseen || exitCode === (shipped ? 0 : 1)]).toEqual([about, true]);
  }
  expect([about, target.violations]).toEqual([about, []]);
  expect([about, target.instances.map(({ release }) => release)]).toEqual([
    about,
    shipped ? ['new', 'new'] : ['old', 'old'],
  ]);
  expect([about, sides.wanted.blue?.paused]).toEqual([about, false]);
}

/**
 * Effects of a command that nothing kills, each once: a death before an effect is one after that before it. Only those that no other
 * strategy has: from the first roll on, and of a defective release since the first effect that a healthy one does not have. Torn
 * lines are those of crash.test.ts.
 */
async function pointsOf(defect: Defect | undefined) {
  const effects = await effectsOf(defect);
  const healthy = defect ? await effectsOf(undefined) : [];
  const first = defect
    ? effects.findIndex(({ name }, index) => name !== healthy[index]?.name)
    : effects.findIndex(({ name }) => name.includes('"do":"roll"'));
  expect(first).toBeGreaterThan(0);
  return crashPointsOf({ effects }).filter(({ phase, index }) => phase === 'after' && index >= first - 1);
}

async function effectsOf(defect: Defect | undefined) {
  const { simulation, run } = await open(defect);
  await using _ = simulation;
  return (await run({ release: 'new' })).process.effects;
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

describe('killed with -9 in a rolling update by the runtime, at any write and at any effect', () => {
  const defects: readonly (readonly [string, Defect | undefined])[] = [
    ['healthy release', undefined],
    ['an instance that cannot start', { kind: 'never-ready', fromShare: 0 }],
    ['errors once all instances are replaced', { kind: 'errors', fromShare: 100 }],
  ];
  const cases = defects.flatMap(([name, defect]) =>
    (['resume', 'abort'] as const).map((order) => [name, order, defect] as const),
  );
  it.each(cases)('%s, then --%s: all users on one release', { timeout: 60_000 }, async (_, order, defect) => {
    const points = await pointsOf(defect);
    expect(points.length).toBeGreaterThan(5);
    await eachOf(points, (point) => rollWithCrash(point, order, defect));
  });
});
