import type { KubernetesRuntimeSettings } from '../../core/drivers.ts';
import type { Colour } from '../../core/target.ts';
import type { Place, RunningImage } from '../runtime.ts';
import {
  addressOf,
  containerNamed,
  containerOfPod,
  findContainer,
  findPort,
  releaseOfPod,
  required,
} from './containers.ts';
import { type DeploymentState, isTerminating, presentPods } from './deployment-state.ts';
import type { Pod } from './objects.ts';

/** Copied to the pod by clusters that do so (PodTopologyLabelsAdmission); a node may be read only with rights on the whole cluster. */
const zoneLabel = 'topology.kubernetes.io/zone';

/** One place for each pod that the Deployment owns; those that have ended for good were replaced, and are none. */
export function placesOf(state: DeploymentState, colour: Colour, settings: KubernetesRuntimeSettings): Place[] {
  const { deployment, pods } = state;
  const { name } = deployment.metadata;
  const { container } = required(findContainer(deployment.spec.template, settings), name);
  const port = required(findPort(container, settings), name);
  return presentPods(pods).map((pod) =>
    placeOf(pod, { colour, container: containerNamed(deployment, settings), port }, settings),
  );
}

function placeOf(
  pod: Pod,
  { colour, container, port }: { readonly colour: Colour; readonly container: string; readonly port: number },
  settings: KubernetesRuntimeSettings,
): Place {
  const { metadata, status } = pod;
  const own = status.containerStatuses.find(({ name }) => name === container);
  const ip = status.podIP;
  const running = own?.state.running !== undefined && ip !== undefined;
  const release = releaseOfPod(pod, container, settings);
  const zone = metadata.labels[zoneLabel];
  const image = running ? imageOf(own.imageID, containerOfPod(pod, container)?.image) : undefined;
  return {
    name: metadata.name,
    colour,
    ...(zone === undefined ? {} : { zone }),
    surge: false,
    address: ip === undefined ? '' : addressOf(ip, port),
    running,
    ...(isTerminating(pod) ? { terminating: true } : {}),
    // A pod that has crashed is still one of its release, which is then not ready.
    ...(release === undefined ? {} : { release }),
    ...(image ? { image } : {}),
  };
}

/** `registry/freetask@sha256:…`, or `sha256:…` of an image that came from no registry. */
function imageOf(imageId: string, name: string | undefined): RunningImage | undefined {
  const id = /sha256:[0-9a-f]+$/.exec(imageId)?.[0];
  if (id === undefined) return undefined;
  const digest = imageId.replace(/^[\w-]+:\/\//, '');
  return {
    id,
    ...(name === undefined ? {} : { name }),
    ...(digest.includes('@') ? { digests: [digest] } : {}),
  };
}
