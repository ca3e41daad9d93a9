import type { DriverCall, HaproxySettings } from '../core/drivers.ts';
import { type Pool, type PoolMember, servedByColour } from '../core/pool.ts';
import type { Shares } from '../core/rollout/step.ts';
import type { Colour } from '../core/target.ts';
import { checkHaproxy, describeServers, takesWeights } from './haproxy/capabilities.ts';
import { type BackendReading, createHaproxyClient, type HaproxyClient } from './haproxy/client.ts';
import { setHealthDown, setState, shiftCommands } from './haproxy/commands.ts';
import type { Server } from './haproxy/members.ts';
import type { Router } from './router.ts';

export function createHaproxyRouter(settings: HaproxySettings): Router {
  const { backend, spare, affinity } = settings;
  const client = createHaproxyClient(settings);

  /** HAProxy shows how many failed checks a server may have only while it is not in maintenance. */
  const demandCheck = async (name: string, call: DriverCall | undefined) => {
    const joined = (await client.readBackend(call)).servers.find((server) => server.name === name);
    if (joined?.fallsAtOnce) await client.change([setHealthDown(backend, name)], call);
  };

  return {
    name: 'haproxy',
    handlesMembers: true,
    read: async (call) => poolOf(await client.readBackend(call), settings, client),
    readCounters: async (call) => {
      const counters = await client.readCounters(call);
      const served = servedByColour(counters.members);
      return { ...counters, ...(served ? { served } : {}) };
    },
    setShares: async (shares, call) => {
      const { servers, algorithm } = await client.readBackend(call);
      const missing = (['blue', 'green'] as const).find(
        (colour) => shares[colour] > 0 && !servers.some((server) => server.colour === colour),
      );
      if (missing) throw client.fail(`HAProxy's backend ${backend} has no server of ${missing}.`, 'show servers state');
      const { grow, shrink } = shiftCommands({
        backend,
        shares,
        servers,
        spare,
        affinity,
        takesWeights: takesWeights(algorithm),
      });
      await client.change(grow, call);
      await client.change(shrink, call);
      return client.saveState(call);
    },
    setMember: async (name, state, call) => {
      const { servers } = await client.readBackend(call);
      const server = servers.find((each) => each.name === name);
      if (!server) {
        const known = servers.map((each) => each.name).join(', ');
        throw client.fail(`HAProxy's backend ${backend} has no server ${name}; it has ${known}.`, name);
      }
      await client.change([setState(backend, name, state)], call);
      if (state === 'ready' && server.state === 'out') await demandCheck(name, call);
      return client.saveState(call);
    },
    checkCapabilities: (stages, call) => checkHaproxy(client, settings, stages, call),
  };
}

/** Throws ToolError for a backend whose shares are unknown. */
function poolOf(reading: BackendReading, settings: HaproxySettings, client: HaproxyClient): Pool {
  const { servers, front, problems, countersSince } = reading;
  const [problem] = describeServers(reading, settings, client.address);
  if (problem !== undefined) throw client.fail(problem, 'show servers state');
  const shares = sharesOf(servers);
  if (!shares) {
    const message = `HAProxy at ${client.address} sends no traffic to backend ${settings.backend}: no server that is ready has a weight.`;
    throw client.fail(message, 'show servers state');
  }
  const served = servedByColour(servers);
  return {
    members: servers.map(memberOf),
    shares,
    ...(served ? { served } : {}),
    ...(front ? { front } : {}),
    ...(countersSince === undefined ? {} : { countersSince }),
    problems,
  };
}

const memberOf = ({ name, colour, weight, state, up, inFlight, served, connectErrors }: Server): PoolMember => ({
  name,
  colour,
  weight,
  state,
  up,
  inFlight,
  ...(served ? { served } : {}),
  ...(connectErrors === undefined ? {} : { connectErrors }),
});

/** undefined where no server that is ready has a weight. */
function sharesOf(servers: readonly Server[]): Shares | undefined {
  const weightOf = (colour: Colour) =>
    servers
      .filter((server) => server.colour === colour && server.state === 'ready')
      .reduce((sum, { weight }) => sum + weight, 0);
  const blue = weightOf('blue');
  const total = blue + weightOf('green');
  if (total === 0) return undefined;
  const percent = Number(((100 * blue) / total).toFixed(1));
  return { blue: percent, green: Number((100 - percent).toFixed(1)) };
}
