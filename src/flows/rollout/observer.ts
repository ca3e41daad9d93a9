import type { Side, Stage } from '../../core/rollout/step.ts';
import { sharesOf } from '../../core/rollout/plan.ts';
import type { Observation } from '../../core/rollout/observation.ts';
import { describeShares } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import { type CountedSide, countSide, edgesOf, strataProblem } from './count-side.ts';
import { type Divide, openParts, sentIn, withoutSent } from './parts.ts';
import { otherReleases } from './other-releases.ts';
import { changeOf } from './platform-word.ts';
import type { RolloutRun } from './run.ts';
import { isOf, shareOf, usersBetween } from './served.ts';
import { baselineOf, countedIn, hasNoMetrics, type NamedSide } from './sides.ts';
import { type Sides, type Snapshot, takeSnapshot } from './snapshot.ts';
import { maxMissedIntervals, sourceOf } from './source.ts';
import type { Synthetic } from './synthetic.ts';

export interface Observer {
  /** Requests of our own up to now. */
  readonly sent: Synthetic['sent'];
  /**
   * The next observation, the external change of the traffic where there was one, and whether source and router could be
   * read: after a failure, the first reading that succeeds has no counts yet.
   */
  readonly observe: () => Promise<{
    readonly observation: Observation;
    readonly readable: boolean;
    readonly changed?: ExternalChange;
  }>;
}

export interface ExternalChange {
  readonly because: string;
  /** The previous release has the traffic again. */
  readonly isPrevious: boolean;
}

/** Opens an observer of a stage; it counts from this moment on. */
export async function openObserver(
  stage: Stage,
  run: RolloutRun,
  synthetic: Pick<Synthetic, 'sent'> = { sent: async () => undefined },
): Promise<Observer> {
  const sides = { canary: stage.canary, baseline: baselineOf(run.state().plan, stage.canary) };
  const divide = openParts(countedIn(run).slos, sourceOf(run, run.state().plan.live));
  let before = await takeSnapshot(sides, run, { synthetic });
  return {
    sent: synthetic.sent,
    observe: async () => {
      const now = await takeSnapshot(sides, run, { before, synthetic });
      const observation = compare(before, now, { sides, divide }, run);
      before = now;
      const changed = externalChange(now.pool, run) ?? (await changedRelease(stage, run));
      const readable = isReadable(now, isCountless(stage.canary, run));
      if (changed === undefined) return { observation, readable };
      const problems = [changed.because, ...observation.problems];
      return { observation: { ...observation, observed: false, problems }, readable, changed };
    },
  };
}

const isReadable = ({ canary, pool }: Snapshot, countless: boolean): boolean =>
  !('problem' in pool) && (canary.length > 0 || countless) && canary.every(({ problem }) => problem === undefined);

function compare(
  before: Snapshot,
  now: Snapshot,
  { sides, divide }: { readonly sides: Sides; readonly divide: Divide },
  run: RolloutRun,
): Observation {
  const lengthMs = now.monotonicMs - before.monotonicMs;
  const { intervalMs } = run.state().plan.settings;
  const canary = withoutPages(
    countSide(before.canary, now.canary, countedIn(run)),
    isCountless(sides.canary, run),
    run,
  );
  const baseline = countSide(before.baseline, now.baseline, countedIn(run));
  const sent = sentIn(before.sent, now.sent);
  const late = lengthMs > intervalMs * maxMissedIntervals + 1000 ? [`unobserved for ${formatMs(lengthMs)}`] : [];
  const unseen = canary.complete
    ? []
    : [...canary.problems, ...(canary.problems.length === 0 ? ['no counters of the new release'] : [])];
  const named = now.sides;
  const { users, problem } = named ? usersBetween(before.pool, now.pool, named) : { users: {} };
  // A user with a cookie stays with his server, so that the shares of requests do not follow the weights.
  const share = named && 'shares' in now.pool && !run.stickyUsers ? shareOf(named.canary, now.pool) : undefined;
  const router = ['problem' in now.pool ? now.pool.problem : problem].flatMap((each) => each ?? []);
  const mixed = [
    strataProblem(withoutSent(canary, sent, run.slos), now.canary.length, users.served?.canary.requests, run.slos),
  ].flatMap((each) => each ?? []);
  const down = named ? downIn(now.pool, named.canary) : [];
  return {
    at: new Date(run.clock.now()).toISOString(),
    lengthMs,
    observed: [late, unseen, mixed, router].every(({ length }) => length === 0),
    ...('shares' in now.pool ? { shares: now.pool.shares } : {}),
    ...divide({ canary: canary.counts, baseline: baseline.counts, ...edgesOf(canary, baseline) }, sent, {
      canary: canary.complete,
      baseline: baseline.complete,
    }),
    ...(Object.keys(canary.unknown).length > 0 ? { unknown: canary.unknown } : {}),
    ready: now.ready && down.length === 0,
    ...(share === undefined ? {} : { share }),
    ...users,
    problems: [...late, ...unseen, ...mixed, ...router, ...down.map((name) => `the router reports ${name} down`)],
  };
}

/** A platform's target may name no metrics: the rest is observed all the same, and every objective stays open. */
const isCountless = (side: Side, run: RolloutRun): boolean =>
  side.kind === 'public' && hasNoMetrics(run.targetOf('public'));

function withoutPages(counted: CountedSide, countless: boolean, { slos }: RolloutRun): CountedSide {
  if (!countless) return counted;
  const unknown = Object.fromEntries(slos.map(({ id }) => [id, 'the target file names no metrics']));
  return { ...counted, complete: true, unknown };
}

/** Instances of the canary that take traffic and that the router reports down, whatever they answer themselves. */
function downIn(pool: Snapshot['pool'], canary: NamedSide): string[] {
  if (!('shares' in pool)) return [];
  return pool.members
    .filter((member) => isOf(canary, member) && member.state === 'ready' && !member.up)
    .map(({ name }) => name);
}

async function changedRelease(stage: Stage, run: RolloutRun): Promise<ExternalChange | undefined> {
  const because = await otherReleases(stage, run);
  return because === undefined ? undefined : { because, isPrevious: false };
}

/** Percent points that rounding to whole weights may cost. */
const tolerance = 1;

function externalChange(pool: Snapshot['pool'], run: RolloutRun): ExternalChange | undefined {
  const { plan, shares, phase } = run.state();
  // What a rollback has made live is no change from outside.
  if ('platform' in pool) return phase === 'rolling-back' ? undefined : changeOf(pool.platform, run);
  if ('problem' in pool || plan.live === 'public') return undefined;
  const expected = shares ?? sharesOf(plan.live, 100);
  if (Math.abs(pool.shares.blue - expected.blue) <= tolerance) return undefined;
  const because = `the traffic was changed from outside: the router reads ${describeShares(pool.shares)}, the rollout had set ${describeShares(expected)}`;
  return { because, isPrevious: false };
}
