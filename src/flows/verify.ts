import { toolEnvironment } from '../config/environment.ts';
import { UserError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { paceMs } from '../core/pace.ts';
import { knownOf } from '../core/judge/accepted.ts';
import type { CheckPlan, StepId } from '../core/plan.ts';
import { isPreflightPart } from '../core/preflight.ts';
import { type RunResult, schemaVersion, type Verb } from '../core/run-result.ts';
import { formatIdentity, type Target } from '../core/target.ts';
import { nameRun, openRunFolder, type RunFolder } from '../journal/run-folder.ts';
import { type CheckRun, startCheckRun } from './check-run.ts';
import { checkSteps, type CheckContext } from './check-steps.ts';
import { concludeRun } from './conclude.ts';
import { learnDeployment } from './deployment-secrets.ts';
import { startEmbedded, type StartedTarget } from './embedded-target.ts';
import type { Flow } from './flow.ts';
import { type CheckOptions, prepareCheck, type PreparedCheck, startArguments, withTarget } from './prepare.ts';
import { openPreflight } from './preflight/open.ts';
import { emitInto } from './run-events.ts';
import { createPacer } from '../system/pacer.ts';
import { openRunSecrets, type RunSecrets, throwMasked } from './run-secrets.ts';
import { selectTarget } from './select-target.ts';

/** Clauses 2.B3, 3.1, 3.2: whether an environment is fit for users. */
export const verify = (options: CheckOptions, flow: Flow): Promise<RunResult> =>
  check('verify', ['health', 'readiness', 'smoke', 'load', 'metrics', 'aftermath', 'shutdown'], options, flow);

/** Clause 3.1 alone: what runs after each traffic stage. */
export const smoke = (options: CheckOptions, flow: Flow): Promise<RunResult> =>
  check('smoke', ['smoke'], options, flow);

/** Clause 3.2 alone: one load profile, and the target's own metrics during it. */
export const load = (options: CheckOptions, flow: Flow): Promise<RunResult> =>
  check('load', ['load', 'metrics', 'aftermath'], options, flow);

/** Runs a verb that asks questions and changes nothing, and judges the answers. */
export async function check(
  verb: Verb,
  steps: readonly StepId[],
  options: CheckOptions,
  flow: Flow,
): Promise<RunResult> {
  const prepared = await prepareCheck(verb, steps, options, flow);
  await using secrets = await openRunSecrets(prepared.source);
  const environment = prepared.target?.environment.name ?? options.env ?? 'green';
  const now = () => new Date(flow.clock.now());
  const runId = nameRun(verb, environment, now(), flow.random());
  await using folder = await openRunFolder({ reportsRoot: flow.reportsRoot, runId, mask: secrets.mask, now });
  const emit = emitInto(folder, flow);
  emit({ type: 'run-started', runId, verb, target: targetName(prepared), environment });
  flow.signal.addEventListener('abort', () => emit({ type: 'interrupted', signal: String(flow.signal.reason) }), {
    once: true,
  });
  await using started = await startTarget(prepared, folder, emit, flow);
  const ready = started?.prepared ?? { ...prepared, target: requireKnown(prepared) };
  const startedAt = flow.clock.now();
  const run = await execute(ready, { folder, secrets, emit }, flow).catch((error: unknown) =>
    throwMasked(error, secrets.mask),
  );
  return await concludeRun({ verb, target: ready.target, run, folder, tools: ready.tools, startedAt, emit }, flow);
}

type ReadyCheck = PreparedCheck & { readonly target: Target };

const targetName = ({ source, target }: PreparedCheck): string =>
  source.kind === 'embedded' ? source.name : (target?.name ?? '');

function requireKnown({ target }: PreparedCheck): Target {
  if (!target) throw new Error('a target that is not started was prepared without its environment');
  return target;
}

/** Starts an embedded target and completes the preparation with what it says of itself; undefined for any other target. */
async function startTarget(
  prepared: PreparedCheck,
  folder: RunFolder,
  emit: Emit,
  flow: Flow,
): Promise<(AsyncDisposable & { readonly prepared: ReadyCheck }) | undefined> {
  const { source, options, verb } = prepared;
  if (source.kind === 'deployment' && source.pid !== undefined)
    emit({ type: 'note', text: `using the running ${source.deployment.name}, process ${source.pid}` });
  if (source.kind !== 'embedded') return undefined;
  let started: StartedTarget | undefined;
  try {
    started = await startEmbedded(
      source,
      { extra: startArguments(source, options, verb), runFolder: folder.path, emit },
      flow,
    );
    const { file, deployment } = started;
    const ready = await withTarget(prepared, await selectTarget(started, options, flow));
    return {
      prepared: { ...ready, source: { kind: 'deployment', file, deployment } },
      [Symbol.asyncDispose]: started[Symbol.asyncDispose],
    };
  } catch (error) {
    await started?.[Symbol.asyncDispose]();
    if (error instanceof UserError) folder.discard();
    throw error;
  }
}

interface Execution {
  readonly folder: RunFolder;
  readonly secrets: RunSecrets;
  readonly emit: Emit;
}

/** Runs the steps in the SOP's order; after a failed check the rest is skipped unless --keep-going says otherwise. */
async function execute(
  { source, steps, options, target, slos, tools, load: loadPlan }: ReadyCheck,
  { folder, secrets, emit }: Execution,
  flow: Flow,
): Promise<CheckRun> {
  const { variables } = flow.environment;
  secrets.learnTarget(target, variables);
  if (source.kind === 'deployment') learnDeployment(secrets, source.deployment, variables);
  const plan = checkPlan(steps, slos, target, flow.clock.now());
  const run = startCheckRun({ schemaVersion, runId: folder.runId, plan, smoke: [] }, flow.clock, emit);
  const runner = {
    runFolder: folder.path,
    projectRoot: flow.projectRoot,
    toolEnv: toolEnvironment(variables, target.env),
    signal: flow.signal,
    emit,
    mask: secrets.mask,
    pacer: createPacer(paceMs(target.rateLimit), flow.clock),
  };
  await using preflight =
    steps.some(isPreflightPart) && source.kind === 'deployment'
      ? await openPreflight(source, target, options, runner, flow).catch((error: unknown) => {
          if (error instanceof UserError) folder.discard();
          throw error;
        })
      : undefined;
  const context: CheckContext = {
    run,
    target,
    tools,
    clock: flow.clock,
    sessionsFile: secrets.sessionsFile,
    waited: run.waited,
    variables: flow.environment.variables,
    load: loadPlan,
    ...(preflight ? { preflight } : {}),
    runner,
  };
  for (const { covers, execute: executeStep } of checkSteps) {
    const wanted = covers.filter((step) => steps.includes(step));
    if (wanted.length === 0) continue;
    if (flow.signal.aborted) run.skip(wanted, 'the run was interrupted before it');
    else if (run.hasFailed() && !options.keepGoing) run.skip(wanted, afterFailure(steps));
    else await executeStep(context);
    await secrets.learn();
  }
  return run;
}

/** A preflight has no --keep-going: what comes after a failed part may build on it. */
const afterFailure = (steps: readonly StepId[]): string =>
  `an earlier check failed${steps.every(isPreflightPart) ? '' : '; --keep-going runs the remaining checks too'}`;

export const checkPlan = (
  steps: readonly StepId[],
  slos: CheckPlan['slos'],
  {
    environment,
    gates,
    accepted,
    identity,
    settingsFrom,
    inapplicable,
    load: { off },
    metrics,
    smoke: { budgetMs, playwright },
  }: Target,
  now: number,
): CheckPlan => ({
  steps,
  ...(settingsFrom === undefined ? {} : { settingsFrom }),
  slos,
  inapplicable,
  gatesOff: Object.fromEntries(Object.entries(gates).flatMap(([id, gate]) => ('off' in gate ? [[id, gate.off]] : []))),
  ...(off === undefined ? {} : { inapplicableSteps: { load: off, metrics: off, aftermath: off } }),
  releaseFrom: formatIdentity({ identity }),
  ...(identity.from === 'none' ? { unidentified: identity.because } : {}),
  ...(environment.release === undefined ? {} : { expectedRelease: environment.release }),
  offers: {
    web: environment.web !== undefined,
    metrics:
      environment.metrics.length > 0 || (metrics?.source.driver === 'prometheus' && environment.name !== 'public'),
    shutdown: environment.shutdown !== undefined,
    ...(playwright === false ? { journeyInCode: false } : {}),
  },
  smokeBudgetMs: budgetMs,
  ...knownOf({ accepted }, now),
  leftOut: {},
});
