import { type Pool, poolIncrease, type PoolIncrease, type PoolMember } from '../../core/pool.ts';
import { addServed, type Observation, type Served } from '../../core/rollout/observation.ts';
import { takesUsers } from './serving.ts';
import type { NamedSide } from './sides.ts';
import type { NamedSides, Snapshot } from './snapshot.ts';

/** What users got through the router between two snapshots, as far as it counts; the problem where its counters say nothing. */
export function usersBetween(
  before: Snapshot['pool'],
  now: Snapshot['pool'],
  sides: NamedSides,
): { readonly users: Pick<Observation, 'served' | 'front' | 'connectErrors'>; readonly problem?: string } {
  if (!('shares' in before) || !('shares' in now)) return { users: {} };
  const increase = poolIncrease(before, now);
  if ('problem' in increase) return { users: {}, problem: increase.problem };
  const canary = servedBy(sides.canary, increase);
  const baseline = servedBy(sides.baseline, increase);
  const refused = Object.entries(increase.members)
    .filter(([, { connectErrors }]) => connectErrors > 0)
    .map(([name, { connectErrors }]): [string, number] => [name, connectErrors]);
  return {
    users: {
      ...(canary && baseline ? { served: { canary, baseline } } : {}),
      ...(increase.front ? { front: increase.front } : {}),
      ...(refused.length > 0 ? { connectErrors: Object.fromEntries(refused) } : {}),
    },
  };
}

function servedBy(side: NamedSide, { colours, members }: PoolIncrease): Served | undefined {
  if (side.kind === 'public') return undefined;
  if (side.kind === 'colour') return colours?.[side.colour];
  const each = side.names.flatMap((name) => members[name] ?? []);
  return each.length === side.names.length
    ? addServed(each.map(({ requests, failed }) => ({ requests, failed })))
    : undefined;
}

/** The canary's fraction of the weights of all servers that take users; undefined where the router knows no servers. */
export function shareOf(canary: NamedSide, { members }: Pool): number | undefined {
  const serving = members.filter(takesUsers);
  const weights = (of: typeof serving) => of.reduce((sum, { weight }) => sum + weight, 0);
  if (weights(serving) === 0) return undefined;
  return weights(serving.filter((member) => isOf(canary, member))) / weights(serving);
}

/** Whether a server of the router belongs to a side. */
export const isOf = (side: NamedSide, { name, colour }: PoolMember): boolean =>
  side.kind === 'instances' ? side.names.includes(name) : side.kind === 'public' || colour === side.colour;
