import { messageOf } from '../../core/errors.ts';
import { poolIncrease, type PoolCounters, type PoolIncrease } from '../../core/pool.ts';
import { addServed, type Sample, type Served, type Stratum } from '../../core/rollout/observation.ts';
import { type SentSides, servedOf } from '../../core/rollout/sent.ts';
import type { Stage } from '../../core/rollout/step.ts';
import { sentIn } from './parts.ts';
import type { RolloutRun } from './run.ts';
import { baselineOf, type NamedSide } from './sides.ts';
import { type NamedSides, namedSides } from './snapshot.ts';
import type { Synthetic } from './synthetic.ts';

/** Reads the router's counters every second. A reading that failed is retried with growing pauses, and never thrown. */
export interface Sampler {
  /** undefined where the router could not be read, does not count, or is not due yet. */
  readonly sample: () => Promise<Sample | undefined>;
}

interface Reading {
  readonly monotonicMs: number;
  readonly counters: PoolCounters;
  readonly sent: SentSides | undefined;
}

/** The longest pause between two attempts to read a router that does not answer. */
const longestPauseMs = 10_000;

export async function openSampler(
  stage: Stage,
  run: RolloutRun,
  readSent: Synthetic['sent'] = async () => undefined,
): Promise<Sampler> {
  // There is no router, and a platform's limit of calls would not bear one every second.
  if (stage.canary.kind === 'public') return { sample: async () => undefined };
  const wanted = { canary: stage.canary, baseline: baselineOf(run.state().plan, stage.canary) };
  // Named once: an instance that came or went since is counted on neither side, and the sample is left out.
  let sides: NamedSides | undefined;
  let pauseMs = 0;
  let dueMs = 0;
  const read = async (): Promise<Reading | undefined> => {
    const { router } = run.drivers;
    const monotonicMs = run.clock.monotonic();
    if (monotonicMs < dueMs) return undefined;
    try {
      sides ??= await namedSides(wanted, run);
      const [counters, sent] = await Promise.all([
        (router.readCounters ?? router.read)({ signal: run.signal }),
        readSent(),
      ]);
      pauseMs = 0;
      return { monotonicMs, counters, sent };
    } catch (error) {
      pauseMs = Math.min(longestPauseMs, Math.max(run.state().plan.settings.judge.sample.everyMs, 2 * pauseMs));
      dueMs = run.clock.monotonic() + pauseMs;
      run.emit({ type: 'step-progress', step: 'router', text: `the router could not be read: ${messageOf(error)}` });
      return undefined;
    }
  };
  let before = await read();
  return {
    sample: async () => {
      const now = await read();
      if (!now) return undefined;
      const sample = before && sides && sampleBetween(before, now, sides, run);
      before = now;
      return sample;
    },
  };
}

/** undefined where the router was started again, its counters fell, or are no counts: what happened in between is unknown. */
function sampleBetween(before: Reading, now: Reading, sides: NamedSides, run: RolloutRun): Sample | undefined {
  const increase = poolIncrease(before.counters, now.counters);
  if ('problem' in increase) return undefined;
  const canary = attemptsOf(sides.canary, increase, now.counters);
  const baseline = attemptsOf(sides.baseline, increase, now.counters);
  if (!canary || !baseline) return undefined;
  return {
    at: new Date(run.clock.now()).toISOString(),
    lengthMs: now.monotonicMs - before.monotonicMs,
    strata: [{ canary, baseline }, ...syntheticStratum(before, now)],
    ...(increase.front ? { front: increase.front } : {}),
  };
}

/** Requests of our own, where both sides were sent any. */
function syntheticStratum(before: Reading, now: Reading): Stratum[] {
  const { canary, baseline } = sentIn(before.sent, now.sent) ?? {};
  return canary && baseline ? [{ canary: servedOf(canary), baseline: servedOf(baseline) }] : [];
}

/**
 * By attempt: a connection that failed is a failed request, although the router may have sent it elsewhere. undefined where
 * the router does not count one of the side's instances.
 */
function attemptsOf(
  side: NamedSide,
  { colours, members }: PoolIncrease,
  { members: known }: PoolCounters,
): Served | undefined {
  if (side.kind === 'public') return undefined;
  const names =
    side.kind === 'colour' ? known.filter(({ colour }) => colour === side.colour).map(({ name }) => name) : side.names;
  const counted = names.flatMap((name) => members[name] ?? []);
  if (counted.length < names.length) return undefined;
  const refused = counted.reduce((sum, { connectErrors }) => sum + connectErrors, 0);
  // A router that knows colours only counts no failed connections apart.
  const served = side.kind === 'colour' && names.length === 0 ? colours?.[side.colour] : addServed(counted);
  return served && { requests: served.requests + refused, failed: served.failed + refused };
}
