import { type Pool, poolIncrease } from '../../core/pool.ts';
import { ConflictError, messageOf } from '../../core/errors.ts';
import type { StepOutcome } from '../../core/rollout/advance.ts';
import { describeShares, type RolloutStep, type Shares } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import type { MeasuredShare, RouterChange } from '../../routers/index.ts';
import type { Paused } from './observe.ts';
import { otherThanPrevious } from './other-releases.ts';
import { stepFailed } from './release-steps.ts';
import { callOf, retry, routerMs } from './retry.ts';
import type { RolloutRun } from './run.ts';
import { untilRollbackServes, untilUp } from './serving.ts';
import { confirmPublic } from './public-identity.ts';
import { targetsOf } from './sides.ts';

const pollMs = 25;
const shareTolerance = 1;

/** Clauses 2.B4 and 4.2.1: sets the shares, and believes only what the router reads back. */
export async function shift(
  step: RolloutStep & { do: 'shift' },
  run: RolloutRun,
): Promise<StepOutcome | { readonly outcome: Paused }> {
  return step.rollback ? shiftBack(step.shares, run) : shiftForward(step.shares, run);
}

/** Neither a share that another writer has changed nor one that could not be measured shows anything about the release. */
async function shiftForward(shares: Shares, run: RolloutRun): Promise<StepOutcome | { readonly outcome: Paused }> {
  const pool = await retry((signal) => run.drivers.router.read({ signal }), run);
  const front = frontBefore(pool, run);
  // What was set by a run that was killed may not have been measured.
  if (holds(pool.shares, shares) && !run.drivers.router.measuresShares)
    return { shares, summary: `the router has it already: ${describeShares(pool.shares)}`, ...front };
  await untilUp(shares, run);
  try {
    const { unmeasured, ...outcome } = await setAndReadBack(shares, run);
    if (unmeasured === undefined) return { ...outcome, ...front };
    return { outcome: { paused: `the shares are ${describeShares(shares)}, and ${unmeasured}` } };
  } catch (error) {
    if (error instanceof ConflictError) return { outcome: { paused: error.message } };
    throw error;
  }
}

/**
 * Sets first and reads afterwards: a router whose servers are all in maintenance has no shares to read, and one that was
 * restarted may not have the shares that it reads. Only a side that is down is waited for, as long as the other one serves.
 */
async function shiftBack(shares: Shares, run: RolloutRun): Promise<StepOutcome> {
  const { budgetMs } = run.targetOf(run.state().plan.live).readiness;
  await untilRollbackServes(shares, budgetMs, run);
  const { unmeasured, problems = [], ...outcome } = await setAndReadBack(shares, run);
  // The traffic is back whatever can be read of the instances.
  const other = await otherThanPrevious(run).catch(
    (error: unknown) => `what serves it is not known: ${messageOf(error)}`,
  );
  const found = [...problems, ...[unmeasured, other].flatMap((each) => each ?? [])];
  return { ...outcome, ...(found.length > 0 ? { problems: found } : {}) };
}

async function setAndReadBack(
  shares: Shares,
  run: RolloutRun,
): Promise<StepOutcome & { readonly unmeasured?: string | undefined }> {
  const { router } = run.drivers;
  const read = () => retry((signal) => router.read({ signal }), run);
  const began = run.clock.monotonic();
  const { change, refusal } = await retry(() => router.setShares(shares, callOf(run)), run).then(
    (done) => ({ change: done, refusal: undefined }),
    (error: unknown) => ({ change: { problems: [] } as RouterChange, refusal: { error } }),
  );
  let pool = await read();
  // A command may have taken effect although it failed: what is read back counts, unless what users get was measured.
  if (refusal && (router.measuresShares || !holds(pool.shares, shares))) throw refusal.error;
  while (!holds(pool.shares, shares)) {
    if (run.clock.monotonic() - began > routerMs)
      throw stepFailed(
        `The shares were set to ${describeShares(shares)}, and ${describeShares(pool.shares)} is read back.`,
      );
    await run.clock.sleep(pollMs);
    pool = await read();
  }
  const durationMs = run.clock.monotonic() - began;
  const { problems, measured, unmeasured } = change;
  return {
    shares,
    summary: `read back: ${describeShares(pool.shares)}, after ${formatMs(durationMs)}${measured ? `; ${describeMeasured(measured)}` : ''}`,
    ...(problems.length > 0 ? { problems } : {}),
    unmeasured,
  };
}

/** `measured: 10 % of 60 answers from green, after 214 ms`. */
const describeMeasured = ({ green, answers, afterMs }: MeasuredShare): string =>
  `measured: ${Number(green.toFixed(1))} % of ${answers} answers from green, after ${formatMs(afterMs)}`;

/** The router's own answers before the first shift, to tell those of a stage from earlier ones. */
function frontBefore(pool: Pool, run: RolloutRun): Pick<StepOutcome, 'front'> {
  const start = run.poolAtStart();
  if (run.state().shares || !start) return {};
  const increase = poolIncrease(start, pool);
  return 'problem' in increase || !increase.front ? {} : { front: increase.front };
}

const holds = (actual: Shares, wanted: Shares): boolean =>
  Math.abs(actual.blue - wanted.blue) <= shareTolerance &&
  (wanted.blue === 0) === (actual.blue === 0) &&
  (wanted.green === 0) === (actual.green === 0);

const confirmPollMs = 200;

/** Clauses 2.B5 and 4.2.1: healthy and ready at this moment; probed again until the readiness budget is spent. */
export async function confirm(
  { side, because }: RolloutStep & { do: 'confirm' },
  run: RolloutRun,
): Promise<StepOutcome> {
  const targets = await targetsOf(side, run, undefined);
  if (targets.length === 0) throw stepFailed('The side has no address to probe.');
  const deadline = run.clock.monotonic() + (targets[0]?.readiness.budgetMs ?? 0);
  // Whether users are served is established whatever signal arrives.
  const context = { clock: run.clock, signal: new AbortController().signal, emit: () => undefined };
  for (;;) {
    const states = await Promise.all(targets.map((target) => run.instruments.probeState(target, context)));
    const bad = states.flatMap(({ samples }) => samples).find(({ ok }) => !ok);
    if (!bad && side.kind === 'public') return confirmPublic(run);
    if (!bad && because === 'keep-warm') return keptWarm(run);
    if (!bad) return { summary: 'healthy and ready' };
    if (run.clock.monotonic() > deadline)
      throw stepFailed(`not healthy: ${bad.why ?? bad.error ?? `status ${bad.status}`}.`);
    await run.clock.sleep(confirmPollMs);
  }
}

/** Clause 2.B5: instances of another release are nothing that a rollback could return to. */
async function keptWarm(run: RolloutRun): Promise<StepOutcome> {
  const other = await otherThanPrevious(run);
  if (other !== undefined) throw stepFailed(`${other}.`);
  return { summary: 'running and ready at weight 0' };
}
