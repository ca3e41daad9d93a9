import { ToolError } from '../../core/errors.ts';
import { judgeHealth, judgeReadiness, judgeDependencies } from '../../core/judge/probe.ts';
import { describeShares, type RolloutStep, type Shares, type Side } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import type { Colour, Target } from '../../core/target.ts';
import type { Judgement } from '../../core/verdict.ts';
import { probeAftermath, probeHealth, probeReadiness, probeDependencies } from '../../sources/probe.ts';
import { retry, routerMs } from './retry.ts';
import type { RolloutRun } from './run.ts';
import { placesOf, targetsOf } from './sides.ts';
import { logInEarly } from './synthetic.ts';

/** What came of a step that was taken. A step that cannot be done throws ToolError. */
export interface Done {
  readonly summary: string;
  readonly shares?: Shares;
}

const failed = (because: string): ToolError => new ToolError(because, { command: [], exitCode: null });

/** Clause 2.B1. What runs already is left alone, so that a killed rollout does nothing twice. */
export async function releaseColour(
  { colour, release }: RolloutStep & { do: 'release' },
  run: RolloutRun,
): Promise<Done> {
  const { runtime } = run.drivers;
  const { drainMs } = run.state().plan.settings;
  const places = await placesOf({ kind: 'colour', colour }, run);
  if (places.length === 0) throw failed(`The runtime has no place for ${colour}.`);
  const told = await Promise.all(
    places.map(async (place) => {
      if (place.running && place.release === release) return `${place.name} runs it already`;
      const ending = place.running ? await runtime.stop(place.name, drainMs) : undefined;
      await runtime.start(place.name, release);
      return `${place.name} started${ending?.killed ? `, after ${place.release ?? 'what was there'} had to be killed` : ''}`;
    }),
  );
  return { summary: told.join(', ') };
}

/** Clause 2.B2. */
export async function migrate(run: RolloutRun): Promise<Done> {
  const { migrations } = run.drivers;
  const { release } = run.state().plan;
  if (!migrations) return { summary: 'the target names no migrations' };
  const pending = (await migrations.status(release)).filter(({ applied }) => !applied).map(({ id }) => id);
  if (pending.length === 0) return { summary: 'nothing was pending' };
  await migrations.up(release, { signal: run.signal });
  const left = (await migrations.status(release)).filter(({ applied }) => !applied).map(({ id }) => id);
  if (left.length > 0) throw failed(`The migrations ended well, and ${left.join(', ')} is still pending.`);
  return { summary: `${pending.join(', ')} applied` };
}

/** Clause 2.B3 (2.R3 for an instance): healthy, and ready without a break for the window. */
export async function prove({ side, release }: RolloutStep & { do: 'verify' }, run: RolloutRun): Promise<Done> {
  const targets = await targetsOf(side, run, release);
  if (targets.length === 0) throw failed('There is no address that could be asked.');
  const told = await Promise.all(targets.map((target) => proveTarget(target, side, run)));
  return { summary: told.join('; ') };
}

async function proveTarget(target: Target, side: Side, run: RolloutRun): Promise<string> {
  const context = { clock: run.clock, signal: signalOf(run), emit: run.emit };
  // A process that was started a moment ago may not listen yet, and a balancer before it says 503; that is no failed check.
  await untilHealthy(target, side, run);
  const health = await probeHealth(target, context);
  const readiness = await probeReadiness(target, context);
  const believed = readiness.stableMs >= readiness.wantedStableMs;
  const dependencies = believed ? await probeDependencies(target, context) : undefined;
  if (side.kind === 'colour')
    Object.assign(run.evidence, { health, readiness, ...(dependencies ? { dependencies } : {}) });
  const judgements = [
    judgeHealth(health),
    judgeReadiness(readiness),
    ...(dependencies ? [judgeDependencies(dependencies)] : []),
  ];
  const bad = judgements.find(({ status }) => status !== 'pass');
  if (side.kind === 'colour') for (const judgement of judgements) run.emit({ type: 'judged', judgement });
  if (bad) throw failed(told(bad));
  if (run.state().phase !== 'rolling-back') await logInEarly(target, run);
  return `healthy, ready for ${formatMs(readiness.stableMs)}`;
}

/** A way back that has begun is finished, whoever interrupts it. */
const signalOf = (run: RolloutRun): AbortSignal =>
  run.state().phase === 'rolling-back' ? new AbortController().signal : run.signal;

const told = ({ title, because }: Judgement): string => `${title}: ${because}`;

async function untilHealthy(target: Target, side: Side, run: RolloutRun): Promise<void> {
  const deadline = run.clock.monotonic() + target.readiness.budgetMs;
  const signal = signalOf(run);
  const quiet = { clock: run.clock, signal, emit: () => undefined };
  while (run.clock.monotonic() < deadline && !signal.aborted) {
    const { samples } = await probeAftermath(target, quiet);
    if (samples[0]?.ok) return;
    await failOnExitedInstance(side, run);
    await run.clock.sleep(target.readiness.intervalMs, signal);
  }
}

/** Nobody waits for an instance that has ended: what it said last is the reason. */
async function failOnExitedInstance(side: Side, run: RolloutRun): Promise<void> {
  const { runtime } = run.drivers;
  for (const { name, running } of await placesOf(side, run)) {
    const ending = running ? undefined : await runtime.lastEnding(name);
    if (ending !== undefined) throw failed(`${name} ${ending}`);
  }
}

const routerPollMs = 25;
const shareTolerance = 1;

/** Clauses 2.B4 and 4.2.1: sets the shares, and believes only what the router reads back. */
export async function shift({ shares }: RolloutStep & { do: 'shift' }, run: RolloutRun): Promise<Done> {
  const { router } = run.drivers;
  const forward = run.state().phase !== 'rolling-back';
  let pool = await retry(() => router.read(), run);
  // Going back it is told again all the same: a process that was killed may not have written down what a restart reads.
  if (forward && holds(pool.shares, shares))
    return { shares, summary: `the router has it already: ${describeShares(pool.shares)}` };
  // Who goes back does not wait for anybody's health.
  if (forward) await untilUp(shares, run);
  const began = run.clock.monotonic();
  const refusal = await retry(() => router.setShares(shares), run).then(
    () => undefined,
    (error: unknown) => error,
  );
  pool = await retry(() => router.read(), run);
  // An order may have been taken although it ended badly: what is read back counts.
  if (refusal !== undefined && !holds(pool.shares, shares)) throw refusal;
  while (!holds(pool.shares, shares) && run.clock.monotonic() - began < routerMs) {
    await run.clock.sleep(routerPollMs);
    pool = await retry(() => router.read(), run);
  }
  if (!holds(pool.shares, shares)) {
    throw failed(`The router was told ${describeShares(shares)} and says ${describeShares(pool.shares)}.`);
  }
  return {
    shares,
    summary: `read back: ${describeShares(pool.shares)}, after ${formatMs(run.clock.monotonic() - began)}`,
  };
}

const holds = (seen: Shares, wanted: Shares): boolean =>
  Math.abs(seen.blue - wanted.blue) <= shareTolerance &&
  (wanted.blue === 0) === (seen.blue === 0) &&
  (wanted.green === 0) === (seen.green === 0);

async function untilUp(shares: Shares, run: RolloutRun): Promise<void> {
  const wanted = (['blue', 'green'] as const).filter((colour: Colour) => shares[colour] > 0);
  const deadline = run.clock.monotonic() + routerMs;
  for (;;) {
    const { members } = await retry(() => run.drivers.router.read(), run);
    const down = members.filter(({ colour, state, up }) => wanted.includes(colour) && state === 'ready' && !up);
    if (down.length === 0) return;
    if (run.clock.monotonic() > deadline)
      throw failed(`The router finds ${down.map(({ name }) => name).join(', ')} not healthy.`);
    await run.clock.sleep(routerPollMs * 4);
  }
}

/** Clauses 2.B5 and 4.2.1: healthy and ready at this moment; asked again until its time is spent. */
export async function confirm({ side, because }: RolloutStep & { do: 'confirm' }, run: RolloutRun): Promise<Done> {
  const targets = await targetsOf(side, run, undefined);
  if (targets.length === 0) throw failed('There is no address that could be asked.');
  const deadline = run.clock.monotonic() + (targets[0]?.readiness.budgetMs ?? 0);
  // An interruption does not keep anybody from learning whether users are well.
  const context = { clock: run.clock, signal: new AbortController().signal, emit: () => undefined };
  for (;;) {
    const seen = await Promise.all(targets.map((target) => probeAftermath(target, context)));
    const bad = seen.flatMap(({ samples }) => samples).find(({ ok }) => !ok);
    if (!bad) return { summary: because === 'keep-warm' ? 'running and ready at weight 0' : 'healthy and ready' };
    if (run.clock.monotonic() > deadline)
      throw failed(`It is not healthy: ${bad.why ?? bad.error ?? `status ${bad.status}`}.`);
    await run.clock.sleep(200);
  }
}
