import type { HaproxySettings } from '../core/drivers.ts';
import { messageOf, ToolError } from '../core/errors.ts';
import type { Shares } from '../core/rollout/step.ts';
import { addServed } from '../core/rollout/observation.ts';
import type { Colour } from '../core/target.ts';
import { writeTextAtomic } from '../system/files.ts';
import { askSocket } from '../system/socket.ts';
import { membersOf, parseServersState, parseStat } from './haproxy-text.ts';
import type { Pool, PoolMember, PoolState, Router } from './router.ts';

const timeoutMs = 3000;
/** HAProxy's largest weight. */
const largestWeight = 256;

export function createHaproxyRouter(settings: HaproxySettings): Router {
  const { backend } = settings;
  const told =
    typeof settings.socket === 'string' ? settings.socket : `${settings.socket.host}:${settings.socket.port}`;

  const ask = async (command: string): Promise<string> => {
    try {
      return await askSocket(settings.socket, `${command}\n`, timeoutMs);
    } catch (error) {
      throw new ToolError(`HAProxy at ${told} did not take "${command}": ${messageOf(error)}`, {
        command: ['haproxy', told, command],
        exitCode: null,
      });
    }
  };
  /** HAProxy answers a change with silence, and anything else is a refusal. */
  const order = async (commands: readonly string[]): Promise<void> => {
    if (commands.length === 0) return;
    const answer = (await ask(commands.join('; '))).trim();
    if (answer !== '') {
      throw new ToolError(`HAProxy at ${told} refused "${commands.join('; ')}": ${answer}`, {
        command: ['haproxy', told, ...commands],
        exitCode: null,
      });
    }
    if (settings.stateFile !== undefined) await writeTextAtomic(settings.stateFile, await ask('show servers state'));
  };
  const checkMembers = async (): Promise<PoolMember[]> => {
    const [state, stat] = await Promise.all([ask('show servers state'), ask('show stat')]);
    const members = membersOf(parseServersState(state), parseStat(stat), backend);
    if (members.length === 0) {
      throw new ToolError(`HAProxy at ${told} has no servers blue-… or green-… in its backend ${backend}.`, {
        command: ['haproxy', told, 'show servers state'],
        exitCode: null,
      });
    }
    return members;
  };
  const look = async (): Promise<Pool> => {
    const members = await checkMembers();
    const servedOf = (colour: Colour) =>
      addServed(members.flatMap((member) => (member.colour === colour ? (member.served ?? []) : [])));
    const served = { blue: servedOf('blue'), green: servedOf('green') };
    return { members, shares: sharesIn(members, told), served };
  };

  return {
    name: 'haproxy',
    handlesMembers: true,
    read: look,
    setShares: async (shares) => {
      const members = await checkMembers();
      const regular = members.filter(({ name }) => !settings.spare.includes(name));
      const weights = weightsFor(shares, regular);
      // What grows goes first, so that at no moment is everything at 0.
      const changes = members
        .map((member) => ({ member, weight: weights[member.colour] }))
        .toSorted((a, b) => b.weight - b.member.weight - (a.weight - a.member.weight));
      await order([
        ...(settings.affinity === 'cookie' ? stateOrders(backend, shares, regular, 'ready') : []),
        ...changes.map(({ member, weight }) => `set weight ${backend}/${member.name} ${weight}`),
        ...(settings.affinity === 'cookie' ? stateOrders(backend, shares, regular, 'maint') : []),
      ]);
    },
    setMember: async (name, state) => {
      const known = (await checkMembers()).map((member) => member.name);
      if (!known.includes(name)) {
        throw new ToolError(`HAProxy's backend ${backend} has no server ${name}; it has ${known.join(', ')}.`, {
          command: ['haproxy', told, name],
          exitCode: null,
        });
      }
      const word: Record<PoolState, string> = { ready: 'ready', drain: 'drain', out: 'maint' };
      await order([`set server ${backend}/${name} state ${word[state]}`]);
    },
  };
}

const stateOrders = (
  backend: string,
  shares: Shares,
  members: readonly PoolMember[],
  word: 'ready' | 'maint',
): string[] =>
  members
    .filter(({ colour }) => (word === 'ready') === shares[colour] > 0)
    .map(({ name }) => `set server ${backend}/${name} state ${word}`);

function sharesIn(members: readonly PoolMember[], told: string): Shares {
  const weightOf = (colour: Colour) =>
    members
      .filter((member) => member.colour === colour && member.state === 'ready')
      .reduce((sum, { weight }) => sum + weight, 0);
  const blue = weightOf('blue');
  const total = blue + weightOf('green');
  if (total === 0) {
    throw new ToolError(`HAProxy at ${told} sends nobody anywhere: no server has a weight.`, {
      command: ['haproxy', told, 'show servers state'],
      exitCode: null,
    });
  }
  const percent = Number(((100 * blue) / total).toFixed(1));
  return { blue: percent, green: Number((100 - percent).toFixed(1)) };
}

/** The weight of each server of a colour, so that the colours together have their shares however many servers each has. */
export function weightsFor(shares: Shares, members: readonly Pick<PoolMember, 'colour'>[]): Record<Colour, number> {
  const count = (colour: Colour) => Math.max(1, members.filter((member) => member.colour === colour).length);
  const each = { blue: shares.blue / count('blue'), green: shares.green / count('green') };
  if (Number.isInteger(each.blue) && Number.isInteger(each.green)) return each;
  const scale = largestWeight / Math.max(each.blue, each.green);
  const rounded = (value: number) => (value === 0 ? 0 : Math.max(1, Math.round(value * scale)));
  return { blue: rounded(each.blue), green: rounded(each.green) };
}
