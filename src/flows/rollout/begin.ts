import { UserError } from '../../core/errors.ts';
import { rejectionOf } from '../../journal/rejected.ts';
import { knownOf } from '../../core/judge/accepted.ts';
import type { RolloutSettings } from '../../core/rollout/settings.ts';
import type { StageForecast } from '../../core/rollout/forecast.ts';
import { isShipping, releasedOn, type RolloutPlan, withinRelease } from '../../core/rollout/plan.ts';
import { type RunEvidence, type RunResult, schemaVersion } from '../../core/run-result.ts';
import { formatIdentity } from '../../core/target.ts';
import { renderRolloutPlan } from '../../report/index.ts';
import { emitInto } from '../run-events.ts';
import type { Flow } from '../flow.ts';
import { emitTakeover, executeRollout } from './execute.ts';
import { forecastRollout } from './forecast.ts';
import type { Emit } from '../../core/events.ts';
import type { Announcement } from '../release/follow-release.ts';
import type { StepId } from '../../core/plan.ts';
import type { RunFolder } from '../../journal/run-folder.ts';
import { sideSteps } from '../check-side.ts';
import { missingIdentity } from './identity.ts';
import type { DeployOptions } from './options.ts';
import { planOnlyWatch } from './plan-watch.ts';
import { planPlatformRollout, usesPlatform } from './plan-platform.ts';
import { planRollout } from './plan-rollout.ts';
import type { RolloutContext } from './run.ts';
import { requireSource } from './source.ts';
import type { RolloutSession } from './session.ts';

export interface PlannedRollout {
  readonly plan: RolloutPlan;
  readonly forecast: readonly StageForecast[];
}

export type Deployed =
  | ({ readonly kind: 'planned' } & PlannedRollout)
  | { readonly kind: 'ended'; readonly result: RunResult };

/** The plan and what each stage can measure; changes nothing. Throws UserError for what cannot be shipped. */
export async function planAndForecast(
  options: DeployOptions,
  settings: RolloutSettings,
  session: RolloutSession,
  flow: Flow,
): Promise<PlannedRollout> {
  const context = session.contextFor('', flow.listen);
  const plan =
    options.verb === 'watch'
      ? await planOnlyWatch(options, session.deployment, settings, context)
      : await planRelease(options, settings, session, flow);
  requireSource(context, plan.verb === 'watch' ? releasedOn(plan) : plan.live, settings);
  if (plan.verb === 'watch') await warnOfRejected(plan, session, context);
  const missing = await missingIdentity(plan, context);
  if (missing !== undefined) context.emit({ type: 'note', text: missing });
  return { plan, forecast: await forecastRollout(plan, context) };
}

/** Throws UserError for a release that cannot be shipped, or was rolled back. */
export async function planRelease(
  options: DeployOptions,
  settings: RolloutSettings,
  session: RolloutSession,
  flow: Flow,
): Promise<RolloutPlan> {
  const context = session.contextFor('', flow.listen);
  const plan = await withRetry(await planDeploy(options, session.deployment, settings, context), options, session);
  if (options.verb !== 'release') return plan;
  requireConsent(plan, context, session.deployment, options);
  return withinRelease(plan);
}

/** The idle colour is checked under load, and it may share machines with the one that has users. */
function requireConsent(
  plan: RolloutPlan,
  { targetOf }: RolloutContext,
  { kind }: RolloutSession['deployment'],
  { allowProductionLoad }: DeployOptions,
): void {
  if (plan.strategy !== 'blue-green' || kind !== 'production' || allowProductionLoad) return;
  if (targetOf(plan.idle).load.off !== undefined) return;
  throw new UserError(`The target is production, and release would put load on ${plan.idle}, which has no users yet.`, [
    '--allow-production-load',
    'load: { off: REASON }   in the target file',
  ]);
}

/** What runs beside a live release may be one that was rolled back itself, and a breach would bring users to it. */
async function warnOfRejected(
  { previousRelease }: RolloutPlan,
  { store }: RolloutSession,
  { emit }: Pick<RolloutContext, 'emit'>,
): Promise<void> {
  const rejection = previousRelease === undefined ? undefined : await rejectionOf(store, previousRelease);
  if (!rejection) return;
  const text = `${previousRelease} is rejected, because ${rejection.runId} rolled it back: on a breach users would get it; ship what they are to get instead, or stop it`;
  emit({ type: 'note', text });
}

const planDeploy: typeof planPlatformRollout = (options, deployment, settings, context) =>
  usesPlatform(options.strategy, context.drivers)
    ? planPlatformRollout(options, deployment, settings, context)
    : planRollout(options, deployment, settings, context);

/** Throws UserError for a release that was rolled back, unless the operator says why it is shipped again. */
async function withRetry(
  plan: RolloutPlan,
  { retryRejected }: DeployOptions,
  { store }: RolloutSession,
): Promise<RolloutPlan> {
  const rejection = await rejectionOf(store, plan.release);
  if (!rejection) return plan;
  const { runId, because } = rejection;
  if (retryRejected === undefined || retryRejected.trim() === '')
    throw new UserError(`${plan.release} is rejected, because ${runId} rolled it back. ${because}`, [
      'ship a corrected release under another name',
      '--retry-rejected "why it may pass now"',
    ]);
  return { ...plan, retried: { runId, because: retryRejected } };
}

interface Within {
  readonly folder: RunFolder;
  readonly emit: Emit;
  readonly earlier: RunEvidence;
  /** When the run began, in ms since the epoch. */
  readonly startedAtMs: number;
  readonly announcement: Announcement;
}

/** Starts a new rollout in a folder of its own and executes it. */
export async function beginRollout(
  { plan, forecast }: PlannedRollout,
  session: RolloutSession,
  flow: Flow,
  /** What the preflight of the same run has gathered, in the folder of that run. */
  within?: Within,
): Promise<RunResult> {
  const { verb = 'deploy' } = plan;
  await using opened = within ? undefined : await session.openFolder(undefined, verb);
  const folder = within?.folder ?? opened;
  if (!folder) throw new Error('no folder was opened');
  const emit = within?.emit ?? emitInto(folder, flow);
  const context = session.contextFor(folder.path, emit);
  const environment = releasedOn(plan);
  if (!within) {
    emit({ type: 'run-started', runId: folder.runId, verb, target: session.deployment.name, environment });
    emitTakeover(session.lock, emit);
  }
  for (const text of renderRolloutPlan(plan, forecast)) emit({ type: 'note', text });
  const evidence = withPreflight(emptyEvidence(folder.runId, plan, context), within?.earlier);
  // Once it is planned, the rollout is continued from its journal with this evidence.
  if (within) await folder.writeJson('evidence.json', evidence);
  await folder.record({
    type: 'rollout-planned',
    targetKey: session.store.target,
    plan,
    forecast,
    drivers: session.driverSettings,
  });
  return await executeRollout(
    { record: { plan, forecast, events: [] }, evidence },
    { context, folder, session, announcement: within?.announcement, startedAtMs: within?.startedAtMs },
    flow,
  );
}

function withPreflight(evidence: RunEvidence, earlier: RunEvidence | undefined): RunEvidence {
  if (!earlier) return evidence;
  const { plan, ...gathered } = earlier;
  const steps = [...plan.steps, ...evidence.plan.steps];
  return { ...gathered, plan: { ...plan, ...evidence.plan, steps, leftOut: plan.leftOut } };
}

/** The steps of a rollout that are judged as those of a verification are. */
function verifiedSteps(plan: RolloutPlan): StepId[] {
  if (plan.strategy === 'rolling' || !isShipping(plan)) return [];
  const checked = plan.steps.some((step) => step.do === 'check');
  return ['health', 'readiness', ...(checked ? sideSteps : [])];
}

/** The evidence of a rollout that has gathered none yet. */
export function emptyEvidence(
  runId: string,
  plan: RolloutPlan,
  { slos, targetOf, crashFree, clock, drivers }: RolloutContext,
): RunEvidence {
  const { environment, smoke, inapplicable, accepted, identity, load } = targetOf(releasedOn(plan));
  return {
    schemaVersion,
    runId,
    plan: {
      steps: verifiedSteps(plan),
      ...(load.off === undefined
        ? {}
        : { inapplicableSteps: { load: load.off, metrics: load.off, aftermath: load.off } }),
      slos,
      ...(crashFree ? { crashFree: crashFree.slo } : {}),
      inapplicable,
      expectedRelease: plan.release,
      releaseFrom: formatIdentity({ identity }),
      ...(identity.from === 'none' ? { unidentified: identity.because } : {}),
      offers: {
        web: environment.web !== undefined,
        metrics: environment.metrics.length > 0 || drivers.runtime.sides !== undefined,
        shutdown: false,
        ...(smoke.playwright === false ? { journeyInCode: false } : {}),
      },
      smokeBudgetMs: smoke.budgetMs,
      ...knownOf({ accepted }, clock.now()),
      leftOut: {},
    },
    smoke: [],
  };
}
