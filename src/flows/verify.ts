import { toolEnvironment } from '../config/environment.ts';
import { parseLoadProfiles } from '../config/load-profiles.ts';
import { parseSlos } from '../config/slo-file.ts';
import { findTarget, type TargetQuestion } from '../config/target.ts';
import { type FoundTools, readTools } from '../config/tools.ts';
import { UserError } from '../core/errors.ts';
import type { Emit } from '../core/events.ts';
import { type LoadPlan, type LoadProfiles, planLoad } from '../core/load-plan.ts';
import type { CheckPlan, StepId } from '../core/plan.ts';
import { createMask } from '../core/redact.ts';
import { type RunResult, schemaVersion, type Verb } from '../core/run-result.ts';
import type { Slo } from '../core/slo.ts';
import type { Sessions, Target } from '../core/target.ts';
import { nameRun, openRunFolder } from '../journal/run-folder.ts';
import { privateFolder, readText } from '../system/files.ts';
import { join } from 'node:path';
import { startCheckRun } from './check-run.ts';
import { concludeRun } from './conclude.ts';
import type { Flow } from './flow.ts';
import { openTarget } from './open-target.ts';
import { phases } from './phases.ts';

export interface VerifyQuestion extends TargetQuestion {
  readonly keepGoing?: boolean | undefined;
  readonly allowProductionLoad?: boolean | undefined;
  readonly slo?: string | undefined;
  readonly profile?: string | undefined;
  readonly rate?: number | undefined;
  readonly durationMs?: number | undefined;
}

const everything: readonly StepId[] = ['health', 'readiness', 'smoke', 'load', 'metrics', 'aftermath', 'shutdown'];

/** Clauses 2.B3, 3.1, 3.2: is this environment fit for users? */
export const verify = (question: VerifyQuestion, flow: Flow): Promise<RunResult> =>
  check('verify', everything, question, flow);

/** Clause 3.1 alone: what runs after each traffic stage. */
export const smoke = (question: VerifyQuestion, flow: Flow): Promise<RunResult> =>
  check('smoke', ['smoke'], question, flow);

/** Clause 3.2 alone: one profile, and what the target says of itself meanwhile. */
export const load = (question: VerifyQuestion, flow: Flow): Promise<RunResult> =>
  check('load', ['load', 'metrics', 'aftermath'], question, flow);

async function check(verb: Verb, steps: readonly StepId[], question: VerifyQuestion, flow: Flow): Promise<RunResult> {
  const { variables, cwd } = flow.environment;
  const found = await findTarget(question, { projectRoot: flow.projectRoot, cwd, variables });
  const slos = await readSlos(question.slo, flow);
  const profiles = await readProfiles(flow);
  // Asked now, so that a mistyped profile ends the run before anything is started.
  planOfLoad(profiles, question, found.kind === 'deployed' ? found.target.load : {});
  const tools = await readTools(flow.projectRoot, variables['SHIPROOM_TOOLS_DIR']);
  if (found.kind === 'deployed') refuseUnwantedLoad(verb, steps, found.target, question);

  const secrets = new Set<string>();
  const mask = createMask(() => secrets);
  const environment = found.kind === 'deployed' ? found.target.environment.name : (question.env ?? 'green');
  const runId = nameRun(verb, environment, new Date(flow.clock.now()), flow.random());
  await using folder = await openRunFolder(flow.reportsRoot, runId, mask, () => new Date(flow.clock.now()));
  const emit: Emit = (event) => {
    flow.listen(event);
    // Progress is for the eye of the moment; the journal keeps what happened.
    if (event.type !== 'step-progress') void folder.record(event);
  };
  const name = found.kind === 'deployed' ? found.target.name : found.name;
  emit({ type: 'run-started', runId, verb, target: name, environment });
  flow.signal.addEventListener('abort', () => emit({ type: 'interrupted', signal: String(flow.signal.reason) }), {
    once: true,
  });

  await using opened = await openTarget(found, question, folder.path, flow, emit);
  const { target } = opened;
  requireTools(steps, target, tools);
  await using secretFolder = await privateFolder('shiproom');
  const sessionsFile = join(secretFolder.path, 'sessions.json');
  const startedAt = flow.clock.now();
  const run = startCheckRun({ schemaVersion, runId, plan: planOf(steps, slos, target), smoke: [] }, flow.clock, emit);
  const context = {
    runFolder: folder.path,
    projectRoot: flow.projectRoot,
    toolEnv: toolEnvironment(variables),
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
    load: planOfLoad(profiles, question, target.load),
  };

  for (const phase of phases.filter((candidate) => candidate.steps.some((step) => steps.includes(step)))) {
    const wanted = phase.steps.filter((step) => steps.includes(step));
    if (flow.signal.aborted) run.leaveOut(wanted, 'the run was interrupted before it');
    else if (run.hasFailed() && !question.keepGoing)
      run.leaveOut(wanted, 'an earlier check failed; --keep-going looks at the rest too');
    else await phase.take(shared);
    await learnSecrets(sessionsFile, secrets);
  }
  return concludeRun({ verb, target, run, folder, tools, startedAt, emit }, flow);
}

async function readSlos(file: string | undefined, flow: Flow): Promise<Slo[]> {
  const path = file ?? join(flow.projectRoot, 'config/slo.yaml');
  return parseSlos(path, await readSettings(path));
}

async function readProfiles(flow: Flow): Promise<LoadProfiles> {
  const path = join(flow.projectRoot, 'config/load-profiles.yaml');
  return parseLoadProfiles(path, await readSettings(path));
}

async function readSettings(path: string): Promise<string> {
  const text = await readText(path);
  if (text === undefined) throw new UserError(`There is no file ${path}.`, ['look at config/']);
  return text;
}

function refuseUnwantedLoad(verb: Verb, steps: readonly StepId[], target: Target, question: VerifyQuestion): void {
  if (!steps.includes('load') || target.kind !== 'production' || question.allowProductionLoad) return;
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
  { environment, smoke: { budgetMs } }: Target,
): CheckPlan => ({
  steps,
  slos,
  ...(environment.release === undefined ? {} : { expectedRelease: environment.release }),
  offers: {
    web: environment.web !== undefined,
    metrics: environment.metrics.length > 0,
    shutdown: environment.shutdown !== undefined,
  },
  smokeBudgetMs: budgetMs,
  leftOut: {},
});

/** The command line, else the target file, else the profile itself says how much. Throws UserError for an unknown profile. */
function planOfLoad(profiles: LoadProfiles, question: VerifyQuestion, own: Partial<Target['load']>): LoadPlan {
  const rate = question.rate ?? own.rate;
  const durationMs = question.durationMs ?? own.durationMs;
  const profile = question.profile ?? own.profile ?? 'stage';
  return planLoad(profiles, {
    profile,
    ...(rate === undefined ? {} : { rate }),
    ...(durationMs === undefined ? {} : { durationMs }),
  });
}

/** From here on no token of this run gets into a file or a line, whatever shape it has. */
async function learnSecrets(sessionsFile: string, secrets: Set<string>): Promise<void> {
  const sessions = JSON.parse((await readText(sessionsFile)) ?? '{}') as Sessions;
  for (const session of Object.values(sessions)) secrets.add(session.accessToken).add(session.refreshToken);
}
