import { type KubernetesObject, Refusal, type Resource } from './objects.ts';

/** The resources that the drivers use, each with what the API server refuses to store. */
const core = (plural: string, kind: string): Resource => ({ group: '', version: 'v1', plural, kind });

export const pods = core('pods', 'Pod');
export const services = core('services', 'Service');
export const configMaps: Resource = { ...core('configmaps', 'ConfigMap'), validate: limitSize };
export const deployments: Resource = { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment' };
export const replicaSets: Resource = { group: 'apps', version: 'v1', plural: 'replicasets', kind: 'ReplicaSet' };
export const jobs: Resource = { group: 'batch', version: 'v1', plural: 'jobs', kind: 'Job' };
export const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease' };
export const endpointSlices: Resource = {
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
};
export const httpRoutes: Resource = {
  group: 'gateway.networking.k8s.io',
  version: 'v1',
  plural: 'httproutes',
  kind: 'HTTPRoute',
  validate: checkWeights,
};

/** 1 MiB in all keys and values. */
function limitSize({ data, binaryData, metadata: { name } }: KubernetesObject): void {
  const size = JSON.stringify(data ?? {}).length + JSON.stringify(binaryData ?? {}).length * 0.75;
  if (size > 1024 * 1024)
    throw new Refusal(
      422,
      'Invalid',
      `ConfigMap "${name}" is invalid: []: Too long: may not be more than 1048576 bytes`,
    );
}

function checkWeights({ spec, metadata: { name } }: KubernetesObject): void {
  const { rules = [] } = (spec ?? {}) as {
    readonly rules?: readonly { backendRefs?: readonly { weight?: unknown }[] }[];
  };
  for (const { weight } of rules.flatMap(({ backendRefs = [] }) => backendRefs)) {
    const isRight =
      weight === undefined || (Number.isInteger(weight) && Number(weight) >= 0 && Number(weight) <= 1_000_000);
    if (!isRight)
      throw new Refusal(
        422,
        'Invalid',
        `HTTPRoute.gateway.networking.k8s.io "${name}" is invalid: spec.rules[0].backendRefs[0].weight: Invalid value: ${JSON.stringify(weight)}`,
      );
  }
}
