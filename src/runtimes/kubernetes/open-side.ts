import { ToolError, UserError } from '../../core/errors.ts';
import type { Colour } from '../../core/target.ts';
import { findContainer, required } from './containers.ts';
import type { DeploymentState } from './deployment-state.ts';
import { byManager, isPausedByOther, managerOf } from './managers.ts';
import { persist } from './persist.ts';
import { deploymentNamed } from './reader.ts';
import { releaseOf } from './release-of.ts';
import type { SideRun } from './side-run.ts';

/** An API server that restarts is back by then; one that cannot be reached at all is an error soon. */
const firstReadMs = 30_000;

/** The Deployment of a colour before anything is written. Throws ToolError where another has paused it. */
export async function openSide(colour: Colour, run: SideRun): Promise<DeploymentState> {
  const name = deploymentNamed(run.settings, colour);
  const untilMs = Math.min(run.untilMs, run.clock.monotonic() + firstReadMs);
  const state = await persist(() => run.reader.state(name, run.call), { ...run, untilMs, pollMs: run.timing.pollMs });
  if (!isPausedByOther(state.deployment)) return state;
  const who = byManager(managerOf(state.deployment, 'paused'));
  throw new ToolError(
    `Deployment ${name} is paused ${who}: its pods are not replaced. kubectl rollout resume deployment/${name}`,
    {
      command: ['kubectl', 'rollout', 'resume', `deployment/${name}`],
      exitCode: null,
    },
  );
}

/** The release that the template is configured for. */
export function configuredRelease(
  { deployment }: DeploymentState,
  { settings }: Pick<SideRun, 'settings'>,
): string | undefined {
  const { template } = deployment.spec;
  const { container } = required(findContainer(template, settings), deployment.metadata.name);
  return releaseOf({ annotations: template.metadata.annotations, image: container.image }, settings);
}

/** How many pods a Deployment without any gets: as many as the other colour has. Throws UserError where that has none either. */
export async function replicasFor(
  colour: Colour,
  { deployment }: DeploymentState,
  { settings, reader, call }: SideRun,
): Promise<number | undefined> {
  if (deployment.spec.replicas > 0) return undefined;
  const { name } = deployment.metadata;
  const other = settings.deployments[colour === 'blue' ? 'green' : 'blue'];
  const replicas = other === undefined ? 0 : (await reader.deployment(other, call)).spec.replicas;
  if (replicas > 0) return replicas;
  const also = other === undefined ? '' : `, and so is ${other}`;
  throw new UserError(`Deployment ${name} is scaled to 0 replicas${also}: no pod would run the release.`, [
    `kubectl scale deployment/${name} --replicas=2`,
  ]);
}
