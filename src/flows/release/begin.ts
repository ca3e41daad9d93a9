import { isDeepStrictEqual } from 'node:util';
import type { Emit } from '../../core/events.ts';
import type { RolloutSettings } from '../../core/rollout/settings.ts';
import { ToolError, UserError } from '../../core/errors.ts';
import { type RunEvidence, schemaVersion } from '../../core/run-result.ts';
import { preflightParts } from '../../core/preflight.ts';
import { otherColour } from '../../core/rollout/plan.ts';
import type { EnvironmentName, Target } from '../../core/target.ts';
import { readEvidence } from '../../journal/read-run.ts';
import type { WaitingRelease } from '../../journal/waiting-release.ts';
import { startCheckRun } from '../check-run.ts';
import { openCheck } from '../check-side.ts';
import { concludeRun } from '../conclude.ts';
import type { Flow } from '../flow.ts';
import { openAnnouncement } from './open-announcement.ts';
import { keptEvidence, runParts } from '../preflight/run-parts.ts';
import { beginRollout, type Deployed, planAndForecast, planRelease } from '../rollout/begin.ts';
import { emitTakeover } from '../rollout/execute.ts';
import type { DeployOptions } from '../rollout/options.ts';
import { releaseOn, releaseToShip, strategyOf as rolloutStrategy } from '../rollout/plan-rollout.ts';
import type { RolloutSession } from '../rollout/session.ts';
import { emitInto } from '../run-events.ts';
import { liveColour } from '../select-target.ts';
import { checkPlan } from '../verify.ts';

/**
 * A whole release: section 1, and then the rollout in the same run. The rollout is planned once the preflight has passed,
 * because its migrations may come with an artifact that the preflight builds.
 */
export async function beginRelease(
  options: DeployOptions,
  { settings, waiting }: { readonly settings: RolloutSettings; readonly waiting: WaitingRelease | undefined },
  session: RolloutSession,
  flow: Flow,
): Promise<Deployed> {
  const wanted = waiting ? asBefore(options, waiting) : options;
  const shipped = await whatToShip(wanted, session, flow);
  const shipping = { ...wanted, release: shipped.release };
  if (options.dryRun) return { kind: 'planned', ...(await planAndForecast(shipping, settings, session, flow)) };
  await refuseEarly(shipping, settings, session, flow);
  await using folder = await session.openFolder(waiting?.runId, 'release');
  const record = emitInto(folder, flow);
  const { environment } = shipped;
  const read = waiting ? await readEvidence(folder.path) : undefined;
  const earlier = read && keptEvidence(read);
  if (earlier && options.slo === undefined) requireSameObjectives(earlier, session, flow);
  const startedAt = flow.clock.now();
  await using announcement = await openAnnouncement(
    { ...announcedOf(shipped, shipping), startedAt: new Date(startedAt).toISOString() },
    { folder, session, emit: record, earlier },
  );
  const emit: Emit = (event) => {
    record(event);
    announcement.follow(event);
  };
  emit({ type: 'run-started', runId: folder.runId, verb: 'release', target: session.deployment.name, environment });
  emitTakeover(session.lock, emit);
  const context = session.contextFor(folder.path, emit);
  const target = withRelease(context.targetOf(environment), shipped.release);
  if (waiting) await folder.removeReport();
  // What was left out before is not any more, and the rollout that was about to be planned is planned again.
  const empty = emptyEvidence(folder.runId, target, context.slos, startedAt);
  const run = startCheckRun({ ...earlier, ...empty, ...strategyOf(shipping) }, flow.clock, emit);
  const preflight = session.preflight({ ...shipped, target, context, hotfix: options.hotfix });
  const save = (evidence: RunEvidence) => folder.writeJson('evidence.json', evidence);
  // From here on `--resume` knows the release.
  await save(run.evidence());
  await runParts(run, preflight, session.gatherers, save);
  await context.learnSecrets();
  const open = openCheck(run.evidence());
  if (flow.signal.aborted || open) {
    emit({
      type: 'note',
      text: howToRepeat(context.targetArgument ?? session.deployment.name, open?.status === 'fail'),
    });
    const result = await concludeRun(
      { verb: 'release', target, run, folder, tools: context.tools, startedAt, emit, announce: announcement.conclude },
      flow,
    );
    return { kind: 'ended', result };
  }
  const planned = await planAndForecast(shipping, settings, session, flow);
  const within = { folder, emit, announcement, earlier: run.evidence(), startedAtMs: startedAt };
  return { kind: 'ended', result: await beginRollout(planned, session, flow, within) };
}

const announcedOf = ({ release, previousRelease }: Shipped, { hotfix, strategy }: DeployOptions) => ({
  release,
  ...(previousRelease === undefined ? {} : { previousRelease }),
  ...(hotfix === undefined ? {} : { hotfix }),
  ...strategyOf({ strategy }),
});

const strategyOf = ({ strategy }: Pick<DeployOptions, 'strategy'>) => (strategy === undefined ? {} : { strategy });

/** What the operator asked for when the release began, unless it is asked for otherwise now. */
const asBefore = (options: DeployOptions, { release, strategy }: WaitingRelease): DeployOptions => ({
  ...options,
  release,
  ...strategyOf({ strategy: options.strategy ?? strategy }),
});

/** A release that began under objectives of its own is not judged by others without the operator knowing it. */
function requireSameObjectives({ plan }: RunEvidence, session: RolloutSession, flow: Flow): void {
  const { slos } = session.contextFor('', flow.listen);
  if (isDeepStrictEqual(plan.slos, slos)) return;
  throw new UserError('The objectives are not those that this release began with.', [
    'npm run release -- --resume --slo FILE   with the objectives to judge it by, such as config/slo.yaml',
  ]);
}

interface Shipped {
  readonly release: string;
  readonly previousRelease?: string;
  /** Where it is going to run first. */
  readonly environment: EnvironmentName;
}

/** Throws UserError where it is not known what to ship, and where it is live already. */
async function whatToShip(
  options: DeployOptions,
  { deployment, contextFor }: RolloutSession,
  flow: Flow,
): Promise<Shipped> {
  const { release: named } = options;
  const { drivers } = contextFor('', flow.listen);
  if (drivers.platform) return { release: releaseToShip(named, undefined, deployment.releases), environment: 'public' };
  const live = liveColour((await drivers.router.read()).shares);
  const previousRelease = releaseOn(live, await drivers.runtime.read());
  const release = releaseToShip(named, previousRelease, deployment.releases);
  const environment = rolloutStrategy(options, drivers.runtime) === 'rolling' ? live : otherColour(live);
  return { release, environment, ...(previousRelease === undefined ? {} : { previousRelease }) };
}

/** What the plan would refuse is refused before the preflight; what only the built release can answer is not asked yet. */
async function refuseEarly(
  options: DeployOptions,
  settings: RolloutSettings,
  session: RolloutSession,
  flow: Flow,
): Promise<void> {
  try {
    await planRelease(options, settings, session, flow);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
  }
}

const withRelease = (target: Target, release: string): Target => ({
  ...target,
  environment: { ...target.environment, release },
});

const emptyEvidence = (runId: string, target: Target, slos: RunEvidence['plan']['slos'], now: number): RunEvidence => ({
  schemaVersion,
  runId,
  plan: checkPlan(preflightParts, slos, target, now),
  smoke: [],
});

/** A refused release does not wait: it is shipped anew once it is corrected. */
const howToRepeat = (target: string, refused: boolean): string =>
  refused
    ? 'nothing was shipped'
    : `nothing was shipped; npm run release -- --target ${target} --resume repeats what did not pass`;
