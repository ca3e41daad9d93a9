import { toolEnvironment } from '../config/environment.ts';
import { chooseEnvironment, driversOf } from '../config/target-file.ts';
import { UserError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { isFinished } from '../core/rollout/advance.ts';
import type { StageForecast } from '../core/rollout/forecast.ts';
import type { RolloutPlan } from '../core/rollout/plan.ts';
import { type RunEvidence, type RunResult, schemaVersion } from '../core/run-result.ts';
import { readEvidence } from '../journal/read-run.ts';
import { latestRollout, type PastRollout, targetKeyOf } from '../journal/read-rollout.ts';
import { nameRun, openRunFolder, type RunFolder } from '../journal/run-folder.ts';
import { renderRolloutPlan } from '../report/index.ts';
import { createDrivers } from './drivers.ts';
import { emitInto } from './run-events.ts';
import type { Flow } from './flow.ts';
import { startEmbedded } from './embedded-target.ts';
import { readSettings } from './prepare.ts';
import { readRolloutSettings } from './read-settings.ts';
import { concludeRollout } from './rollout/conclude.ts';
import { driveRollout, restoreTraffic } from './rollout/drive.ts';
import { forecastRollout } from './rollout/forecast.ts';
import { lockTarget } from './rollout/lock-target.ts';
import type { DeployOptions } from './rollout/options.ts';
import { planRollout, refuseExternalChange } from './rollout/plan-rollout.ts';
import { type RolloutContext, startRolloutRun } from './rollout/run.ts';
import { requireJourneyFiles } from './journey-files.ts';
import { openRunSecrets } from './run-secrets.ts';

export type Deployed =
  | { readonly kind: 'planned'; readonly plan: RolloutPlan; readonly forecast: readonly StageForecast[] }
  | { readonly kind: 'ended'; readonly result: RunResult };

/** Clauses 2.B1 to 2.B5 and 2.R1 to 2.R4: ships a release, or goes on where an earlier command stopped. */
export async function deploy(options: DeployOptions, flow: Flow): Promise<Deployed> {
  const { variables } = flow.environment;
  const { source, slos, profiles, tools } = await readSettings({ target: options.target, slo: options.slo }, flow);
  if (source.kind === 'url') throw new UserError('A rollout needs a target file.');
  await using secrets = await openRunSecrets();
  const { mask, sessionsFile } = secrets;
  const now = () => new Date(flow.clock.now());
  const newRun = () => openRunFolder(flow.reportsRoot, nameRun('deploy', 'release', now(), flow.random()), mask, now);

  if (source.kind === 'embedded' && (options.resume || options.abort))
    throw nothingOpen(`the ${source.name} does not run`);
  // Starting a target needs a place for its talk; every other rollout opens its folder once it is sure to begin.
  await using early = source.kind === 'embedded' ? await newRun() : undefined;
  await using started =
    source.kind === 'embedded'
      ? await startEmbedded(
          source,
          { extra: source.embedded.forDeploy, runFolder: early?.path ?? '', emit: flow.listen },
          flow,
        )
      : undefined;
  const { file, deployment } = started ?? (source as Extract<typeof source, { kind: 'deployment' }>);
  const targetKey = targetKeyOf(deployment.name, driversOf(file, deployment).router);
  await using lock = await lockTarget(targetKey, options, flow);
  secrets.learnTarget(deployment, variables);

  const shared = {
    drivers: createDrivers(file, deployment, flow),
    targetOf: (environment: 'blue' | 'green') => chooseEnvironment(file, deployment, environment),
    slos,
    profiles,
    tools,
    clock: flow.clock,
    signal: flow.signal,
    sessionsFile,
    learnSecrets: secrets.learn,
  };
  const contextIn = (path: string, emit: Emit): RolloutContext => ({
    ...shared,
    emit,
    runner: {
      runFolder: path,
      projectRoot: flow.projectRoot,
      toolEnv: toolEnvironment(variables, deployment.env),
      signal: flow.signal,
      emit,
      mask,
    },
  });

  const past = await latestRollout(flow.reportsRoot, targetKey);
  const open = openRollout(past, options);
  await refuseExternalChange(shared.drivers.router, past, options);
  if (open) {
    await using folder = await openRunFolder(flow.reportsRoot, open.runId, mask, now);
    return {
      kind: 'ended',
      result: await resumeRollout(open, options, contextIn(folder.path, emitInto(folder, flow)), folder, lock, flow),
    };
  }

  await requireJourneyFiles(chooseEnvironment(file, deployment, undefined));
  const settings = await readRolloutSettings(deployment.rollout, flow);
  const plan = await planRollout(options, deployment, settings, shared);
  const forecast = await forecastRollout(plan, contextIn(early?.path ?? '', flow.listen));
  if (options.dryRun) return { kind: 'planned', plan, forecast };
  await using fresh = early ? undefined : await newRun();
  const folder = early ?? fresh;
  if (!folder) throw new Error('a rollout without a folder');
  const emit = emitInto(folder, flow);
  emit({
    type: 'run-started',
    runId: folder.runId,
    verb: 'deploy',
    target: deployment.name,
    environment: plan.strategy === 'blue-green' ? plan.idle : plan.live,
  });
  emitTakeover(lock, emit);
  for (const text of renderRolloutPlan(plan, forecast)) emit({ type: 'note', text });
  await folder.record({ type: 'rollout-planned', targetKey, plan, forecast });
  const evidence = emptyEvidence(folder.runId, plan, contextIn(folder.path, emit));
  const start = { record: { plan, forecast, events: [] }, evidence };
  return { kind: 'ended', result: await executeRollout(start, contextIn(folder.path, emit), folder, lock, flow) };
}

type Lock = Awaited<ReturnType<typeof lockTarget>>;

function emitTakeover({ takenOverFrom }: Lock, emit: Emit): void {
  if (takenOverFrom) emit({ type: 'lock-taken-over', from: takenOverFrom.owner.owner, because: takenOverFrom.because });
}

async function resumeRollout(
  open: PastRollout,
  options: DeployOptions,
  context: RolloutContext,
  folder: RunFolder,
  lock: Lock,
  flow: Flow,
): Promise<RunResult> {
  const { emit } = context;
  emit({
    type: 'run-started',
    runId: open.runId,
    verb: 'deploy',
    target: context.targetOf('blue').name,
    environment: open.record.plan.live,
  });
  emitTakeover(lock, emit);
  const evidence = (await readEvidence(open.path)) ?? emptyEvidence(open.runId, open.record.plan, context);
  const unobservedMs = Math.max(0, flow.clock.now() - Date.parse(open.lastAt));
  // Judged to its end by the objectives that it began with, unless others are named now.
  const slos = options.slo === undefined ? evidence.plan.slos : context.slos;
  const start = { record: open.record, evidence: { ...evidence, plan: { ...evidence.plan, slos } } };
  return executeRollout(start, { ...context, slos }, folder, lock, flow, {
    unobservedMs,
    abort: options.abort === true,
    restoreTraffic: options.acceptWeights === true,
  });
}

async function executeRollout(
  start: { readonly record: PastRollout['record']; readonly evidence: RunEvidence },
  context: RolloutContext,
  folder: RunFolder,
  lock: Lock,
  flow: Flow,
  resumed?: { readonly unobservedMs: number; readonly abort: boolean; readonly restoreTraffic: boolean },
): Promise<RunResult> {
  const run = startRolloutRun(context, start, folder, lock);
  const startedAt = resumed ? Date.parse(start.record.events[0]?.at ?? '') || flow.clock.now() : flow.clock.now();
  // First of all: from then on the way back goes on even where it cannot be written down.
  if (resumed?.abort) await run.append({ type: 'aborted', because: 'a person took it back' });
  if (resumed) await run.append({ type: 'resumed', unobservedMs: resumed.unobservedMs });
  if (resumed?.restoreTraffic && run.state().phase === 'progressing') await restoreTraffic(run);
  await driveRollout(run);
  return concludeRollout(run, folder, startedAt, context.tools, flow);
}

/** The rollout that this command is about; undefined where it begins a new one. */
function openRollout(
  past: PastRollout | undefined,
  { resume, abort, acceptWeights }: DeployOptions,
): PastRollout | undefined {
  const open = past && !isFinished(past.state) ? past : undefined;
  if (resume || abort) {
    if (open) return open;
    if (past?.state.phase === 'rollback-failed' && abort) return past;
    // Killed between its last step and its report: nothing is left to do but to tell it.
    if (past && !past.concluded && resume) return past;
    throw nothingOpen(past ? `the last one, ${past.runId}, ended as ${past.state.phase}` : 'there was none');
  }
  if (past?.state.phase === 'rollback-failed' && !acceptWeights) {
    // What the router says is live may be the very release that was to be taken back.
    throw new UserError(`The rollout ${past.runId} of ${past.record.plan.release} is stuck on its way back.`, [
      'npm run deploy -- --abort                 to try to take it back again',
      'npm run deploy -- … --accept-weights      where what has traffic now is what is to stay',
    ]);
  }
  if (!open) return undefined;
  throw new UserError(`The rollout ${open.runId} of ${open.record.plan.release} is still open.`, [
    'npm run deploy -- --resume   to go on with it',
    'npm run deploy -- --abort    to take it back',
  ]);
}

const nothingOpen = (why: string): UserError =>
  new UserError(`No rollout of this target is open: ${why}.`, ['npm run status', 'npm run deploy -- --release …']);

function emptyEvidence(runId: string, plan: RolloutPlan, { slos, targetOf }: RolloutContext): RunEvidence {
  const { environment, smoke } = targetOf(plan.strategy === 'blue-green' ? plan.idle : plan.live);
  return {
    schemaVersion,
    runId,
    plan: {
      steps: plan.strategy === 'blue-green' ? ['health', 'readiness'] : [],
      slos,
      expectedRelease: plan.release,
      offers: {
        web: environment.web !== undefined,
        metrics: environment.metrics.length > 0,
        shutdown: false,
        ...(smoke.playwright === false ? { journeyInCode: false } : {}),
      },
      smokeBudgetMs: smoke.budgetMs,
      leftOut: {},
    },
    smoke: [],
  };
}
