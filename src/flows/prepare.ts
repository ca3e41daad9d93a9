import { findTarget, type FoundTarget, type TargetOptions } from '../config/target.ts';
import type { Deployment } from '../config/target-file.ts';
import { type FoundTools, readTools } from '../config/tools.ts';
import { UserError } from '../core/errors.ts';
import type { LoadPlan, LoadProfiles } from '../core/load-plan.ts';
import type { StepId } from '../core/plan.ts';
import type { Verb } from '../core/run-result.ts';
import { applicableSlos, type Slo } from '../core/slo.ts';
import type { Target } from '../core/target.ts';
import { discover } from '../sources/discover.ts';
import { findRunning } from './embedded-target.ts';
import type { Flow } from './flow.ts';
import { requireGates } from './preflight/gate-folders.ts';
import { requireJourneyFiles } from './journey-files.ts';
import { withRunners } from './load-engine.ts';
import { loadPlanOf } from './load-plan-of.ts';
import { requireLoadProfile, requireLoadScript } from './load-script.ts';
import { readObjectives, readProfiles } from './read-settings.ts';
import { selectTarget } from './select-target.ts';

/** Where a target is defined: an address, a deployment's target file, or a program that has to be started first. */
export type TargetSource =
  | Extract<FoundTarget, { kind: 'url' | 'embedded' }>
  | {
      readonly kind: 'deployment';
      readonly file: string;
      readonly deployment: Deployment;
      /** The process that keeps an embedded target running. */
      readonly pid?: number;
    };

/** The settings that every verb shares, read once. */
export interface Settings {
  readonly source: TargetSource;
  readonly slos: readonly Slo[];
  /** Clause 3.2b. */
  readonly crashFree?: Slo;
  readonly profiles: LoadProfiles;
  readonly tools: FoundTools;
}

export interface CheckOptions extends TargetOptions {
  readonly keepGoing?: boolean | undefined;
  readonly allowProductionLoad?: boolean | undefined;
  readonly slo?: string | undefined;
  readonly profile?: string | undefined;
  readonly rate?: number | undefined;
  readonly durationMs?: number | undefined;
  /** Of `load.engine`, instead of its own number. */
  readonly runners?: number | undefined;
  /** Of a preflight: why the release is shipped inside a freeze window. */
  readonly hotfix?: string | undefined;
}

/** What a check verb is going to do; the target is undefined where it has to be started first. */
export interface PreparedCheck extends Settings {
  readonly verb: Verb;
  readonly steps: readonly StepId[];
  readonly options: CheckOptions;
  readonly target?: Target;
  readonly load: LoadPlan;
}

/** Finds the target that the command line names. Throws UserError for one that does not exist or contradicts itself. */
export async function locateTarget(options: TargetOptions, flow: Flow): Promise<TargetSource> {
  const { variables, cwd } = flow.environment;
  const found = await findTarget(options, { projectRoot: flow.projectRoot, cwd, variables });
  if (found.kind === 'url') return found;
  if (found.kind === 'deployed') return { ...found, kind: 'deployment' };
  const running = await findRunning(found, flow);
  return running ? { ...running, kind: 'deployment' } : found;
}

/** Reads the configuration of a verb. Throws UserError for whatever is wrong in it. */
export async function readSettings(
  options: TargetOptions & { readonly slo?: string | undefined },
  flow: Flow,
): Promise<Settings> {
  const { variables } = flow.environment;
  return {
    source: await locateTarget(options, flow),
    ...(await readObjectives(options.slo, flow)),
    profiles: await readProfiles(flow),
    tools: await readTools(flow.projectRoot, variables['SHIPROOM_TOOLS_DIR']),
  };
}

/** Everything that can be refused before anything is started or sent is refused here, as a UserError (exit code 2). */
export async function prepareCheck(
  verb: Verb,
  steps: readonly StepId[],
  options: CheckOptions,
  flow: Flow,
): Promise<PreparedCheck> {
  const settings = await readSettings(options, flow);
  const { source, profiles } = settings;
  const prepared = { ...settings, verb, steps, options, load: loadPlanOf(profiles, options, {}) };
  // Discovery sends requests, and without consent an address that may be production gets none.
  if (source.kind === 'url' && verb === 'preflight')
    throw new UserError('A preflight needs a target file.', ['--target <name or file>']);
  if (source.kind === 'url') requireLoadConsent(verb, steps, source.target, options);
  if (source.kind !== 'embedded') return withTarget(prepared, await targetOf(source, options, flow));
  startArguments(source, options, verb);
  return prepared;
}

/** What is known of a target before a run: of an address also what it offers beside the API. */
export async function targetOf(
  source: Exclude<TargetSource, { kind: 'embedded' }>,
  options: Pick<CheckOptions, 'env' | 'release'>,
  flow: Flow,
): Promise<Target> {
  if (source.kind === 'deployment') return selectTarget(source, options, flow);
  const { release } = options;
  const target = await discover(source.target, flow.signal);
  return release === undefined ? target : { ...target, environment: { ...target.environment, release } };
}

/** Checks what only a known target can refuse; an embedded target becomes known by its start. Throws UserError. */
export async function withTarget(
  prepared: PreparedCheck,
  found: Target,
): Promise<PreparedCheck & { readonly target: Target }> {
  const { source, verb, steps, options, profiles, tools } = prepared;
  const target = withRunners(found, options.runners);
  requireLoadConsent(verb, steps, target, options);
  requireTools(steps, target, tools);
  if (sendsLoad(steps, target)) await requireLoadScript(target, prepared.slos, options, source);
  if (steps.includes('smoke')) await requireJourneyFiles(target, source);
  if (steps.includes('gates')) await requireGates(target);
  await requireLoadProfile(target, Object.keys(profiles.profiles), options.profile, source);
  const slos = applicableSlos(prepared.slos, target.inapplicable);
  return { ...prepared, slos, target, load: loadPlanOf(profiles, options, target.load, target.rateLimit) };
}

/** Added to an embedded target's start command: a named release runs on the environment that is verified. Throws UserError. */
export function startArguments(
  { embedded }: Extract<TargetSource, { kind: 'embedded' }>,
  { env, release }: CheckOptions,
  verb: Verb,
): string[] {
  // What a preflight is about does not run yet.
  if (verb === 'preflight') return [...embedded.forDeploy];
  if (release === undefined) return [];
  if (env === 'public')
    throw new UserError('An embedded target runs --release on blue or green, and --env is public.', ['--env green']);
  const colour = { idle: 'green', live: 'blue' }[env ?? 'idle'] ?? env ?? 'green';
  return embedded.withRelease.map((part) => part.replaceAll('{env}', colour).replaceAll('{release}', release));
}

const sendsLoad = (steps: readonly StepId[], { load }: Target): boolean =>
  steps.includes('load') && load.off === undefined;

function requireLoadConsent(verb: Verb, steps: readonly StepId[], target: Target, options: CheckOptions): void {
  if (!sendsLoad(steps, target) || target.kind !== 'production' || options.allowProductionLoad) return;
  throw new UserError(`${target.environment.api} is production, and ${verb} would put load on it.`, [
    `npm run ${verb} -- … --allow-production-load   to consent to the load`,
    'npm run smoke -- …                             to run the smoke journey without load',
  ]);
}

function requireTools(steps: readonly StepId[], target: Target, tools: FoundTools): void {
  const next = ['npm run doctor'];
  if (sendsLoad(steps, target) && !target.load.engine && !tools.k6)
    throw new UserError('k6 was not found; the load needs it.', next);
  const browser =
    steps.includes('smoke') && target.environment.web !== undefined && target.smoke.playwright === undefined;
  if (browser && !tools.chromium)
    throw new UserError('Chromium was not found; the smoke journey in the browser needs it.', next);
}
