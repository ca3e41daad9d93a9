import type { PoolMember, PoolState } from '../../core/pool.ts';
import type { Shares } from '../../core/rollout/step.ts';
import type { Colour } from '../../core/target.ts';
import type { Server } from './members.ts';

/** HAProxy's largest weight. */
const largestWeight = 256;

const stateWords: Readonly<Record<PoolState, string>> = { ready: 'ready', drain: 'drain', out: 'maint' };

export const setWeight = (backend: string, server: string, weight: number | string): string =>
  `set weight ${backend}/${server} ${weight}`;

export const setState = (backend: string, server: string, state: PoolState): string =>
  `set server ${backend}/${server} state ${stateWords[state]}`;

/** Down until its checks have passed: evidence of a check after the join where the health gives none. */
export const setHealthDown = (backend: string, server: string): string => `set server ${backend}/${server} health down`;

/** The weight of each server of a colour, so that the colours together have their shares however many servers each has. */
export function weightsFor(shares: Shares, members: readonly Pick<PoolMember, 'colour'>[]): Record<Colour, number> {
  const count = (colour: Colour) => Math.max(1, members.filter((member) => member.colour === colour).length);
  const each = { blue: shares.blue / count('blue'), green: shares.green / count('green') };
  if (Number.isInteger(each.blue) && Number.isInteger(each.green)) return each;
  const scale = largestWeight / Math.max(each.blue, each.green);
  const rounded = (value: number) => (value === 0 ? 0 : Math.max(1, Math.round(value * scale)));
  return { blue: rounded(each.blue), green: rounded(each.green) };
}

interface Shift {
  readonly backend: string;
  readonly shares: Shares;
  readonly servers: readonly Server[];
  /** Names of the servers whose state a shift leaves alone. */
  readonly spare: readonly string[];
  readonly affinity: 'none' | 'cookie';
  /** Whether the backend is known to accept any weight. */
  readonly takesWeights: boolean;
}

/**
 * The commands of a shift. `grow` comes first: where HAProxy refuses it, `shrink` must not be sent, or no server is left
 * with traffic. A colour that gets traffic is taken out of drain and maintenance.
 */
export function shiftCommands(shift: Shift): { readonly grow: readonly string[]; readonly shrink: readonly string[] } {
  const { backend, shares, servers, spare, affinity } = shift;
  const regular = servers.filter(({ name }) => !spare.includes(name));
  const weightOf = weightsOf(shift, regular);
  const grows = (server: Server) => shares[server.colour] > 0 && weightOf(server).value >= server.weight;
  const weigh = (list: readonly Server[]) =>
    list.map((server) => setWeight(backend, server.name, weightOf(server).text));
  const toReady = regular.filter(({ colour, state }) => shares[colour] > 0 && state !== 'ready');
  const toMaintenance = affinity === 'cookie' ? regular.filter(({ colour }) => shares[colour] === 0) : [];
  return {
    grow: [...weigh(servers.filter(grows)), ...toReady.map(({ name }) => setState(backend, name, 'ready'))],
    shrink: [
      ...weigh(servers.filter((server) => !grows(server))),
      ...toMaintenance.map(({ name }) => setState(backend, name, 'out')),
    ],
  };
}

interface Weight {
  readonly value: number;
  readonly text: string;
}

/** A static algorithm accepts 0 % and 100 % of the configured weight only, which serves every algorithm where all is 0 or 100. */
function weightsOf({ shares, takesWeights }: Shift, regular: readonly Server[]): (server: Server) => Weight {
  const weights = weightsFor(shares, regular);
  const whole = shares.blue === 0 || shares.green === 0;
  const configured = regular.filter(({ colour }) => shares[colour] > 0).every((each) => each.configuredWeight > 0);
  if (takesWeights || !whole || !configured)
    return ({ colour }) => ({ value: weights[colour], text: String(weights[colour]) });
  return ({ colour, configuredWeight }) =>
    shares[colour] > 0 ? { value: configuredWeight, text: '100%' } : { value: 0, text: '0%' };
}
