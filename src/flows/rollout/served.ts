import { type Pool, poolIncrease, type PoolIncrease } from '../../core/pool.ts';
import { addServed, type Observation, type Served } from '../../core/rollout/observation.ts';
import type { Side } from '../../core/rollout/step.ts';
import { takesUsers } from './serving.ts';
import type { Sides, Snapshot } from './snapshot.ts';

/** What users got through the router between two snapshots, as far as it counts; the problem where its counters say nothing. */
export function usersBetween(
  before: Snapshot['pool'],
  now: Snapshot['pool'],
  sides: Sides,
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

function servedBy(side: Side, { colours, members }: PoolIncrease): Served | undefined {
  if (side.kind === 'public') return undefined;
  if (side.kind === 'colour') return colours?.[side.colour];
  const each = side.names.flatMap((name) => members[name] ?? []);
  return each.length === side.names.length
    ? addServed(each.map(({ requests, failed }) => ({ requests, failed })))
    : undefined;
}

/** The canary's fraction of the weights of all servers that take users; undefined where the router knows no servers. */
export function shareOf(canary: Side, { members }: Pool): number | undefined {
  const serving = members.filter(takesUsers);
  const weights = (of: typeof serving) => of.reduce((sum, { weight }) => sum + weight, 0);
  if (weights(serving) === 0) return undefined;
  const isCanary = ({ name, colour }: (typeof serving)[number]) =>
    canary.kind === 'instances' ? canary.names.includes(name) : canary.kind === 'public' || colour === canary.colour;
  return weights(serving.filter(isCanary)) / weights(serving);
}
