import type { DeployOptions } from '../../../../src/flows/rollout/options.ts';
import type { Colour } from '../../../../src/core/target.ts';
import { openSimulation, quickSettings, type RunOptions } from './command.ts';
import type { Defect } from './defect.ts';
import { simulateSides } from './sides.ts';
import { simulateTarget } from './target.ts';

export const settings = { ...quickSettings, watch: { forMs: 6000 }, routerRetryMs: 5000 };

/** A target whose runtime replaces the instances of each colour by itself; with blue alone it is replaced by a rolling update. */
export async function openSides(colours: readonly Colour[], defect?: Defect) {
  const target = simulateTarget(defect);
  const sides = simulateSides(target, colours);
  target.sides = sides;
  const simulation = await openSimulation(target);
  const run = (options: DeployOptions, how: RunOptions = {}) => simulation.run(options, { settings, ...how });
  return { target, sides, simulation, run };
}

/** What the commands did to the target, in their order. */
export const changes = ({
  process,
}: {
  readonly process: { readonly effects: readonly { readonly name: string }[] };
}) => process.effects.flatMap(({ name }) => (/^(?:sides|router)\./.test(name) ? [name] : []));
