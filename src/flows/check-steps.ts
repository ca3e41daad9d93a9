import { basename } from 'node:path';
import { ToolError } from '../core/errors.ts';
import { type Counted, countedOf } from '../core/counted.ts';
import { whyNotBuilt } from '../core/judge/unbuilt.ts';
import type { LoadEvidence } from '../core/evidence.ts';
import { describePlan, type LoadPlan } from '../core/load-plan.ts';
import { describeRunners } from '../core/load-segments.ts';
import type { StepId } from '../core/plan.ts';
import { preflightParts, preflightTitles } from '../core/preflight.ts';
import type { RunEvidence } from '../core/run-result.ts';
import { runK6 } from '../runners/k6.ts';
import { runClusterK6 } from '../runners/k6-cluster/run.ts';
import { type SignIn, signIn } from '../runners/log-in.ts';
import { tryShutdown } from '../runners/shutdown.ts';
import { type ProbeContext, probeAftermath, probeDependencies, probeHealth, probeReadiness } from '../sources/probe.ts';
import { createSource, type Reading } from '../sources/index.ts';
import { compareScrapes, scrapeAll } from '../sources/scrape.ts';
import type { Target } from '../core/target.ts';
import { readIdentity } from '../sources/release-identity.ts';
import type { Clock } from '../system/clock.ts';
import type { CheckRun } from './check-run.ts';
import { expectedRelease, type JourneyContext, runJourney } from './journey.ts';
import type { PreflightContext } from './preflight/context.ts';
import { preflightGatherers } from './preflight/index.ts';

/** What the steps of one run share. */
export interface CheckContext extends JourneyContext {
  readonly run: CheckRun;
  readonly clock: Clock;
  /** Absent where the target has no load. */
  readonly load?: LoadPlan;
  /** Of a preflight. */
  readonly preflight?: PreflightContext;
  /** Environment variables, for the tokens that the target file names. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** The steps in the order of the SOP, and the checks that each covers. */
export const checkSteps: readonly {
  readonly covers: readonly StepId[];
  readonly execute: (context: CheckContext) => Promise<void>;
}[] = [
  ...preflightParts.map((part) => ({
    covers: [part],
    execute: async ({ run, preflight }: CheckContext) => {
      if (!preflight) throw new Error('a preflight was started without its context');
      const unbuilt = part === 'artifacts' ? whyNotBuilt(run.evidence()) : undefined;
      if (unbuilt !== undefined) return run.skip([part], unbuilt);
      await run.runStep(part, preflightTitles[part].title, () => preflightGatherers[part](preflight));
    },
  })),
  { covers: ['health'], execute: checkHealth },
  { covers: ['readiness'], execute: checkReadiness },
  { covers: ['smoke'], execute: checkSmoke },
  { covers: ['load', 'metrics', 'aftermath'], execute: checkLoad },
  { covers: ['shutdown'], execute: checkShutdown },
];

const probing = ({ run, clock, runner }: CheckContext): ProbeContext => ({
  clock,
  signal: runner.signal,
  emit: runner.emit,
  waited: (ms) => run.waited('probes', ms),
  ...(runner.pacer ? { pacer: runner.pacer } : {}),
});

/** Waiting for a rate limit is part of the run, and its summary says so. */
async function logIn(
  { run, target, sessionsFile, clock, runner }: CheckContext,
  users: readonly string[],
): Promise<SignIn> {
  const login = await signIn(target, { users, sessionsFile }, clock, runner);
  run.waited('log-in', login.waitedMs);
  return login;
}

async function checkHealth(context: CheckContext): Promise<void> {
  await context.run.runStep('health', 'Health', async () => ({
    health: await probeHealth(context.target, probing(context)),
    ...(await identify(context)),
  }));
}

/** The release by a route or a command; a header is read from every answer instead. */
async function identify({ run, target, runner }: CheckContext): Promise<Pick<RunEvidence, 'identity'>> {
  const { identity, environment, service } = target;
  if (run.evidence().identity) return {};
  if (identity?.from !== 'route' && identity?.from !== 'command') return {};
  await runner.pacer?.turn(runner.signal);
  const { name, api: address } = environment;
  const asked = { name, address, healthPath: service.health.path, runningRelease: undefined };
  const call = { env: runner.toolEnv, cwd: runner.projectRoot, signal: runner.signal };
  return { identity: await readIdentity(asked, identity, call) };
}

async function checkReadiness(context: CheckContext): Promise<void> {
  await context.run.runStep('readiness', 'Readiness', async () => {
    const readiness = await probeReadiness(context.target, probing(context));
    if (readiness.stableMs < readiness.wantedStableMs) return { readiness };
    const dependencies = await probeDependencies(context.target, probing(context));
    return { readiness, ...(dependencies ? { dependencies } : {}) };
  });
}

async function checkSmoke(context: CheckContext): Promise<void> {
  await context.run.runStep('smoke', 'Smoke journey', async () => ({
    smoke: await runJourney(context),
    // `smoke` alone has no health before it.
    ...(await identify(context)),
  }));
  for (const { outcome, waitedMs = 0 } of context.run.evidence().smoke) context.run.waited(outcome.tool, waitedMs);
}

async function checkLoad(context: CheckContext): Promise<void> {
  const { run, target, tools, runner, sessionsFile, load } = context;
  if (target.load.off !== undefined || !load) return;
  const { slos } = run.evidence().plan;
  const login = load.logIns.length === 0 ? undefined : await logIn(context, load.logIns);
  if (login?.ok === false) return run.skip(['load', 'metrics', 'aftermath'], login.problem);

  const { engine } = target.load;
  const forecast = [
    ...describePlan(load, slos, target.load.script),
    ...(engine ? [describeRunners(load, engine)] : []),
  ];
  for (const text of forecast) runner.emit({ type: 'note', text });
  await run.runStep('load', `Load, ${describeProfile(target, load)}`, async () => {
    const counted = countedOf(target, slos);
    const read = metricsReader(target, counted, context);
    const before = await read();
    const evidence = await sendLoad(
      { target, slos, sessionsFile, plan: load, ...expectedRelease(target) },
      tools,
      runner,
    );
    const after = await read(before);
    const metrics = before.length > 0 ? { metrics: compareScrapes(before, after, counted) } : {};
    const aftermath = await probeAftermath(target, probing(context));
    return { load: evidence, ...metrics, aftermath, ...(await identify(context)) };
  });
}

/** By the engine of the target file, else by one k6 on this machine. */
function sendLoad(
  options: Omit<Parameters<typeof runK6>[0], 'k6'>,
  { k6 }: CheckContext['tools'],
  runner: CheckContext['runner'],
): Promise<LoadEvidence> {
  const { engine } = options.target.load;
  if (engine) return runClusterK6({ ...options, engine }, runner);
  if (!k6) throw new ToolError('k6 was not found', { command: ['k6'], exitCode: null });
  return runK6({ ...options, k6 }, runner);
}

const describeProfile = ({ load: { script } }: Target, { profile }: LoadPlan): string =>
  script?.options === 'kept' ? `${basename(script.path)} with its own options` : `profile ${profile}`;

/** The load does not pass the router, so the router's counters are none of this check. */
function metricsReader(
  target: Target,
  counted: Counted,
  { clock, runner, variables }: CheckContext,
): (after?: Reading) => Promise<Reading> {
  const { name, metrics, release } = target.environment;
  const { signal } = runner;
  const settings = target.metrics?.source;
  if (settings?.driver !== 'prometheus' || name === 'public') return () => scrapeAll(metrics, counted, signal);
  const readPool = () => Promise.reject(new Error('not used'));
  const source = createSource(settings, { counted, clock, scrapeAll, readPool, variables });
  const side = { colour: name, isWhole: true, instances: [], metrics, ...(release === undefined ? {} : { release }) };
  return (after) => source.read(side, { after, signal });
}

async function checkShutdown(context: CheckContext): Promise<void> {
  const { run, target, clock, runner } = context;
  const { shutdown } = target.environment;
  if (!shutdown) return;
  const { as } = shutdown.request;
  if (as !== undefined && !target.service.users[as]) {
    const { name } = target.environment;
    const key = `environments.${name}.shutdown.request`;
    return run.skip(['shutdown'], `its request is sent as ${as}, and the target has no such user: set ${key}`);
  }
  const login = as === undefined ? undefined : await logIn(context, [as]);
  if (login?.ok === false) return run.skip(['shutdown'], login.problem);
  const session = as === undefined ? undefined : login?.sessions[as];
  await run.runStep('shutdown', 'Graceful shutdown', async () => ({
    shutdown: await tryShutdown(target, shutdown, session, clock, runner),
  }));
}
