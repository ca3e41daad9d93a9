import type { AddressInfo } from 'node:net';
import type { ApiServerDouble } from './api-server.ts';
import type { KubernetesObject, ObjectStore } from './objects.ts';
import { listen, type PodDouble } from './pods.ts';
import { endpointSlices, httpRoutes, services } from './resources.ts';

interface Ref {
  readonly name: string;
  readonly weight?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * A Gateway API controller with its data plane, as Traefik behaves: the status follows a change at once, the data plane
 * after a moment, and after the throttle where two changes come close together.
 */
export interface GatewayDouble extends AsyncDisposable {
  readonly url: string;
  /** Requests by the pod that answered, or the status that no pod gave. */
  readonly served: ReadonlyMap<string, number>;
  /** In the place of the data plane; undefined lets a request pass. */
  answerBy: ((count: number, fromPod: () => Answer) => Answer | undefined) | undefined;
  /** Ended: neither status nor data plane follow any more. */
  dead: boolean;
}

export interface GatewaySettings {
  readonly throttleMs?: number;
  /** Between a change and its effect: 79 to 214 ms were measured. */
  readonly applyMs?: number;
  readonly statusMs?: number;
}

const controllerName = 'traefik.io/gateway-controller';

export async function startGateway(
  { objects, namespace }: ApiServerDouble,
  pods: readonly PodDouble[],
  { throttleMs = 0, applyMs = 40, statusMs = 20 }: GatewaySettings = {},
): Promise<GatewayDouble> {
  let refs: readonly Ref[] = [];
  let lastApplied = Number.NEGATIVE_INFINITY;
  let count = 0;
  const served = new Map<string, number>();
  const credits = new Map<string, number>();

  const serve = (): Answer => {
    const ref = nextByWeight(refs, credits);
    const answer = ref ? answerOf(ref.name, { objects, namespace, pods, turn: count }) : noPod(503);
    served.set(answer.by, (served.get(answer.by) ?? 0) + 1);
    return answer;
  };
  const server = await listen((_, response) => {
    count += 1;
    const { status, headers } = double.answerBy?.(count, serve) ?? serve();
    response.writeHead(status, headers).end();
  });
  const double: GatewayDouble = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/healthz`,
    served,
    answerBy: undefined,
    dead: false,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
  objects.listen((resource, route, change) => {
    if (resource.plural !== 'httproutes' || change === 'removed' || double.dead) return;
    const observed = (route.status?.['parents'] as readonly { observed?: number }[] | undefined)?.[0]?.observed;
    if (observed === route.metadata.generation) return;
    setTimeout(() => report(objects, namespace, route), statusMs);
    if (route.metadata.generation === 1) {
      refs = refsOf(route);
      return;
    }
    const dueMs = Math.max(applyMs, lastApplied + throttleMs - performance.now());
    lastApplied = performance.now() + dueMs;
    setTimeout(() => (refs = refsOf(objects.find(httpRoutes, namespace, route.metadata.name) ?? route)), dueMs);
  });
  return double;
}

const noPod = (status: number) => ({ status, headers: {}, by: String(status) });

export interface Cluster {
  readonly objects: ObjectStore;
  readonly namespace: string;
  readonly pods: readonly PodDouble[];
  /** Its requests go round the pods of a Service. */
  readonly turn: number;
}

/** The next pod of a Service by its EndpointSlices. */
export function answerOf(
  service: string,
  { objects, namespace, pods, turn }: Cluster,
): Answer & { readonly by: string } {
  if (!objects.find(services, namespace, service)) return noPod(500);
  const ready = objects
    .list(endpointSlices, namespace)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === service)
    .flatMap(({ endpoints }) => endpoints as readonly { conditions?: { ready?: boolean }; targetRef: Ref }[])
    .filter(({ conditions }) => conditions?.ready ?? true);
  const name = ready[turn % ready.length]?.targetRef.name;
  const pod = pods.find((each) => each.name === name);
  return pod ? { ...pod.answer(), by: pod.name } : noPod(503);
}

/** Smooth weighted round robin; undefined where all weights are 0. */
function nextByWeight(refs: readonly Ref[], credits: Map<string, number>): Ref | undefined {
  const weighted = refs.map((ref) => ({ ref, weight: ref.weight ?? 1 })).filter(({ weight }) => weight > 0);
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  for (const { ref, weight } of weighted) credits.set(ref.name, (credits.get(ref.name) ?? 0) + weight);
  const [best] = weighted.toSorted((a, b) => (credits.get(b.ref.name) ?? 0) - (credits.get(a.ref.name) ?? 0));
  if (best) credits.set(best.ref.name, (credits.get(best.ref.name) ?? 0) - total);
  return best?.ref;
}

const refsOf = (route: KubernetesObject): readonly Ref[] =>
  (route.spec as { rules: readonly { backendRefs: readonly Ref[] }[] } | undefined)?.rules[0]?.backendRefs ?? [];

function report(objects: ObjectStore, namespace: string, { metadata: { name } }: KubernetesObject): void {
  const route = objects.find(httpRoutes, namespace, name);
  if (!route) return;
  const { generation } = route.metadata;
  const missing = refsOf(route).find((ref) => !objects.find(services, namespace, ref.name));
  const conditions = [
    { type: 'Accepted', status: 'True', reason: 'Accepted', observedGeneration: generation },
    missing
      ? { type: 'ResolvedRefs', status: 'False', reason: 'BackendNotFound', observedGeneration: generation }
      : { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', observedGeneration: generation },
  ];
  const own = { parentRef: { name: 'gw' }, controllerName, conditions, observed: generation };
  const others = ((route.status?.['parents'] ?? []) as readonly { controllerName: string }[]).filter(
    (each) => each.controllerName !== controllerName,
  );
  objects.setStatus(httpRoutes, namespace, name, { parents: [own, ...others] });
}
