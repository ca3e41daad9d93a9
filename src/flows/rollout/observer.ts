import type { Count } from '../../core/evidence.ts';
import type { Side, Stage } from '../../core/rollout/step.ts';
import { sharesOf } from '../../core/rollout/plan.ts';
import { addServed, type Counts, nobodyServed, type Served, type Observation } from '../../core/rollout/observation.ts';
import { messageOf } from '../../core/errors.ts';
import { formatMs, type Slo } from '../../core/slo.ts';
import type { Pool, PoolMember } from '../../routers/index.ts';
import { compareScrapes, type Scrape, scrapeAll } from '../../sources/scrape.ts';
import { isReady } from '../../sources/probe.ts';
import { baselineOf, metricsOf, targetsOf } from './sides.ts';
import type { RolloutRun } from './run.ts';

/** Everything that one look sees at the same moment. */
interface Snapshot {
  readonly monotonicMs: number;
  readonly canary: readonly Scrape[];
  readonly baseline: readonly Scrape[];
  readonly pool: Pool | { readonly problem: string };
  readonly ready: boolean;
}

interface Sides {
  readonly canary: Side;
  readonly baseline: Side;
}

export interface Observer {
  /** The next look, and whether somebody else has moved the traffic. */
  readonly observe: () => Promise<{ readonly observation: Observation; readonly movedBy?: string }>;
}

/** A look that comes so many intervals late was none: nobody watched in between. */
const maxMissedIntervals = 3;

/** Opens the eyes on a stage: counts from here on. */
export async function openObserver(stage: Stage, run: RolloutRun): Promise<Observer> {
  const { plan } = run.state();
  const baseline = baselineOf(plan, stage.canary);
  let before = await takeSnapshot(stage.canary, baseline, run);
  return {
    observe: async () => {
      const now = await takeSnapshot(stage.canary, baseline, run);
      const observation = compare(before, now, { canary: stage.canary, baseline }, run);
      before = now;
      const movedBy = trafficMoved(now.pool, run);
      return movedBy === undefined
        ? { observation }
        : { observation: { ...observation, observed: false, problems: [movedBy, ...observation.problems] }, movedBy };
    },
  };
}

async function takeSnapshot(canary: Side, baseline: Side, run: RolloutRun): Promise<Snapshot> {
  const monotonicMs = run.clock.monotonic();
  const [ours, theirs, pool, ready] = await Promise.all([
    scrapeSide(canary, run),
    scrapeSide(baseline, run),
    run.drivers.router.read().catch((error: unknown) => ({ problem: messageOf(error) })),
    allReady(canary, run),
  ]);
  return { monotonicMs, canary: ours, baseline: theirs, pool, ready };
}

/** A runtime that cannot say where its instances are leaves nothing to be seen, for this look. */
const scrapeSide = (side: Side, run: RolloutRun): Promise<Scrape[]> =>
  metricsOf(side, run).then(
    (urls) => scrapeAll(urls, run.signal),
    (error: unknown) => [{ url: 'the runtime', at: '', problem: messageOf(error) }],
  );

async function allReady(side: Side, run: RolloutRun): Promise<boolean> {
  const targets = await targetsOf(side, run, undefined).catch(() => []);
  if (targets.length === 0) return false;
  const answers = await Promise.all(targets.map((target) => isReady(target, run)));
  return answers.every(Boolean);
}

function compare(before: Snapshot, now: Snapshot, sides: Sides, run: RolloutRun): Observation {
  const lengthMs = now.monotonicMs - before.monotonicMs;
  const { intervalMs } = run.state().plan.settings;
  const canary = countSide(before.canary, now.canary, run.slos);
  const baseline = countSide(before.baseline, now.baseline, run.slos);
  const late = lengthMs > intervalMs * maxMissedIntervals + 1000 ? [`nobody looked for ${formatMs(lengthMs)}`] : [];
  const blind = canary.seen
    ? []
    : [...canary.problems, ...(canary.problems.length === 0 ? ['no counters of the new release'] : [])];
  const router = 'problem' in now.pool ? [now.pool.problem] : [];
  const served = servedBetween(before.pool, now.pool, sides);
  const down = downIn(now.pool, sides.canary);
  return {
    at: new Date(run.clock.now()).toISOString(),
    lengthMs,
    observed: late.length === 0 && blind.length === 0 && router.length === 0,
    ...('shares' in now.pool ? { shares: now.pool.shares } : {}),
    canary: canary.counts,
    baseline: baseline.counts,
    ready: now.ready && down.length === 0,
    ...(served ? { served } : {}),
    problems: [...late, ...blind, ...router, ...down.map((name) => `the router finds ${name} not healthy`)],
  };
}

/**
 * The side was seen where every instance of it was. One that is gone, or was started again, may be kept from users by a load
 * balancer and so look ready at every look, while what it failed is forgotten with its counters.
 */
export function countSide(
  before: readonly Scrape[],
  now: readonly Scrape[],
  slos: readonly Slo[],
): { counts: Counts; seen: boolean; problems: string[] } {
  const { instances, problems } = compareScrapes(before, now, slos);
  const whole = instances.filter(({ restarted }) => !restarted);
  const counts: Record<string, Count> = {};
  for (const { id } of slos) {
    const each = whole.flatMap(({ slo }) => slo[id] ?? []);
    counts[id] = { events: sum(each.map(({ events }) => events)), trials: sum(each.map(({ trials }) => trials)) };
  }
  const restarts = instances.filter(({ restarted }) => restarted).map(({ url }) => `${url} was started again`);
  return {
    counts,
    seen: whole.length > 0 && restarts.length + problems.length === 0,
    problems: [...problems, ...restarts],
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Who takes traffic and is not healthy in the eyes of the router, whatever it says of itself. */
function downIn(pool: Snapshot['pool'], canary: Side): string[] {
  if ('problem' in pool) return [];
  const isOurs = ({ name, colour }: PoolMember) =>
    canary.kind === 'colour' ? colour === canary.colour : canary.names.includes(name);
  return pool.members
    .filter((member) => isOurs(member) && member.state === 'ready' && !member.up)
    .map(({ name }) => name);
}

/** What users were answered through the router since the look before; undefined where the router does not count. */
function servedBetween(
  before: Snapshot['pool'],
  now: Snapshot['pool'],
  sides: Sides,
): Observation['served'] | undefined {
  const ours = increaseOf(sides.canary, before, now);
  const theirs = increaseOf(sides.baseline, before, now);
  return ours && theirs ? { canary: ours, baseline: theirs } : undefined;
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
  // A router that was started again counts from nothing.
  return requests < 0 ? nobodyServed : { requests, failed: Math.max(0, later.failed - earlier.failed) };
}

/** Percent points that rounding to whole weights may cost. */
const tolerance = 1;

function trafficMoved(pool: Snapshot['pool'], run: RolloutRun): string | undefined {
  if ('problem' in pool) return undefined;
  const state = run.state();
  const expected = state.shares ?? sharesOf(state.plan.live, 100);
  if (Math.abs(pool.shares.blue - expected.blue) <= tolerance) return undefined;
  return `somebody else has moved the traffic: the router says ${pool.shares.blue} % blue and ${pool.shares.green} % green, the rollout had set ${expected.blue} % and ${expected.green} %`;
}
