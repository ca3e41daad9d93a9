import type { DriverCall, HaproxySettings } from '../../core/drivers.ts';
import { messageOf } from '../../core/errors.ts';
import { whyNotWritable } from '../../system/files.ts';
import type { BackendReading, HaproxyClient } from './client.ts';
import { setWeight } from './commands.ts';
import type { Server } from './members.ts';

/** What a rollout with these stages needs and the backend lacks; the traffic of users stays as it is. */
export async function checkHaproxy(
  client: HaproxyClient,
  settings: HaproxySettings,
  stages: readonly number[],
  call?: DriverCall,
): Promise<readonly string[]> {
  try {
    const backend = await client.readBackend(call);
    const { backend: name } = settings;
    const found = [
      ...describeServers(backend, settings, client.address),
      await findMissingLevel(client, name, call),
      await findStateFile(settings.stateFile),
    ].filter((problem) => problem !== undefined);
    // A probe needs both.
    return found.length > 0 ? found : await findBalance(client, name, backend, stages, call);
  } catch (error) {
    return [messageOf(error)];
  }
}

/** Servers that the rollout cannot account for. */
export function describeServers(
  { servers, unclaimed }: Pick<BackendReading, 'servers' | 'unclaimed'>,
  { backend }: HaproxySettings,
  address: string,
): string[] {
  return [
    ...(servers.length === 0
      ? [`HAProxy at ${address} has no servers of blue or green in its backend ${backend}: router.servers names them.`]
      : []),
    ...unclaimed.map(
      (name) =>
        `${name} of HAProxy's backend ${backend} gets traffic and belongs to neither or both of blue and green: router.servers has to name its colour, or its weight has to be 0.`,
    ),
  ];
}

/** HAProxy checks the level of the socket before it looks for the server. */
async function findMissingLevel(
  client: HaproxyClient,
  backend: string,
  call?: DriverCall,
): Promise<string | undefined> {
  const answer = await client.ask(setWeight(backend, 'shiproom-asks-for-its-level', 0), call);
  return /permission denied/i.test(answer)
    ? `HAProxy's socket ${client.address} may not change weights: \`level admin\` on its \`stats socket\` line.`
    : undefined;
}

async function findStateFile(stateFile: string | undefined): Promise<string | undefined> {
  if (stateFile === undefined) return undefined;
  const why = await whyNotWritable(stateFile);
  return why === undefined ? undefined : `router.stateFile ${stateFile} cannot be written: ${why}`;
}

const dynamicAlgorithms = ['roundrobin', 'leastconn', 'random'];

export const takesWeights = (algorithm: string | undefined): boolean =>
  algorithm !== undefined && dynamicAlgorithms.includes(algorithm.replace(/\(.*$/, ''));

/** A hash is static or not by its `hash-type`, which the runtime API does not show, so it is tried. */
async function findBalance(
  client: HaproxyClient,
  name: string,
  { algorithm, servers }: BackendReading,
  stages: readonly number[],
  call?: DriverCall,
): Promise<string[]> {
  if (takesWeights(algorithm)) return [];
  const isStatic =
    algorithm === 'static-rr' || algorithm === 'first' || (await refusesWeights(client, name, servers, call));
  if (!isStatic) return [];
  if (stages.some((stage) => stage !== 100))
    return [
      `backend ${name} balances statically: it can only be switched 0/100 %; balance roundrobin, or rollout.stages: [100]`,
    ];
  return servers
    .filter(({ configuredWeight }) => configuredWeight === 0)
    .map(
      (server) =>
        `backend ${name} balances statically, and ${server.name} has the configured weight 0, of which 100 % is 0: give it a weight in HAProxy's configuration`,
    );
}

/**
 * A static backend refuses a weight that is neither 0 nor the configured one. A server that has such a weight needs no
 * probe; else one is changed by 1 and set back in the same line: one that is in maintenance, or the heaviest.
 */
async function refusesWeights(
  client: HaproxyClient,
  backend: string,
  servers: readonly Server[],
  call?: DriverCall,
): Promise<boolean> {
  if (servers.some(({ weight, configuredWeight }) => weight !== 0 && weight !== configuredWeight)) return false;
  const [probe] = servers.toSorted(
    (a, b) => Number(b.state === 'out') - Number(a.state === 'out') || b.weight - a.weight,
  );
  if (!probe) return false;
  const { name, weight, configuredWeight } = probe;
  const other = [weight - 1, weight + 1, weight + 2].find(
    (value) => value > 0 && value <= 256 && value !== configuredWeight,
  );
  const answer = await client.ask(`${setWeight(backend, name, other ?? 1)}; ${setWeight(backend, name, weight)}`, call);
  return /static/i.test(answer);
}
