import { describeShares, type RolloutStep, type Shares } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import type { Colour } from '../../core/target.ts';
import { type Done, stepFailed } from './release-steps.ts';
import { retry, routerMs } from './retry.ts';
import type { RolloutRun } from './run.ts';
import { targetsOf } from './sides.ts';

const routerPollMs = 25;
const shareTolerance = 1;

/** Clauses 2.B4 and 4.2.1: sets the shares, and believes only what the router reads back. */
export async function shift({ shares }: RolloutStep & { do: 'shift' }, run: RolloutRun): Promise<Done> {
  const { router } = run.drivers;
  const forward = run.state().phase !== 'rolling-back';
  let pool = await retry(() => router.read(), run);
  // A rollback sets them all the same: a process that was killed may not have written the state file of a restart.
  if (forward && holds(pool.shares, shares))
    return { shares, summary: `the router has it already: ${describeShares(pool.shares)}` };
  if (forward) await untilUp(shares, run);
  const began = run.clock.monotonic();
  const refusal = await retry(() => router.setShares(shares), run).then(
    () => undefined,
    (error: unknown) => error,
  );
  pool = await retry(() => router.read(), run);
  // A command may have taken effect although it failed: what is read back counts.
  if (refusal !== undefined && !holds(pool.shares, shares)) throw refusal;
  while (!holds(pool.shares, shares) && run.clock.monotonic() - began < routerMs) {
    await run.clock.sleep(routerPollMs);
    pool = await retry(() => router.read(), run);
  }
  if (!holds(pool.shares, shares))
    throw stepFailed(
      `The shares were set to ${describeShares(shares)}, and ${describeShares(pool.shares)} is read back.`,
    );
  return {
    shares,
    summary: `read back: ${describeShares(pool.shares)}, after ${formatMs(run.clock.monotonic() - began)}`,
  };
}

const holds = (actual: Shares, wanted: Shares): boolean =>
  Math.abs(actual.blue - wanted.blue) <= shareTolerance &&
  (wanted.blue === 0) === (actual.blue === 0) &&
  (wanted.green === 0) === (actual.green === 0);

async function untilUp(shares: Shares, run: RolloutRun): Promise<void> {
  const wanted = (['blue', 'green'] as const).filter((colour: Colour) => shares[colour] > 0);
  const deadline = run.clock.monotonic() + routerMs;
  for (;;) {
    const { members } = await retry(() => run.drivers.router.read(), run);
    const down = members.filter(({ colour, state, up }) => wanted.includes(colour) && state === 'ready' && !up);
    if (down.length === 0) return;
    if (run.clock.monotonic() > deadline)
      throw stepFailed(`The router reports ${down.map(({ name }) => name).join(', ')} down.`);
    await run.clock.sleep(routerPollMs * 4);
  }
}

const confirmPollMs = 200;

/** Clauses 2.B5 and 4.2.1: healthy and ready at this moment; probed again until the readiness budget is spent. */
export async function confirm({ side, because }: RolloutStep & { do: 'confirm' }, run: RolloutRun): Promise<Done> {
  const targets = await targetsOf(side, run, undefined);
  if (targets.length === 0) throw stepFailed('The side has no address to probe.');
  const deadline = run.clock.monotonic() + (targets[0]?.readiness.budgetMs ?? 0);
  // Whether users are served is established whatever signal arrives.
  const context = { clock: run.clock, signal: new AbortController().signal, emit: () => undefined };
  for (;;) {
    const states = await Promise.all(targets.map((target) => run.instruments.probeState(target, context)));
    const bad = states.flatMap(({ samples }) => samples).find(({ ok }) => !ok);
    if (!bad) return { summary: because === 'keep-warm' ? 'running and ready at weight 0' : 'healthy and ready' };
    if (run.clock.monotonic() > deadline)
      throw stepFailed(`not healthy: ${bad.why ?? bad.error ?? `status ${bad.status}`}.`);
    await run.clock.sleep(confirmPollMs);
  }
}
