import { z } from 'zod';
import { durationSchema } from './duration.ts';

/** The key `cluster` of a target file: how the API server of a Kubernetes cluster is reached; src/core/cluster.ts explains it. */
export const kubernetesName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'a name as Kubernetes has them: lower case letters, digits, dots, dashes');

export const clusterSchema = z
  .strictObject({
    kubeconfig: z.string().min(1).exactOptional(),
    context: z.string().min(1).exactOptional(),
    namespace: kubernetesName.exactOptional(),
    timeout: durationSchema.exactOptional(),
  })
  .transform(({ timeout, ...rest }) => ({ ...rest, ...(timeout === undefined ? {} : { timeoutMs: timeout }) }));

interface ClusteredTarget {
  readonly cluster?: object | undefined;
  readonly router?: { readonly driver: string } | undefined;
  readonly runtime?:
    | {
        readonly driver: string;
        readonly deployments?: { readonly green?: string };
        readonly image?: string;
        readonly annotation?: string;
      }
    | undefined;
  readonly store: { readonly driver: string };
  readonly load: { readonly engine?: { readonly driver: string } | undefined };
}

const clustered = ['gateway-api', 'service-selector', 'kubernetes', 'k6-operator'];

/** What a target in Kubernetes cannot have, or has to. */
export function missingCluster({
  cluster,
  router,
  runtime,
  store,
  load,
}: ClusteredTarget): { path: string[]; message: string }[] {
  const used = Object.entries({ router, runtime, store, 'load.engine': load.engine }).filter(([, each]) =>
    clustered.includes(each?.driver ?? ''),
  );
  const [first] = used;
  const found: [isWrong: boolean, path: string[], message: string][] = [
    [
      cluster === undefined && first !== undefined,
      ['cluster'],
      `is missing, and ${first?.[0]} is in Kubernetes; write cluster: {} for the service account of the pod or the current kubeconfig`,
    ],
    [
      runtime?.driver === 'kubernetes' && runtime.image === undefined && runtime.annotation === undefined,
      ['runtime'],
      'names neither `image` nor `annotation`, so a release could not be set',
    ],
    [
      router?.driver === 'gateway-api' && runtime?.driver === 'kubernetes' && runtime.deployments?.green === undefined,
      ['runtime', 'deployments', 'green'],
      'is missing: gateway-api shares the traffic of two Deployments; for one Deployment the router is service-selector',
    ],
  ];
  return found.flatMap(([isWrong, path, message]) => (isWrong ? [{ path, message }] : []));
}
