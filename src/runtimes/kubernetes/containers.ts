import type { KubernetesRuntimeSettings } from '../../core/drivers.ts';
import { UserError } from '../../core/errors.ts';
import type { Container, Deployment, Pod, PodTemplate } from './objects.ts';
import { releaseOf } from './release-of.ts';

type ContainerSettings = Pick<KubernetesRuntimeSettings, 'container' | 'port'>;

type Found<T> = { readonly found: T } | { readonly problem: string };

/** The container that runs the release: the named one, or the only one beside init containers. */
export function findContainer(
  { spec: { containers } }: Pick<PodTemplate, 'spec'>,
  { container }: ContainerSettings,
): Found<{ readonly index: number; readonly container: Container }> {
  const names = containers.map(({ name }) => name).join(', ');
  const index = container === undefined ? 0 : containers.findIndex(({ name }) => name === container);
  const found = containers[index];
  if (!found) return { problem: `its pods have no container "${container}"; they have ${names || 'none'}` };
  if (container === undefined && containers.length > 1)
    return { problem: `its pods have ${containers.length} containers, ${names}: runtime.container has to name one` };
  return { found: { index, container: found } };
}

/** The port at which the pods are probed: the configured one, or the only one of the container. */
export function findPort({ name, ports }: Container, { port }: ContainerSettings): Found<number> {
  const known = ports.filter(({ protocol }) => protocol === 'TCP');
  const names = known
    .map(({ name: each, containerPort }) => (each === undefined ? `${containerPort}` : `${each} (${containerPort})`))
    .join(', ');
  // A port that is listened at need not be declared.
  if (typeof port === 'number') return { found: port };
  if (port !== undefined) {
    const named = known.find((each) => each.name === port);
    if (named) return { found: named.containerPort };
    return { problem: `container ${name} has no port "${port}"; it has ${names || 'none'}` };
  }
  const [only, ...others] = known;
  if (only && others.length === 0) return { found: only.containerPort };
  if (!only) return { problem: `container ${name} declares no port: runtime.port has to be its number` };
  return { problem: `container ${name} has ${known.length} ports, ${names}: runtime.port has to name one` };
}

/** Throws UserError with the problem, and what it is about. */
export function required<T>(result: Found<T>, deployment: string): T {
  if ('found' in result) return result.found;
  throw new UserError(`Deployment ${deployment}: ${result.problem}.`, [`kubectl get deployment ${deployment} -o yaml`]);
}

/** The name of the container that runs the release. Throws UserError where the settings do not fit to the template. */
export const containerNamed = (
  { metadata, spec }: Pick<Deployment, 'metadata' | 'spec'>,
  settings: ContainerSettings,
): string => required(findContainer(spec.template, settings), metadata.name).container.name;

/** By the name in the template: a webhook may have put containers of its own before it. */
export const containerOfPod = ({ spec }: Pod, name: string): Container | undefined =>
  spec.containers.find((each) => each.name === name);

export const releaseOfPod = (pod: Pod, container: string, settings: KubernetesRuntimeSettings): string | undefined =>
  releaseOf({ annotations: pod.metadata.annotations, image: containerOfPod(pod, container)?.image ?? '' }, settings);

/** Base address of a pod; an IPv6 address is bracketed. */
export const addressOf = (ip: string, port: number): string => `http://${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
