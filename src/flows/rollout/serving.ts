import type { Pool, PoolMember } from '../../core/pool.ts';
import { otherColour } from '../../core/rollout/plan.ts';
import type { Shares } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import type { Colour } from '../../core/target.ts';
import { stepFailed } from './release-steps.ts';
import { retry, routerMs, signalOf } from './retry.ts';
import type { RolloutRun } from './run.ts';
import { targetsOf } from './sides.ts';

const pollMs = 100;
const colours = ['blue', 'green'] as const;

export const takesUsers = ({ state, weight }: PoolMember): boolean => state === 'ready' && weight > 0;

/** Waits until every colour that is to get traffic has a server that is up. Throws ToolError once its time is spent. */
export async function untilUp(shares: Shares, run: RolloutRun): Promise<void> {
  const began = run.clock.monotonic();
  for (;;) {
    const pool = await retry((signal) => run.drivers.router.read({ signal }), run);
    const down = await downColours(shares, pool, run);
    if (down.length === 0) return;
    if (run.clock.monotonic() - began > routerMs)
      throw stepFailed(`No server of ${down.join(' and ')} is up; traffic stays as it is.`);
    await run.clock.sleep(pollMs, signalOf(run));
  }
}

/**
 * Waits until a rollback moves users to a side that serves them. It does not wait where the other side serves no
 * users either, and not for a router that cannot be read while the other side is down. Throws ToolError, and traffic stays, where
 * the side to return to stays down while the other one serves.
 */
export async function untilRollbackServes(shares: Shares, budgetMs: number, run: RolloutRun): Promise<void> {
  const began = run.clock.monotonic();
  for (;;) {
    const pool = await run.drivers.router.read({ signal: signalOf(run) }).catch(() => undefined);
    const down = await downColours(shares, pool, run);
    if (down.length === 0) return;
    const others = down.map(otherColour);
    const serving = await Promise.all(others.map((colour) => servesUsers(colour, pool, run)));
    if (!serving.some(Boolean)) return;
    const waitedMs = run.clock.monotonic() - began;
    const what = `No server of ${down.join(' and ')} is up, and ${others.join(' and ')} serves users`;
    if (waitedMs > budgetMs) throw stepFailed(`${what}; traffic stays there after ${formatMs(waitedMs)} of waiting.`);
    run.emit({ type: 'step-progress', step: 'router', text: `${what}; waiting`, done: waitedMs, of: budgetMs });
    await run.clock.sleep(pollMs);
  }
}

/** Whether users that are shifted to a colour now find a server that is up. */
export const isWarm = async (colour: Colour, run: RolloutRun): Promise<boolean> =>
  isUp(colour, await run.drivers.router.read({ signal: run.signal }).catch(() => undefined), run);

async function downColours(shares: Shares, pool: Pool | undefined, run: RolloutRun): Promise<Colour[]> {
  const wanted = colours.filter((colour) => shares[colour] > 0);
  const up = await Promise.all(wanted.map((colour) => isUp(colour, pool, run)));
  return wanted.filter((_, index) => !up[index]);
}

/** By the router's own health checks; where it does not check the colour's servers now, by probing the colour. */
async function isUp(colour: Colour, pool: Pool | undefined, run: RolloutRun): Promise<boolean> {
  const checked = (pool?.members ?? []).filter((member) => member.colour === colour && member.state === 'ready');
  if (checked.length > 0) return checked.some(({ up }) => up);
  const context = { clock: run.clock, signal: signalOf(run), emit: () => undefined };
  const targets = await targetsOf({ kind: 'colour', colour }, run, undefined).catch(() => []);
  const states = await Promise.all(targets.map((target) => run.instruments.probeState(target, context)));
  return states.length > 0 && states.flatMap(({ samples }) => samples).every(({ ok }) => ok);
}

async function servesUsers(colour: Colour, pool: Pool | undefined, run: RolloutRun): Promise<boolean> {
  if (!pool || pool.members.length === 0)
    return (pool === undefined || pool.shares[colour] > 0) && isUp(colour, pool, run);
  return pool.members.some((member) => member.colour === colour && takesUsers(member) && member.up);
}
