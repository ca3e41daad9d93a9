import type { DriverCall, ServiceSelectorSettings } from '../../core/drivers.ts';
import { ConflictError } from '../../core/errors.ts';
import { formatMs } from '../../core/slo.ts';
import type { Colour } from '../../core/target.ts';
import { systemClock } from '../../system/clock.ts';
import { type KubernetesClient, KubernetesError, openKubernetes } from '../../system/kubernetes.ts';
import { ownersOf } from './answers.ts';
import { type Endpoint, readEndpoints } from './endpoints.ts';
import { readSidePods, selectedColour, type Selector, selectorError, type SidePod } from './selected-pods.ts';
import { readService, type Service, servicePath } from './serving-sides.ts';

export interface Selected {
  readonly service: Service;
  readonly colour: Colour;
  readonly pods: readonly SidePod[];
  readonly endpoints: readonly Endpoint[];
}

/** A Service whose selector names the colour that has all traffic. */
export interface SelectedService {
  readonly connect: () => Promise<KubernetesClient>;
  readonly read: (call?: DriverCall) => Promise<Selected>;
  /** Writes the label where the Service still has the one that was read. */
  readonly select: (colour: Colour, from: Selected, call?: DriverCall) => Promise<void>;
  /** Waits until the EndpointSlices have ready pods of the colour, and no other; throws ToolError once the time is over. */
  readonly settled: (colour: Colour, limitMs: number, call?: DriverCall) => Promise<Selected>;
  /** Throws ToolError where another colour is selected. */
  readonly requireColour: (colour: Colour, call?: DriverCall) => Promise<void>;
}

const pollMs = 25;

export function openSelectedService(settings: ServiceSelectorSettings, selector: Selector): SelectedService {
  const { connect } = openKubernetes(settings.cluster);
  const { service: name } = settings;
  const fail = (message: string) => selectorError(settings, message);

  const read: SelectedService['read'] = async (call) => {
    const client = await connect();
    const [service, endpoints] = await Promise.all([
      readService(client, name, call),
      readEndpoints(client, name, call),
    ]);
    const colour = selectedColour(service, selector, settings);
    return { service, colour, endpoints, pods: await readSidePods(client, service, selector, call) };
  };
  const demand = (service: Service, colour: Colour) => {
    if (selectedColour(service, selector, settings) === colour) return;
    throw fail(`Service ${name} was set to ${colour}, and selects another colour now: changed by ${ownerOf(service)}.`);
  };
  return {
    connect,
    read,
    requireColour: async (colour, call) => demand(await readService(await connect(), name, call), colour),
    select: async (colour, from, call) => {
      const client = await connect();
      const path = `/spec/selector/${selector.label.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const jsonPatch = [
        { op: 'test', path, value: selector[from.colour] } as const,
        { op: 'replace', path, value: selector[colour] } as const,
      ];
      try {
        await client.request('PATCH', servicePath(client.namespace, name), { jsonPatch }, { signal: call?.signal });
      } catch (error) {
        if (!(error instanceof KubernetesError && error.status === 422)) throw error;
        const now = await readService(client, name, call);
        if (now.spec.selector?.[selector.label] === selector[from.colour]) throw error;
        throw new ConflictError(
          `Service ${name} was changed from outside while its selector was to be set: ${selector.label} is ${now.spec.selector?.[selector.label] ?? 'missing'} now, changed by ${ownerOf(now)}. Nothing was set.`,
          { command: error.command, exitCode: null },
          { cause: error },
        );
      }
    },
    settled: async (colour, limitMs, call) => {
      const began = systemClock.monotonic();
      for (;;) {
        const now = await read(call);
        demand(now.service, colour);
        const problem = endpointProblem(colour, now);
        if (problem === undefined) return now;
        if (systemClock.monotonic() - began + pollMs > limitMs || call?.signal?.aborted)
          throw fail(`Service ${name} selects ${colour}, and after ${formatMs(limitMs)} ${problem}.`);
        await systemClock.sleep(pollMs, call?.signal);
      }
    },
  };
}

/** Why the EndpointSlices do not have the colour's pods alone. */
function endpointProblem(colour: Colour, { pods, endpoints }: Selected): string | undefined {
  const own = pods.filter((pod) => pod.colour === colour).map(({ name }) => name);
  const foreign = endpoints.find(({ name }) => !own.includes(name));
  if (foreign) return `its EndpointSlices still have ${foreign.name}, which is not of ${colour}`;
  if (!endpoints.some(({ ready }) => ready)) return 'its EndpointSlices have no ready endpoint';
  return undefined;
}

function ownerOf({ metadata }: Service): string {
  const [owner] = ownersOf(metadata, ['f:spec', 'f:selector']);
  return owner ? `${owner.manager}${owner.time === '' ? '' : ` at ${owner.time}`}` : 'an unknown field manager';
}
