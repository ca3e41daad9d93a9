import type { DriverCall, ServiceSelectorSettings } from '../../core/drivers.ts';
import type { Colour } from '../../core/target.ts';
import type { Endpoint } from './endpoints.ts';
import type { PodReleases, Releases } from './pod-releases.ts';
import type { Selected, SelectedService } from './selected-service.ts';

export interface SelectorParts {
  readonly settings: ServiceSelectorSettings;
  readonly service: SelectedService;
  readonly releases: PodReleases;
}

/** What the ready pods of both colours name, whichever the Service selects now. */
export async function sideReleases(selected: Selected, releases: PodReleases, call?: DriverCall): Promise<Releases> {
  const read = (colour: Colour) => releases.read(endpointsOf(colour, selected), undefined, call?.signal);
  const [blue, green] = await Promise.all([read('blue'), read('green')]);
  return { blue, green };
}

/** A pod that is not selected has no endpoint, and the port of those that are. */
function endpointsOf(colour: Colour, { pods, endpoints }: Selected): Endpoint[] {
  const [any] = endpoints;
  return pods
    .filter((pod) => pod.colour === colour && pod.address !== '')
    .map(
      ({ name, address, ready, terminating }) =>
        endpoints.find((endpoint) => endpoint.name === name) ?? {
          name,
          address,
          ports: any?.ports ?? [],
          ready,
          terminating,
        },
    );
}
