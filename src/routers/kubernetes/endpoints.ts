import { z } from 'zod';
import type { DriverCall } from '../../core/drivers.ts';
import type { PoolMember } from '../../core/pool.ts';
import type { Colour } from '../../core/target.ts';
import type { KubernetesClient } from '../../system/kubernetes.ts';
import { listOf, parseAnswer } from './answers.ts';

/** An address behind a Service. */
export interface Endpoint {
  /** Of the pod; its address where the slice names none. */
  readonly name: string;
  readonly address: string;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly ready: boolean;
  readonly terminating: boolean;
}

const sliceSchema = z.object({
  metadata: z.object({
    name: z.string(),
    ownerReferences: z.array(z.object({ kind: z.string(), name: z.string() })).nullish(),
  }),
  ports: z.array(z.object({ name: z.string().nullish(), port: z.int().nullish() })).nullish(),
  endpoints: z
    .array(
      z.object({
        addresses: z.array(z.string()).min(1),
        conditions: z.object({ ready: z.boolean().nullish(), terminating: z.boolean().nullish() }).nullish(),
        targetRef: z.object({ kind: z.string().nullish(), name: z.string().nullish() }).nullish(),
      }),
    )
    .nullish(),
});
type Slice = z.infer<typeof sliceSchema>;

/** The endpoints of all slices of a Service, each once. Throws ToolError for an answer that cannot be read. */
export async function readEndpoints(client: KubernetesClient, service: string, call?: DriverCall): Promise<Endpoint[]> {
  const label = encodeURIComponent(`kubernetes.io/service-name=${service}`);
  const path = `/apis/discovery.k8s.io/v1/namespaces/${client.namespace}/endpointslices?labelSelector=${label}`;
  const answer = await client.request('GET', path, undefined, { signal: call?.signal });
  const slices = parseAnswer(listOf(sliceSchema), answer, `the EndpointSlices of ${service}`).items;
  return mergeSlices(slices.filter((slice) => belongsTo(slice, service)));
}

/** A label is copied easily; the controller's own slices name their Service as owner. */
const belongsTo = ({ metadata: { ownerReferences } }: Slice, service: string): boolean =>
  (ownerReferences ?? []).every(({ kind, name }) => kind !== 'Service' || name === service);

/** A pod may be in two slices for a moment, and has one for each family of addresses. */
function mergeSlices(slices: readonly Slice[]): Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const slice of slices)
    for (const endpoint of endpointsOf(slice)) {
      const known = found.get(endpoint.name);
      if (!known || (!known.ready && endpoint.ready)) found.set(endpoint.name, endpoint);
    }
  return [...found.values()];
}

const endpointsOf = ({ ports, endpoints }: Slice): Endpoint[] =>
  (endpoints ?? []).map(({ addresses: [address = ''], conditions, targetRef }) => ({
    name: targetRef?.name ?? address,
    address,
    ports: (ports ?? []).flatMap(({ name, port }) => (typeof port === 'number' ? [{ name: name ?? '', port }] : [])),
    // Absent means ready. A pod that terminates counts as ready where its Service publishes addresses that are not.
    ready: (conditions?.ready ?? true) && conditions?.terminating !== true,
    terminating: conditions?.terminating === true,
  }));

export const isServing = (endpoints: readonly Endpoint[]): boolean => endpoints.some(({ ready }) => ready);

/** The weight of a colour is that of its ready endpoints together; of all of them where none is ready. */
export function membersOf(colour: Colour, weight: number, endpoints: readonly Endpoint[]): PoolMember[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  const carriers = ready.length > 0 ? ready : endpoints.filter(({ terminating }) => !terminating);
  return endpoints.map((endpoint) => ({
    name: endpoint.name,
    colour,
    weight: carriers.includes(endpoint) ? weight / carriers.length : 0,
    state: endpoint.terminating ? 'drain' : 'ready',
    up: endpoint.ready,
    inFlight: 0,
  }));
}
