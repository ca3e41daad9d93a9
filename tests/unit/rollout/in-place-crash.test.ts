import { describe, expect, it } from 'vitest';
import { isFinished } from '../../../src/core/rollout/advance.ts';
import type { DeployOptions } from '../../../src/flows/rollout/options.ts';
import { quickSettings } from './simulation/command.ts';
import { type CrashPoint, crashPointsOf, type SimulatedProcess } from './simulation/crash.ts';
import type { Defect } from './simulation/defect.ts';
import { openInPlace, ship } from './simulation/in-place.ts';
import type { SimulatedPlatform } from './simulation/platform.ts';

async function open(defect: Defect | undefined, platformIs: Partial<SimulatedPlatform>) {
  const opened = await openInPlace(defect, platformIs);
  const run = (options: DeployOptions, crash?: CrashPoint) =>
    opened.run(options, { settings: quickSettings, ...(crash ? { crash } : {}) });
  return { ...opened, run };
}

interface Case {
  readonly order: 'resume' | 'abort';
  readonly is: Partial<SimulatedPlatform>;
  readonly defect?: Defect;
}

/** Ships, dies at the point, and is continued: never two deploys of the release, and all users on one of both. */
async function shipWithCrash({ name, ...crash }: CrashPoint & { name: string }, { order, is, defect }: Case) {
  const { platform, simulation, run } = await open(defect, is);
  await using _ = simulation;
  const about = `killed ${name}, --${order}`;
  let outcome = await run(ship, crash);
  if (outcome.kind === 'killed') {
    const next = await run({ [order]: true });
    outcome = next.kind === 'refused' && (await simulation.rollout()) ? await run({ resume: true }) : next;
  }
  const rollout = await simulation.rollout();
  const shipped = rollout?.state.phase === 'promoted';
  if (rollout) expect([about, isFinished(rollout.state), rollout.concluded]).toEqual([about, true, true]);
  if (outcome.kind === 'ended') expect([about, outcome.result.exitCode]).toEqual([about, shipped ? 0 : 1]);
  platform.settle();
  expect([about, platform.live().release]).toEqual([about, shipped ? 'new' : 'old']);
  const deploys = platform.deployments.filter(({ release }) => release === 'new').length;
  expect([about, deploys <= 1]).toEqual([about, true]);
}

/** From the first effect of a step to that of another one, each once: a death before an effect is one after that before it. */
function pointsBetween(process: SimulatedProcess, from: string, to: string) {
  const indexOf = (text: string) => process.effects.findIndex(({ name }) => name.includes(text));
  const [first, last] = [indexOf(from), indexOf(to)];
  expect(first).toBeGreaterThanOrEqual(0);
  return crashPointsOf(process).filter(({ phase, index }) => phase === 'after' && index >= first && index <= last);
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

/** The rest of a rollout is that of every strategy, which crash.test.ts kills at each of its points. */
describe('killed with -9 around what only a platform does', () => {
  const replace = ['"do":"replace"', '"do":"smoke"'] as const;
  const back = ['"rollback":true', '"do":"confirm"'] as const;
  const errors = { kind: 'errors', fromShare: 100 } as const;
  const late = { reportsReleases: false, listedAfterMs: 700 };
  it.each<[string, readonly [string, string], Case]>([
    ['the deploy', replace, { order: 'resume', is: {} }],
    ['the deploy', replace, { order: 'abort', is: {} }],
    [
      'the deploy, listed late and without its release',
      replace,
      { order: 'resume', is: { ...late, pointsBack: true } },
    ],
    ['the deploy, listed late and without its release', replace, { order: 'abort', is: late }],
    ['the rollback', back, { order: 'resume', is: {}, defect: errors }],
    ['the rollback that points back', back, { order: 'resume', is: { pointsBack: true }, defect: errors }],
  ])(
    '%s: never two deploys, and all users on one release (%#)',
    { timeout: 60_000 },
    async (_name, [from, to], which) => {
      const { simulation, run } = await open(which.defect, which.is);
      await using _ = simulation;
      const points = pointsBetween((await run(ship)).process, from, to);
      expect(points.length).toBeGreaterThan(3);
      await eachOf(points, (point) => shipWithCrash(point, which));
    },
  );
});
