import { UserError } from '../../core/errors.ts';
import { isFinished } from '../../core/rollout/advance.ts';
import { type InPlacePlan, isRolledByRuntime, otherColour, type RolloutPlan } from '../../core/rollout/plan.ts';
import type { RunResult } from '../../core/run-result.ts';
import type { Colour } from '../../core/target.ts';
import type { PastRollout } from '../../journal/read-rollout.ts';
import { emitInto } from '../run-events.ts';
import type { Flow } from '../flow.ts';
import { liveColour } from '../select-target.ts';
import { emptyEvidence } from './begin.ts';
import { emitTakeover, executeRollout } from './execute.ts';
import { nameOf, situate } from './platform-word.ts';
import { recordedSnapshots } from './rollback-flags.ts';
import type { RollbackOptions } from './rollback-options.ts';
import { configuredParts } from './rollback-steps.ts';
import type { RolloutSession } from './session.ts';
import { placesOf } from './sides.ts';

type PooledPlan = Exclude<RolloutPlan, InPlacePlan>;

type Selected =
  /** The rollout is open, or its rollback has failed. */
  | { readonly kind: 'continue'; readonly past: PastRollout; readonly resume: boolean }
  /** It had ended with all traffic on the release. */
  | { readonly kind: 'undo'; readonly past: PastRollout };

/** What is rolled back. Throws UserError where that is nothing, or another release than the one that was named. */
export function selectUndo(past: PastRollout | undefined, options: RollbackOptions): Selected {
  const { release, reason, resume } = options;
  if (!past) throw nothingToRollBack('this target had no rollout');
  const { plan, phase } = past.state;
  if (resume) {
    const continues = phase === 'rolling-back' || (!past.concluded && isFinished(past.state));
    if (continues) return { kind: 'continue', past, resume: true };
    if (phase === 'rollback-failed' || (plan.undoes && phase === 'planned'))
      return { kind: 'continue', past, resume: false };
    throw nothingToRollBack(`no rollback is open; the last rollout, ${past.runId}, is ${phase}`);
  }
  if (release === undefined || reason === undefined || reason.trim() === '')
    throw new UserError('A rollback needs the release and the reason.', [
      `npm run rollback -- --release ${plan.release} --reason "…"`,
      'npm run rollback -- --resume   to continue one that was interrupted',
    ]);
  if (plan.release !== release)
    throw nothingToRollBack(`the last rollout, ${past.runId}, is that of ${plan.release}, and it is ${phase}`);
  if (phase === 'rolled-back') throw nothingToRollBack(`${release} was rolled back already, by ${past.runId}`);
  return phase === 'promoted' ? { kind: 'undo', past } : { kind: 'continue', past, resume: false };
}

const nothingToRollBack = (why: string): UserError =>
  new UserError(`Nothing is rolled back: ${why}.`, ['npm run status']);

/** The rollback plan of the run that shipped the release. Throws UserError where the previous release would have to be started. */
export async function planUndo(
  past: PastRollout,
  options: RollbackOptions,
  session: RolloutSession,
  flow: Flow,
): Promise<RolloutPlan> {
  const { plan } = past.state;
  const context = session.contextFor('', flow.listen);
  const own = await requireLive(past, context.drivers);
  const cold = plan.strategy === 'in-place' ? [] : await coldIn(plan, context.drivers);
  const previous = plan.previousRelease;
  if (plan.strategy !== 'in-place' && cold.length > 0 && !options.startPrevious) throw notWarm(plan, cold);
  if (cold.length > 0 && previous === undefined)
    throw new UserError(
      `The previous release is not running on ${plan.live}, and ${past.runId} did not know its name.`,
      ['npm run deploy -- --release …   with the release that is to come back'],
    );
  await requireRestorable(plan, context.drivers);
  const { flags, migrations } = plan.rollback ?? {};
  const { flags: flagsNow, ...parts } = configuredParts(context, plan.settings);
  const silent = session.deployment.kind === 'production' && !options.allowProductionLoad;
  if (silent && plan.settings.synthetic !== false)
    context.emit({
      type: 'note',
      text: 'the proof sends no requests of its own on a production target; --allow-production-load allows them',
    });
  return {
    ...plan,
    ...(plan.strategy === 'in-place' && own !== undefined ? { own } : {}),
    settings: silent ? { ...plan.settings, synthetic: false } : plan.settings,
    rollback: {
      ...parts,
      ...(flags && flagsNow ? { flags } : {}),
      ...(migrations ? { migrations } : {}),
    },
    undoes: {
      runId: past.runId,
      ...(plan.strategy === 'in-place'
        ? {}
        : { shares: past.state.shares ?? { blue: 0, green: 0, [liveAfter(plan)]: 100 } }),
      flags: recordedSnapshots(past.record),
      ...(cold.length > 0 ? { startPrevious: true as const } : {}),
    },
  };
}

/** The colour that has all traffic after the rollout. */
const liveAfter = (plan: PooledPlan): Colour => (plan.strategy === 'blue-green' ? plan.idle : plan.live);

type Drivers = ReturnType<RolloutSession['contextFor']>['drivers'];

/** What was shipped or shifted since then is not undone by this rollback. Returns a platform's id of the release. */
async function requireLive(past: PastRollout, drivers: Drivers): Promise<string | undefined> {
  const { plan } = past.state;
  if (plan.strategy === 'in-place') return requireLiveOn(drivers.platform, past);
  const live = liveColour((await drivers.router.read()).shares);
  const running = (await placesOf({ kind: 'colour', colour: live }, { drivers })).filter((place) => place.running);
  const others = running.filter(({ release }) => release !== undefined && release !== plan.release);
  if (live === liveAfter(plan) && others.length === 0) return undefined;
  const what = others.length > 0 ? others.map(({ name, release }) => `${release} on ${name}`).join(', ') : live;
  throw nothingToRollBack(`${plan.release} is not live any more; live is ${what}`);
}

async function requireLiveOn(
  platform: Drivers['platform'],
  { state, record }: PastRollout,
): Promise<string | undefined> {
  if (!platform)
    throw nothingToRollBack(`${state.plan.release} was shipped by a platform that the target file does not name`);
  const { live, liveDeployment } = situate(await platform.read(), { state: () => state, record: () => record });
  if (live === 'release') return liveDeployment?.id;
  throw nothingToRollBack(`${state.plan.release} is not live any more; live is ${nameOf(liveDeployment)}`);
}

/** Where the previous release does not run, as `blue-1 runs nothing`. After a rolling update it runs nowhere. */
async function coldIn(plan: PooledPlan, drivers: Drivers): Promise<readonly ColdPlace[]> {
  const { previousRelease: wanted, live } = plan;
  const places = await placesOf({ kind: 'colour', colour: live }, { drivers });
  if (places.length === 0) return [{ name: live, found: `no instance of ${live} runs` }];
  return places
    .filter(({ running, release }) => !running || (wanted !== undefined && release !== wanted))
    .map(({ name, running, release }) => ({
      name,
      found: `${name} runs ${running ? (release ?? 'an unknown release') : 'nothing'}`,
    }));
}

interface ColdPlace {
  readonly name: string;
  readonly found: string;
}

/** Throws UserError where the runtime does not know any more what the previous release ran with. */
async function requireRestorable(plan: RolloutPlan, { runtime }: Drivers): Promise<void> {
  const { previousRelease, release } = plan;
  if (!isRolledByRuntime(plan)) return;
  const known = (await runtime.sides?.restorable(plan.live)) ?? [];
  if (previousRelease !== undefined && known.includes(previousRelease)) return;
  const found = known.length === 0 ? 'no earlier release' : known.join(', ');
  throw new UserError(
    `${previousRelease ?? 'The release before it'} cannot be restored: the runtime keeps ${found} of ${plan.live} beside ${release}.`,
    ['npm run deploy -- --release …   with the release that is to come back'],
  );
}

function notWarm(plan: PooledPlan, cold: readonly ColdPlace[]): UserError {
  const { previousRelease = 'the previous release', live, release } = plan;
  const found = cold.map((place) => place.found);
  const batch = isRolledByRuntime(plan) ? 'by the runtime' : 'one batch after the other';
  const how =
    plan.strategy === 'rolling'
      ? `replace each instance of ${live} by ${previousRelease}, ${batch}`
      : `start ${previousRelease} on ${cold.map(({ name }) => name).join(', ')}, wait until ${live} is ready, and then shift the traffic from ${otherColour(live)}`;
  return new UserError(
    `${previousRelease} is not warm on ${live}: ${found.join(', ')}. The rollback would first ${how}.`,
    [
      `npm run rollback -- --release ${release} --reason "…" --start-previous             to do so`,
      `npm run rollback -- --release ${release} --reason "…" --start-previous --dry-run   to see every step`,
    ],
  );
}

/** Rolls back in a run of its own, whose journal names the run that shipped the release. */
export async function beginUndo(
  plan: RolloutPlan,
  reason: string,
  session: RolloutSession,
  flow: Flow,
): Promise<RunResult> {
  await using folder = await session.openFolder(undefined, 'rollback');
  const emit = emitInto(folder, flow);
  const context = session.contextFor(folder.path, emit);
  emit({
    type: 'run-started',
    runId: folder.runId,
    verb: 'rollback',
    target: session.deployment.name,
    environment: plan.live,
  });
  emitTakeover(session.lock, emit);
  const { driverSettings: drivers, store } = session;
  await folder.record({ type: 'rollout-planned', targetKey: store.target, plan, forecast: [], drivers });
  const empty = emptyEvidence(folder.runId, plan, context);
  const evidence = { ...empty, plan: { ...empty.plan, steps: [] } };
  const orders = { unobservedMs: 0, abort: true, because: reason, restoreTraffic: false };
  const record = { plan, forecast: [], events: [] };
  return await executeRollout({ record, evidence }, { context, folder, session }, flow, orders);
}
