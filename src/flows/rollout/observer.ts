import type { Count } from '../../core/evidence.ts';
import type { Counted } from '../../core/counted.ts';
import type { Side, Stage } from '../../core/rollout/step.ts';
import { sharesOf } from '../../core/rollout/plan.ts';
import type { Counts, Observation } from '../../core/rollout/observation.ts';
import { describeShares } from '../../core/rollout/step.ts';
import { formatCount, formatMs, type Slo } from '../../core/slo.ts';
import type { PoolMember } from '../../routers/index.ts';
import { compareScrapes, type Scrape } from '../../sources/scrape.ts';
import type { RolloutRun } from './run.ts';
import { shareOf, usersBetween } from './served.ts';
import { baselineOf, countedIn } from './sides.ts';
import { type Sides, type Snapshot, takeSnapshot } from './snapshot.ts';
import { maxMissedIntervals } from './source.ts';

export interface Observer {
  /**
   * The next observation, the external change of the traffic where there was one, and whether source and router could be
   * read: after a failure, the first reading that succeeds has no counts yet.
   */
  readonly observe: () => Promise<{
    readonly observation: Observation;
    readonly readable: boolean;
    readonly changed?: string;
  }>;
}

/** Opens an observer of a stage; it counts from this moment on. */
export async function openObserver(stage: Stage, run: RolloutRun): Promise<Observer> {
  const sides = { canary: stage.canary, baseline: baselineOf(run.state().plan, stage.canary) };
  let before = await takeSnapshot(sides, run);
  return {
    observe: async () => {
      const now = await takeSnapshot(sides, run, before);
      const observation = compare(before, now, sides, run);
      before = now;
      const changed = externalChange(now.pool, run);
      const readable = isReadable(now);
      if (changed === undefined) return { observation, readable };
      const problems = [changed, ...observation.problems];
      return { observation: { ...observation, observed: false, problems }, readable, changed };
    },
  };
}

const isReadable = ({ canary, pool }: Snapshot): boolean =>
  !('problem' in pool) && canary.length > 0 && canary.every(({ problem }) => problem === undefined);

function compare(before: Snapshot, now: Snapshot, sides: Sides, run: RolloutRun): Observation {
  const lengthMs = now.monotonicMs - before.monotonicMs;
  const { intervalMs } = run.state().plan.settings;
  const canary = countSide(before.canary, now.canary, countedIn(run));
  const baseline = countSide(before.baseline, now.baseline, countedIn(run));
  const late = lengthMs > intervalMs * maxMissedIntervals + 1000 ? [`unobserved for ${formatMs(lengthMs)}`] : [];
  const unseen = canary.complete
    ? []
    : [...canary.problems, ...(canary.problems.length === 0 ? ['no counters of the new release'] : [])];
  const { users, problem } = usersBetween(before.pool, now.pool, sides);
  // A user with a cookie stays with his server, so that the shares of requests do not follow the weights.
  const share = 'problem' in now.pool || run.stickyUsers ? undefined : shareOf(sides.canary, now.pool);
  const router = ['problem' in now.pool ? now.pool.problem : problem].flatMap((each) => each ?? []);
  const mixed = [strataProblem(canary, now.canary.length, users.served?.canary.requests, run.slos)].flatMap(
    (each) => each ?? [],
  );
  const down = downIn(now.pool, sides.canary);
  return {
    at: new Date(run.clock.now()).toISOString(),
    lengthMs,
    observed: [late, unseen, mixed, router].every(({ length }) => length === 0),
    ...('shares' in now.pool ? { shares: now.pool.shares } : {}),
    canary: canary.counts,
    baseline: baseline.counts,
    ...(Object.keys(canary.unknown).length > 0 ? { unknown: canary.unknown } : {}),
    ready: now.ready && down.length === 0,
    ...(share === undefined ? {} : { share }),
    ...users,
    problems: [...late, ...unseen, ...mixed, ...router, ...down.map((name) => `the router reports ${name} down`)],
  };
}

/**
 * A side is observed only where every instance of it was. A load balancer may keep users from an instance that is gone or
 * was restarted, so that it appears ready in every observation, while what it failed is lost with its counters.
 */
export function countSide(
  before: readonly Scrape[],
  now: readonly Scrape[],
  counted: Counted,
): { counts: Counts; complete: boolean; routed: boolean; unknown: Record<string, string>; problems: string[] } {
  const { instances, problems } = compareScrapes(before, now, counted);
  const whole = instances.filter(({ restarted }) => !restarted);
  const counts: Record<string, Count> = {};
  for (const { id } of counted.slos) {
    const each = whole.flatMap(({ slo }) => slo[id] ?? []);
    counts[id] = { events: sum(each.map(({ events }) => events)), trials: sum(each.map(({ trials }) => trials)) };
  }
  const restarts = instances.filter(({ restarted }) => restarted).map(({ url }) => `${url} was restarted`);
  return {
    counts,
    complete: whole.length > 0 && restarts.length + problems.length === 0,
    routed: instances.every(({ routed }) => routed !== false),
    unknown: Object.assign({}, ...instances.map((instance) => instance.unknown)) as Record<string, string>,
    problems: [...problems, ...restarts],
  };
}

/** Requests of the suite itself to one instance in one observation: readiness and /metrics. */
const ownRequests = 2;

/**
 * Counters without a route label hold probes and synthetic requests too, which rarely fail. Where these may be most of what was
 * counted, the rate is not that of users, and the observation counts as unobserved.
 */
export function strataProblem(
  { counts, routed }: Pick<ReturnType<typeof countSide>, 'counts' | 'routed'>,
  instances: number,
  /** Requests of users that the router counted; undefined where it counts none. */
  users: number | undefined,
  slos: readonly Slo[],
): string | undefined {
  const slo = slos.find(({ event }) => event.kind === 'server-error');
  const trials = slo ? (counts[slo.id]?.trials ?? 0) : 0;
  const others = users === undefined ? Math.min(trials, ownRequests * instances) : trials - users;
  if (routed || others <= trials / 2) return undefined;
  return `${formatCount(others)} of ${formatCount(trials)} counted requests are not of users, and the counters have no label route, so they cannot be told apart`;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Instances of the canary that take traffic and that the router reports down, whatever they answer themselves. */
function downIn(pool: Snapshot['pool'], canary: Side): string[] {
  if ('problem' in pool) return [];
  const isCanary = ({ name, colour }: PoolMember) =>
    canary.kind === 'colour' ? colour === canary.colour : canary.names.includes(name);
  return pool.members
    .filter((member) => isCanary(member) && member.state === 'ready' && !member.up)
    .map(({ name }) => name);
}

/** Percent points that rounding to whole weights may cost. */
const tolerance = 1;

function externalChange(pool: Snapshot['pool'], run: RolloutRun): string | undefined {
  if ('problem' in pool) return undefined;
  const state = run.state();
  const expected = state.shares ?? sharesOf(state.plan.live, 100);
  if (Math.abs(pool.shares.blue - expected.blue) <= tolerance) return undefined;
  return `the traffic was changed from outside: the router reads ${describeShares(pool.shares)}, the rollout had set ${describeShares(expected)}`;
}
