import { addServed, noneServed, type Observation, type Served } from '../../core/rollout/observation.ts';
import type { Side } from '../../core/rollout/step.ts';
import type { Pool } from '../../routers/index.ts';
import type { Sides, Snapshot } from './snapshot.ts';

/** What users were answered through the router between two snapshots; undefined where the router does not count. */
export function servedBetween(
  before: Snapshot['pool'],
  now: Snapshot['pool'],
  sides: Sides,
): Observation['served'] | undefined {
  const canary = increaseOf(sides.canary, before, now);
  const baseline = increaseOf(sides.baseline, before, now);
  return canary && baseline ? { canary, baseline } : undefined;
}

function increaseOf(side: Side, before: Snapshot['pool'], now: Snapshot['pool']): Served | undefined {
  if ('problem' in before || 'problem' in now) return undefined;
  if (side.kind === 'colour') return increase(before.served?.[side.colour], now.served?.[side.colour]);
  const each = side.names.map((name) => {
    const servedIn = ({ members }: Pool) => members.find((member) => member.name === name)?.served;
    return increase(servedIn(before), servedIn(now));
  });
  return each.every((served) => served !== undefined) ? addServed(each) : undefined;
}

function increase(earlier: Served | undefined, later: Served | undefined): Served | undefined {
  if (!earlier || !later) return undefined;
  const requests = later.requests - earlier.requests;
  // A router that was restarted counts from zero.
  return requests < 0 ? noneServed : { requests, failed: Math.max(0, later.failed - earlier.failed) };
}
