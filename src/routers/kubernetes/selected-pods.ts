import { z } from 'zod';
import type { DriverCall, ServiceSelectorSettings } from '../../core/drivers.ts';
import { ToolError } from '../../core/errors.ts';
import type { PoolMember } from '../../core/pool.ts';
import type { Colour } from '../../core/target.ts';
import type { KubernetesClient } from '../../system/kubernetes.ts';
import { listOf, parseAnswer } from './answers.ts';
import type { Endpoint } from './endpoints.ts';
import { colours, type Service } from './serving-sides.ts';

export type Selector = NonNullable<ServiceSelectorSettings['selector']>;

/** A pod of either colour, whether the Service selects it now or not. */
export interface SidePod {
  readonly name: string;
  readonly colour: Colour;
  /** Empty where it has none yet. */
  readonly address: string;
  readonly ready: boolean;
  readonly terminating: boolean;
}

const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).nullish(),
    deletionTimestamp: z.string().nullish(),
  }),
  status: z
    .object({
      phase: z.string().nullish(),
      podIP: z.string().nullish(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
    })
    .nullish(),
});

export const selectorError = ({ service }: ServiceSelectorSettings, message: string): ToolError =>
  new ToolError(message, { command: ['service-selector', `Service ${service}`], exitCode: null });

/** The colour that a Service selects. Throws ToolError where it selects by another label or another value. */
export function selectedColour(service: Service, selector: Selector, settings: ServiceSelectorSettings): Colour {
  const labels = service.spec.selector ?? {};
  const value = labels[selector.label];
  const colour = colours.find((each) => selector[each] === value);
  if (colour && selector.blue !== selector.green) return colour;
  const has = Object.entries(labels).map(([key, each]) => `${key}=${each}`);
  throw selectorError(
    settings,
    `Service ${settings.service} selects ${has.join(', ') || 'no pods'}, and not ${selector.label}=${selector.blue} or ${selector.label}=${selector.green} (router.selector).`,
  );
}

/** The pods of both colours: what the Service would select without the label of the colour. */
export async function readSidePods(
  client: KubernetesClient,
  service: Service,
  selector: Selector,
  call?: DriverCall,
): Promise<SidePod[]> {
  const others = Object.entries(service.spec.selector ?? {}).filter(([label]) => label !== selector.label);
  const query = others.map(([label, value]) => `${label}=${value}`).join(',');
  const path = `/api/v1/namespaces/${client.namespace}/pods?labelSelector=${encodeURIComponent(query)}`;
  const answer = await client.request('GET', path, undefined, { signal: call?.signal });
  const pods = parseAnswer(listOf(podSchema), answer, `the pods of Service ${service.metadata.name}`).items;
  return pods.flatMap(({ metadata, status }): SidePod[] => {
    const colour = colours.find((each) => selector[each] === metadata.labels?.[selector.label]);
    const isOver = status?.phase === 'Succeeded' || status?.phase === 'Failed';
    if (!colour || isOver) return [];
    const terminating = typeof metadata.deletionTimestamp === 'string';
    const isReady = (status?.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'True');
    return [{ name: metadata.name, colour, address: status?.podIP ?? '', ready: isReady && !terminating, terminating }];
  });
}

/** Users are shared by the ready endpoints of the Service alone. */
export function selectedMembers(pods: readonly SidePod[], endpoints: readonly Endpoint[]): PoolMember[] {
  const serving = endpoints.filter(({ ready }) => ready).map(({ name }) => name);
  return pods.map(({ name, colour, ready, terminating }) => ({
    name,
    colour,
    weight: serving.includes(name) ? 100 / serving.length : 0,
    state: terminating ? 'drain' : 'ready',
    up: ready,
    inFlight: 0,
  }));
}
