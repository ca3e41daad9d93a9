import type { GatewayApiSettings } from '../../../../src/core/drivers.ts';
import type { Shares } from '../../../../src/core/rollout/step.ts';
import { createRouter } from '../../../../src/routers/index.ts';
import { type ApiServerDouble, startApiServer } from './api-server.ts';
import { type GatewayDouble, type GatewaySettings, startGateway } from './gateway-controller.ts';
import type { KubernetesObject } from './objects.ts';
import { type PodDouble, startEndpointController, startPod } from './pods.ts';
import { endpointSlices, httpRoutes, pods as podResource, services } from './resources.ts';

/** Two colours behind an HTTPRoute: two pods of blue with all traffic, one of green. */
export interface Routed extends AsyncDisposable {
  readonly api: ApiServerDouble;
  readonly gateway: GatewayDouble;
  readonly pods: readonly PodDouble[];
  readonly route: () => KubernetesObject;
  readonly edit: (change: (route: KubernetesObject) => KubernetesObject) => void;
  /** Bodies of the patches of the route. */
  readonly patches: () => readonly unknown[];
}

const releases = { blue: 'freetask@1.0.0', green: 'freetask@1.1.0' };

export async function startRouted(
  settings: GatewaySettings & {
    readonly releases?: { readonly blue: string | undefined; readonly green: string | undefined };
    readonly weights?: readonly [blue: number | undefined, green: number | undefined];
  } = {},
): Promise<Routed> {
  const api = await startApiServer([httpRoutes, services, endpointSlices, podResource]);
  const { objects, namespace } = api;
  const named = settings.releases ?? releases;
  startEndpointController(objects, namespace);
  for (const colour of ['blue', 'green'])
    objects.create(services, namespace, {
      metadata: { name: `freetask-${colour}` },
      spec: { selector: { app: 'freetask', colour }, ports: [{ name: 'http', port: 80 }] },
    });
  const pods = await startPods(api, named);
  const gateway = await startGateway(api, pods, settings);
  const [blue, green] = settings.weights ?? [100, 0];
  const weightOf = (weight: number | undefined) => (weight === undefined ? {} : { weight });
  objects.create(httpRoutes, namespace, {
    metadata: { name: 'freetask' },
    spec: {
      parentRefs: [{ name: 'gw' }],
      rules: [
        {
          backendRefs: [
            { name: 'freetask-blue', port: 80, ...weightOf(blue) },
            { name: 'freetask-green', port: 80, ...weightOf(green) },
          ],
        },
      ],
    },
  });
  const route = () => objects.get(httpRoutes, namespace, 'freetask');
  await untilServed(route, () => objects.list(endpointSlices, namespace).length >= pods.length);
  return {
    api,
    gateway,
    pods,
    route,
    edit: (change) => void objects.update(httpRoutes, route(), change(route())),
    patches: () =>
      api.received.flatMap(({ method, path, body }) =>
        method === 'PATCH' && path.includes('httproutes') ? [body] : [],
      ),
    [Symbol.asyncDispose]: async () => {
      for (const pod of pods) pod.stop();
      await gateway[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

/** Two of blue and one of green. */
export async function startPods(
  { objects, namespace }: ApiServerDouble,
  releasesOf: { readonly blue: string | undefined; readonly green: string | undefined },
): Promise<PodDouble[]> {
  const podOf = (name: string, colour: 'blue' | 'green', port?: number) =>
    startPod(objects, namespace, {
      name,
      labels: { app: 'freetask', colour },
      release: releasesOf[colour],
      ...(port === undefined ? {} : { port }),
    });
  const first = await podOf('blue-1', 'blue');
  return [first, await podOf('blue-2', 'blue', first.port), await podOf('green-1', 'green', first.port)];
}

/** The controllers have handled what was created. */
async function untilServed(route: () => KubernetesObject, hasEndpoints: () => boolean): Promise<void> {
  while (route().status === undefined || !hasEndpoints()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export const routerOf = ({ api, gateway }: Routed, changes: Partial<GatewayApiSettings> = {}) =>
  createRouter(
    {
      driver: 'gateway-api',
      cluster: { kubeconfig: api.kubeconfig },
      route: 'freetask',
      rule: 0,
      backends: { blue: 'freetask-blue', green: 'freetask-green' },
      probe: { url: gateway.url, header: 'x-release' },
      timeoutMs: 10_000,
      ...changes,
    },
    { env: {}, cwd: import.meta.dirname },
  );

export const sharesOf = (green: number): Shares => ({ blue: 100 - green, green });

interface Ref {
  name: string;
  weight?: number;
  namespace?: string;
}

interface Rule {
  backendRefs: [Ref, Ref, ...Ref[]];
  filters?: unknown[];
}

export interface RouteSpec {
  parentRefs: { name: string }[];
  rules: [Rule, ...Partial<Rule>[]];
}

export const specOf = ({ spec }: KubernetesObject): RouteSpec => structuredClone(spec) as unknown as RouteSpec;

/** The route with other backends, filters or rules. */
export const withSpec = (change: (spec: RouteSpec) => unknown) => (route: KubernetesObject) => {
  const spec = specOf(route);
  change(spec);
  return { ...route, spec: { ...spec } };
};

export const managedBy = (manager: string) => (route: KubernetesObject) => ({
  ...route,
  metadata: {
    ...route.metadata,
    managedFields: [
      { manager, operation: 'Update', time: '2026-01-01T00:00:00Z', fieldsV1: { 'f:spec': { 'f:rules': {} } } },
    ],
  },
});
