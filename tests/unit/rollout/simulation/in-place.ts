import type { DeployOptions } from '../../../../src/flows/rollout/options.ts';
import { openSimulation, quickSettings, type RunOptions, type Simulation } from './command.ts';
import type { Defect } from './defect.ts';
import { simulatePlatform, type SimulatedPlatform } from './platform.ts';
import { simulateTarget } from './target.ts';

export const ship: DeployOptions = { release: 'new' };
export const settings = { ...quickSettings, watch: { forMs: 6000 }, routerRetryMs: 5000 };

/** A target that a platform replaces, where the old release is live. */
export async function openInPlace(defect?: Defect, platformIs: Partial<SimulatedPlatform> = {}) {
  const target = simulateTarget(defect);
  const platform = simulatePlatform(target);
  Object.assign(platform, platformIs);
  target.platform = platform;
  const simulation = await openSimulation(target);
  const run = (options: DeployOptions, how: RunOptions = {}) => simulation.run(options, { settings, ...how });
  return { target, platform, simulation, run };
}

/** What the commands did to the platform, in their order. */
export const calls = ({ process }: Awaited<ReturnType<Simulation['run']>>) =>
  process.effects.flatMap(({ name }) => (name.startsWith('platform.') ? [name.slice(9)] : []));
export const states = ({ deployments }: SimulatedPlatform) =>
  deployments.toReversed().map(({ release, state }) => `${release} ${state}`);
