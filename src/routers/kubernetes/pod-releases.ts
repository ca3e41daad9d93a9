import type { ShareProbeSettings } from '../../core/drivers.ts';
import type { Colour } from '../../core/target.ts';
import { askAfresh } from '../../system/fresh-request.ts';
import type { Endpoint } from './endpoints.ts';

const timeoutMs = 2000;

/** What the ready pods of a side name as their release. */
export interface SideReleases {
  readonly names: ReadonlySet<string>;
  /** Pods that named none, and why. */
  readonly silent: readonly string[];
  /** Ready pods. */
  readonly pods: number;
}

export type Releases = Readonly<Record<Colour, SideReleases>>;

export interface PodReleases {
  readonly read: (
    endpoints: readonly Endpoint[],
    portName: string | undefined,
    signal: AbortSignal | undefined,
  ) => Promise<SideReleases>;
}

/**
 * Asks each ready pod at its own address, once in its life: a pod that no longer answers is still known by the release that
 * it has named before.
 */
export function createPodReleases({ url, header }: ShareProbeSettings): PodReleases {
  const known = new Map<string, string>();
  const { pathname, search } = new URL(url);
  const ask = async (endpoint: Endpoint, portName: string | undefined, signal: AbortSignal | undefined) => {
    const key = `${endpoint.name} ${endpoint.address}`;
    const earlier = known.get(key);
    if (earlier !== undefined) return { release: earlier };
    const port = portOf(endpoint, portName);
    if (port === undefined) return { silent: `${endpoint.name}: its EndpointSlice names no port` };
    const host = endpoint.address.includes(':') ? `[${endpoint.address}]` : endpoint.address;
    const address = `http://${host}:${port}${pathname}${search}`;
    const answer = await askAfresh({ url: address, timeoutMs, signal });
    if (!answer.ok) return { silent: `${endpoint.name} (${address}): ${answer.error}` };
    const release = answer.header(header);
    if (!release)
      return { silent: `${endpoint.name} (${address}): answered ${answer.status} without the header ${header}` };
    known.set(key, release);
    return { release };
  };
  return {
    read: async (endpoints, portName, signal) => {
      const ready = endpoints.filter((endpoint) => endpoint.ready);
      const answers = await Promise.all(ready.map((endpoint) => ask(endpoint, portName, signal)));
      return {
        names: new Set(answers.flatMap(({ release }) => release ?? [])),
        silent: answers.flatMap(({ silent }) => silent ?? []),
        pods: ready.length,
      };
    },
  };
}

/** The named port; the only one, and the first one called http, where there is none of that name. */
function portOf({ ports }: Endpoint, wanted: string | undefined): number | undefined {
  const named = (name: string) => ports.find((each) => each.name === name)?.port;
  return (wanted === undefined ? undefined : named(wanted)) ?? named('http') ?? ports[0]?.port;
}

/** Why the releases do not distinguish the sides; undefined where they do. */
export function indistinct({ blue, green }: Releases): { readonly same: boolean; readonly text: string } | undefined {
  const both = [...blue.names].find((name) => green.names.has(name));
  const own = (['blue', 'green'] as const).flatMap((colour) =>
    [...{ blue, green }[colour].names].filter((name) => name !== both).map((name) => `${colour} ${name}`),
  );
  // Users of one side may then have what was meant for the other one, which is not a case of indistinguishable sides.
  if (both !== undefined && own.length > 0)
    return {
      same: false,
      text: `pods of both sides run ${both}, and ${own.join(' and ')} as well, so their answers cannot be distinguished`,
    };
  if (both !== undefined)
    return { same: true, text: `both sides run ${both}, so their answers cannot be distinguished` };
  for (const [colour, side] of [['blue', blue] as const, ['green', green] as const])
    if (side.pods > 0 && side.names.size === 0)
      return { same: false, text: `no pod of ${colour} named its release: ${side.silent.slice(0, 3).join('; ')}` };
  return undefined;
}
