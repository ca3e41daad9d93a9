import type { DriverCall } from '../../core/drivers.ts';
import type { Gateway } from './gateway.ts';
import type { PodReleases, Releases } from './pod-releases.ts';
import type { Split } from './route.ts';
import { portNameOf, readService, type SideEndpoints } from './serving-sides.ts';

export interface GatewayParts {
  readonly gateway: Gateway;
  readonly releases: PodReleases;
}

/** What the ready pods of both sides name, asked at the port that the route sends to. */
export async function readReleases(
  { gateway, releases }: GatewayParts,
  { split, sides }: { readonly split: Split; readonly sides: SideEndpoints },
  call?: DriverCall,
): Promise<Releases> {
  const { settings } = gateway;
  const client = await gateway.connect();
  const read = async (colour: 'blue' | 'green') => {
    // Only where there are several ports has the Service to be asked which one the route means.
    const isClear = sides[colour].every(({ ports }) => ports.length <= 1);
    const service = isClear ? undefined : await readService(client, settings.backends[colour], call);
    const port = service && portNameOf(service, split[colour].ref.port ?? undefined);
    return releases.read(sides[colour], port, call?.signal);
  };
  const [blue, green] = await Promise.all([read('blue'), read('green')]);
  return { blue, green };
}
