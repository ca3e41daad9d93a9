import { z } from 'zod';
import type { DriverCall } from '../../core/drivers.ts';
import type { Shares } from '../../core/rollout/step.ts';
import type { Colour } from '../../core/target.ts';
import type { KubernetesClient } from '../../system/kubernetes.ts';
import { metadataSchema, parseAnswer } from './answers.ts';
import { type Endpoint, isServing } from './endpoints.ts';

export const colours = ['blue', 'green'] as const satisfies readonly Colour[];

export type SideEndpoints = Readonly<Record<Colour, readonly Endpoint[]>>;

/** The colour that would get traffic and has nothing that answers; undefined where none would. */
export const unservedIn = (shares: Shares, endpoints: SideEndpoints): Colour | undefined =>
  colours.find((colour) => shares[colour] > 0 && !isServing(endpoints[colour]));

const serviceSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({
    selector: z.record(z.string(), z.string()).nullish(),
    ports: z.array(z.object({ name: z.string().nullish(), port: z.int() })).nullish(),
  }),
});

export type Service = z.infer<typeof serviceSchema>;

export const servicePath = (namespace: string, name: string): string =>
  `/api/v1/namespaces/${namespace}/services/${name}`;

export async function readService(client: KubernetesClient, name: string, call?: DriverCall): Promise<Service> {
  const answer = await client.request('GET', servicePath(client.namespace, name), undefined, { signal: call?.signal });
  return parseAnswer(serviceSchema, answer, `the Service ${name}`);
}

/** The name that the slices give to a port of a Service; that of its only port where the number is not known. */
export function portNameOf({ spec: { ports } }: Service, number: number | undefined): string | undefined {
  const found = ports?.find(({ port }) => port === number) ?? (ports?.length === 1 ? ports[0] : undefined);
  return found ? (found.name ?? '') : undefined;
}
