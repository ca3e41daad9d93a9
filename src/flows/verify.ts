import { toolEnvironment } from '../config/environment.ts';
import { findTarget, type FoundTarget, type TargetOptions } from '../config/target.ts';
import { type FoundTools, readTools } from '../config/tools.ts';
import { UserError } from '../core/errors.ts';
import { type LoadPlan, type LoadProfiles, planLoad } from '../core/load-plan.ts';
import type { CheckPlan, StepId } from '../core/plan.ts';
import { type RunResult, schemaVersion, type Verb } from '../core/run-result.ts';
import type { Slo } from '../core/slo.ts';
import type { Target } from '../core/target.ts';
import { nameRun, openRunFolder } from '../journal/run-folder.ts';
import { discover } from '../sources/discover.ts';
import { startCheckRun } from './check-run.ts';
import { chooseTarget } from './choose-target.ts';
import { concludeRun } from './conclude.ts';
import { emitInto } from './emit-into.ts';
import type { Flow } from './flow.ts';
import { readProfiles, readSlos } from './read-settings.ts';
import { type OpenTarget, openTarget } from './open-target.ts';
import { requireJourney } from './require-journey.ts';
import { openRunSecrets } from './run-secrets.ts';
import { phases } from './phases.ts';

export interface VerifyOptions extends TargetOptions {
  readonly keepGoing?: boolean | undefined;
  readonly allowProductionLoad?: boolean | undefined;
  readonly slo?: string | undefined;
  readonly profile?: string | undefined;
  readonly rate?: number | undefined;
  readonly durationMs?: number | undefined;
}

const everything: readonly StepId[] = ['health', 'readiness', 'smoke', 'load', 'metrics', 'aftermath', 'shutdown'];

/** Clauses 2.B3, 3.1, 3.2: is this environment fit for users? */
export const verify = (options: VerifyOptions, flow: Flow): Promise<RunResult> =>
  check('verify', everything, options, flow);

/** Clause 3.1 alone: what runs after each traffic stage. */
export const smoke = (options: VerifyOptions, flow: Flow): Promise<RunResult> =>
  check('smoke', ['smoke'], options, flow);

/** Clause 3.2 alone: one profile, and what the target says of itself meanwhile. */
export const load = (options: VerifyOptions, flow: Flow): Promise<RunResult> =>
  check('load', ['load', 'metrics', 'aftermath'], options, flow);

async function check(verb: Verb, steps: readonly StepId[], options: VerifyOptions, flow: Flow): Promise<RunResult> {
  const { variables, cwd } = flow.environment;
  const found = await findTarget(options, { projectRoot: flow.projectRoot, cwd, variables });
  const slos = await readSlos(options.slo, flow);
  const profiles = await readProfiles(flow);
  const early = await chooseEarly(found, options, flow);
  // Asked now, so that a mistyped profile ends the run before anything is started.
  planOfLoad(profiles, options, early?.load ?? {});
  const tools = await readTools(flow.projectRoot, variables['SHIPROOM_TOOLS_DIR']);
  if (early) requireLoadConsent(verb, steps, early, options);
  if (early && steps.includes('smoke')) await requireJourney(early);

  await using secrets = await openRunSecrets();
  const { mask, sessionsFile } = secrets;
  const environment = early?.environment.name ?? options.env ?? 'green';
  const runId = nameRun(verb, environment, new Date(flow.clock.now()), flow.random());
  await using folder = await openRunFolder(flow.reportsRoot, runId, mask, () => new Date(flow.clock.now()));
  const emit = emitInto(folder, flow);
  const name = found.kind === 'embedded' ? found.name : (early?.name ?? '');
  emit({ type: 'run-started', runId, verb, target: name, environment });
  flow.signal.addEventListener('abort', () => emit({ type: 'interrupted', signal: String(flow.signal.reason) }), {
    once: true,
  });
  await using opened =
    found.kind === 'url'
      ? undefined
      : await openTarget(
          found,
          (embedded) => startArguments(embedded.withRelease, options),
          folder.path,
          flow,
          emit,
        ).catch((error: unknown) => {
          if (error instanceof UserError) folder.discard();
          throw error;
        });
  const target = await targetOf(found, opened, options, flow);
  requireTools(steps, target, tools);
  secrets.learnTarget(target, variables);
  const startedAt = flow.clock.now();
  const run = startCheckRun({ schemaVersion, runId, plan: planOf(steps, slos, target), smoke: [] }, flow.clock, emit);
  const context = {
    runFolder: folder.path,
    projectRoot: flow.projectRoot,
    toolEnv: toolEnvironment(variables, target.env),
    signal: flow.signal,
    emit,
    mask,
  };
  const shared = {
    run,
    target,
    tools,
    clock: flow.clock,
    context,
    sessionsFile,
    load: planOfLoad(profiles, options, target.load),
  };

  for (const phase of phases.filter((candidate) => candidate.steps.some((step) => steps.includes(step)))) {
    const wanted = phase.steps.filter((step) => steps.includes(step));
    if (flow.signal.aborted) run.skipSteps(wanted, 'the run was interrupted before it');
    else if (run.hasFailed() && !options.keepGoing)
      run.skipSteps(wanted, 'an earlier check failed; --keep-going looks at the rest too');
    else await phase.execute(shared);
    await secrets.learn();
  }
  return concludeRun({ verb, target, run, folder, tools, startedAt, emit }, flow);
}

/** The target where it can be looked at before anything is started, which an embedded one cannot. */
async function chooseEarly(found: FoundTarget, options: VerifyOptions, flow: Flow): Promise<Target | undefined> {
  if (found.kind === 'url') return found.target;
  return found.kind === 'deployed' ? chooseTarget(found.file, found.deployment, options, flow) : undefined;
}

async function targetOf(
  found: FoundTarget,
  opened: OpenTarget | undefined,
  options: VerifyOptions,
  flow: Flow,
): Promise<Target> {
  if (opened) return chooseTarget(opened.file, opened.deployment, options, flow);
  if (found.kind !== 'url') throw new Error('a target that is not a url has to be opened first');
  const target = await discover(found.target, flow.signal);
  const { release } = options;
  return release === undefined ? target : { ...target, environment: { ...target.environment, release } };
}

/** With a release named, the side that is looked at runs it; before anything runs, green is the idle side. */
function startArguments(withRelease: readonly string[], { env, release }: VerifyOptions): string[] {
  if (release === undefined) return [];
  if (env === 'public')
    throw new UserError('A target that is started runs --release on one of its colours, and public is none.', [
      '--env green',
    ]);
  const side = { idle: 'green', live: 'blue' }[env ?? 'idle'] ?? env ?? 'green';
  return withRelease.map((part) => part.replaceAll('{env}', side).replaceAll('{release}', release));
}

function requireLoadConsent(verb: Verb, steps: readonly StepId[], target: Target, options: VerifyOptions): void {
  if (!steps.includes('load') || target.kind !== 'production' || options.allowProductionLoad) return;
  throw new UserError(`${target.environment.api} is production, and ${verb} would put load on it.`, [
    `npm run ${verb} -- … --allow-production-load   to do it all the same`,
    'npm run smoke -- …                             to walk the journey without load',
  ]);
}

function requireTools(steps: readonly StepId[], target: Target, tools: FoundTools): void {
  const next = ['npm run doctor'];
  if (steps.includes('load') && !tools.k6) throw new UserError('k6 was not found, and the load needs it.', next);
  const browser =
    steps.includes('smoke') && target.environment.web !== undefined && target.smoke.playwright === undefined;
  if (browser && !tools.chromium)
    throw new UserError('Chromium was not found, and the journey in the browser needs it.', next);
}

const planOf = (
  steps: readonly StepId[],
  slos: readonly Slo[],
  { environment, smoke: { budgetMs, playwright } }: Target,
): CheckPlan => ({
  steps,
  slos,
  ...(environment.release === undefined ? {} : { expectedRelease: environment.release }),
  offers: {
    web: environment.web !== undefined,
    metrics: environment.metrics.length > 0,
    shutdown: environment.shutdown !== undefined,
    ...(playwright === false ? { journeyInCode: false } : {}),
  },
  smokeBudgetMs: budgetMs,
  leftOut: {},
});

/** The command line, else the target file, else the profile itself says how much. Throws UserError for an unknown profile. */
function planOfLoad(profiles: LoadProfiles, options: VerifyOptions, own: Partial<Target['load']>): LoadPlan {
  const rate = options.rate ?? own.rate;
  const durationMs = options.durationMs ?? own.durationMs;
  const profile = options.profile ?? own.profile ?? 'stage';
  return planLoad(profiles, {
    profile,
    ...(rate === undefined ? {} : { rate }),
    ...(durationMs === undefined ? {} : { durationMs }),
  });
}
