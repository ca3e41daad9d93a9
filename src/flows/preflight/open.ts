import type { Deployment } from '../../config/target-file.ts';
import type { Target } from '../../core/target.ts';
import type { RunnerContext } from '../../runners/runner.ts';
import { createDrivers, type Drivers } from '../drivers.ts';
import type { Flow } from '../flow.ts';
import { releaseOn, releaseToShip } from '../rollout/plan-rollout.ts';
import { liveColour } from '../select-target.ts';
import { openTargetStore } from '../target-store.ts';
import type { PreflightContext } from './context.ts';
import { requireBuildFolders } from './gate-folders.ts';

/** What a preflight of its own needs beside the target. Throws UserError where the release to ship is not known. */
export async function openPreflight(
  { file, deployment }: { readonly file: string; readonly deployment: Deployment },
  target: Target,
  options: Readonly<Partial<Record<'release' | 'hotfix', string | undefined>>>,
  runner: RunnerContext,
  flow: Flow,
): Promise<PreflightContext & AsyncDisposable> {
  const drivers = deployment.router || deployment.platform ? createDrivers(file, deployment, flow) : undefined;
  const previous = drivers && (await liveRelease(drivers));
  const release = releaseToShip(options.release, previous, deployment.releases);
  await requireBuildFolders(file, deployment);
  const store = openTargetStore({ file, deployment }, flow);
  return {
    file,
    deployment,
    target,
    release,
    ...(previous === undefined ? {} : { previousRelease: previous }),
    ...(drivers ? { drivers } : {}),
    ...(options.hotfix === undefined ? {} : { hotfix: options.hotfix }),
    store,
    clock: flow.clock,
    runner,
    variables: flow.environment.variables,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

/** The release with all traffic; undefined where nothing reports it. Throws UserError while traffic is split. */
async function liveRelease({ router, runtime, platform }: Drivers): Promise<string | undefined> {
  if (platform) return undefined;
  return releaseOn(liveColour((await router.read()).shares), await runtime.read());
}
