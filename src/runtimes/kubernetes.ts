import type { DriverCall, KubernetesRuntimeSettings } from '../core/drivers.ts';
import { UserError } from '../core/errors.ts';
import type { Colour } from '../core/target.ts';
import { type Clock, systemClock } from '../system/clock.ts';
import { KubernetesError } from '../system/kubernetes.ts';
import { deploymentProblems } from './kubernetes/check.ts';
import type { DeploymentState } from './kubernetes/deployment-state.ts';
import { describeLastEnding } from './kubernetes/last-ending.ts';
import { placesOf } from './kubernetes/places.ts';
import { createReader, deploymentNamed } from './kubernetes/reader.ts';
import { replaceFirstOfSide, replaceSide } from './kubernetes/replace.ts';
import { keptReleases, restoreSide } from './kubernetes/restore.ts';
import { type SideRun, type Timing, usualTiming } from './kubernetes/side-run.ts';
import { sizesOf } from './kubernetes/sizes.ts';
import type { Runtime, SideReplaced, SideRuntime } from './runtime.ts';

const defaultTimeoutMs = 10 * 60_000;
const notFound = 404;

/**
 * One Deployment is one colour, and each of its pods is a place. Kubernetes starts and ends the pods; the release is the image and
 * an annotation of the template. Pods are found by ownerReferences, which another Deployment with the same labels does not have.
 */
export function createKubernetesRuntime(
  settings: KubernetesRuntimeSettings,
  timing: Timing = usualTiming,
  clock: Clock = systemClock,
): Runtime {
  const reader = createReader(settings);
  const colours = (['blue', 'green'] as const).filter((colour) => settings.deployments[colour] !== undefined);
  const openRun = (call: DriverCall | undefined): SideRun => {
    const limitMs = settings.timeoutMs ?? defaultTimeoutMs;
    return { settings, reader, clock, timing, call, limitMs, untilMs: clock.monotonic() + limitMs };
  };
  const stateOf = (colour: Colour, call?: DriverCall) => reader.state(deploymentNamed(settings, colour), call);
  const statesOf = (call?: DriverCall) =>
    Promise.all(colours.map(async (colour) => ({ colour, state: await stateOf(colour, call) })));

  return {
    name: 'kubernetes',
    read: async (call) => (await statesOf(call)).flatMap(({ colour, state }) => placesOf(state, colour, settings)),
    start: async (pod) => rejectSingle(pod),
    stop: async (pod) => rejectSingle(pod),
    lastEnding: (pod, call) => describeLastEnding(pod, settings.container, reader, call),
    sides: {
      colours,
      sizes: async (colour, call) => sizesOf(await stateOf(colour, call), { settings }),
      restorable: async (colour, call) => {
        const kept = keptReleases(await stateOf(colour, call), { settings });
        return [...new Set(kept.map(({ release }) => release))];
      },
      check: async (strategy, call) => {
        const found = colours.map((colour) =>
          checkDeployment(() => stateOf(colour, call), { colour, strategy, settings }),
        );
        return (await Promise.all(found)).flat();
      },
      ...replacing(openRun),
    },
  };
}

async function checkDeployment(
  read: () => Promise<DeploymentState>,
  {
    colour,
    strategy,
    settings,
  }: { colour: Colour; strategy: 'blue-green' | 'rolling'; settings: KubernetesRuntimeSettings },
): Promise<readonly string[]> {
  try {
    return deploymentProblems(await read(), strategy, settings);
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.status !== notFound) throw error;
    return [`Deployment ${deploymentNamed(settings, colour)} does not exist: ${error.message}`];
  }
}

type Replacing = Pick<SideRuntime, 'replace' | 'replaceFirst' | 'restore'>;

function replacing(openRun: (call: DriverCall | undefined) => SideRun): Replacing {
  const withRun =
    (operation: (colour: Colour, release: string, run: SideRun) => Promise<SideReplaced>) =>
    (colour: Colour, release: string, call?: DriverCall) =>
      operation(colour, release, openRun(call));
  return {
    replace: withRun(replaceSide),
    replaceFirst: withRun(replaceFirstOfSide),
    restore: withRun(restoreSide),
  };
}

function rejectSingle(pod: string): never {
  throw new UserError(`The pod ${pod} is started and ended by its Deployment, and not by itself.`, [
    'npm run deploy -- --release …   replaces all pods of a colour',
  ]);
}
