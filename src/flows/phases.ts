import { join } from 'node:path';
import type { FoundTools } from '../config/tools.ts';
import { ToolError } from '../core/errors.ts';
import type { SmokeEvidence } from '../core/evidence.ts';
import { describePlan, type LoadPlan } from '../core/load-plan.ts';
import type { StepId } from '../core/plan.ts';
import type { Target } from '../core/target.ts';
import { runK6 } from '../runners/k6.ts';
import { runNewman } from '../runners/newman.ts';
import { runPlaywright } from '../runners/playwright.ts';
import type { RunnerContext } from '../runners/runner.ts';
import { tryShutdown } from '../runners/shutdown.ts';
import { signIn } from '../runners/log-in.ts';
import { probeAftermath, probeHealth, probeReadiness, probeDependencies } from '../sources/probe.ts';
import { compareScrapes, scrapeAll } from '../sources/scrape.ts';
import { removeFile, writeTextAtomic } from '../system/files.ts';
import type { Clock } from '../system/clock.ts';
import type { CheckRun } from './check-run.ts';

/** What the phases of a run share. */
export interface Phases {
  readonly run: CheckRun;
  readonly target: Target;
  readonly tools: FoundTools;
  readonly clock: Clock;
  readonly context: RunnerContext;
  /** Private file through which the tools of this run share their logins. */
  readonly sessionsFile: string;
  readonly load: LoadPlan;
}

/** Steps that are taken together, in the order of the SOP. */
export const phases: readonly {
  readonly steps: readonly StepId[];
  readonly execute: (phases: Phases) => Promise<void>;
}[] = [
  { steps: ['health'], execute: checkHealth },
  { steps: ['readiness'], execute: checkReadiness },
  { steps: ['smoke'], execute: checkSmoke },
  { steps: ['load', 'metrics', 'aftermath'], execute: checkLoad },
  { steps: ['shutdown'], execute: checkShutdown },
];

const listening = ({ clock, context }: Phases) => ({ clock, signal: context.signal, emit: context.emit });

async function checkHealth(phase: Phases): Promise<void> {
  await phase.run.runStep('health', 'Health', async () => ({
    health: await probeHealth(phase.target, listening(phase)),
  }));
}

async function checkReadiness(phase: Phases): Promise<void> {
  await phase.run.runStep('readiness', 'Readiness', async () => {
    const readiness = await probeReadiness(phase.target, listening(phase));
    if (readiness.stableMs < readiness.wantedStableMs) return { readiness };
    return { readiness, dependencies: await probeDependencies(phase.target, listening(phase)) };
  });
}

async function checkSmoke(phase: Phases): Promise<void> {
  await phase.run.runStep('smoke', 'Smoke journey', async () => ({ smoke: await runJourney(phase) }));
}

/** What a walk through the journey needs. */
export type Journey = Pick<Phases, 'target' | 'tools' | 'context' | 'sessionsFile'>;

/** Clause 3.1. Newman and Playwright at the same time; Newman's logins serve them both. */
export async function runJourney(journey: Journey): Promise<SmokeEvidence[]> {
  const { playwright } = journey.target.smoke;
  // Of an earlier walk: there may be logins to wait for again.
  await removeFile(loginsFinished(journey.sessionsFile));
  return Promise.all([
    runCollection(journey),
    ...(playwright === false ? [] : [runPlaywrightJourney(journey, playwright)]),
  ]);
}

async function runCollection({ target, context, sessionsFile }: Journey): Promise<SmokeEvidence> {
  const { postman, postmanEnvironment, budgetMs } = target.smoke;
  const collection = postman ?? join(context.projectRoot, 'postman/freetask-e2e.postman_collection.json');
  const environment = postmanEnvironment === undefined ? {} : { environmentFile: postmanEnvironment };
  try {
    return await runNewman(
      { target, collection, sessionsFile, budgetMs, ...environment, ...expected(target) },
      context,
    );
  } finally {
    await writeTextAtomic(loginsFinished(sessionsFile), '');
  }
}

function runPlaywrightJourney(
  { target, tools, context, sessionsFile }: Journey,
  playwright: string | undefined,
): Promise<SmokeEvidence> {
  const { postman, budgetMs } = target.smoke;
  const ours = target.environment.web === undefined ? ['api'] : ['api', 'browser'];
  return runPlaywright(
    {
      target,
      sessionsFile,
      loginsFinishedFile: loginsFinished(sessionsFile),
      budgetMs,
      folder: playwright ?? join(context.projectRoot, 'smoke'),
      sessionsWaitMs: postman === undefined ? sharedLoginMs : 0,
      chromium: tools.chromium?.path,
      projects: playwright === undefined ? ours : undefined,
      ...expected(target),
    },
    context,
  );
}

/** Beside the sessions file: whoever waits for another tool's logins need not wait any longer. */
const loginsFinished = (sessionsFile: string): string => `${sessionsFile}.over`;

/** How long Playwright's API journey waits for Newman's logins, a waited-out rate limit included. */
const sharedLoginMs = 75_000;

async function checkLoad(phase: Phases): Promise<void> {
  const { run, target, tools, clock, context, sessionsFile, load } = phase;
  const { slos } = run.evidence().plan;
  const k6 = tools.k6;
  if (!k6) throw new ToolError('k6 was not found', { command: ['k6'], exitCode: null });
  const signedIn = await signIn(target, sessionsFile, clock, context);
  if (!signedIn.ok) return run.skipSteps(['load', 'metrics', 'aftermath'], signedIn.problem);

  for (const text of describePlan(load, slos)) context.emit({ type: 'note', text });
  await run.runStep('load', `Load, profile ${load.profile}`, async () => {
    const before = await scrapeAll(target.environment.metrics, context.signal);
    const evidence = await runK6({ target, slos, sessionsFile, k6, plan: load, ...expected(target) }, context);
    const after = await scrapeAll(target.environment.metrics, context.signal);
    const metrics = before.length > 0 ? { metrics: compareScrapes(before, after, slos) } : {};
    return { load: evidence, ...metrics, aftermath: await probeAftermath(target, listening(phase)) };
  });
}

async function checkShutdown(phase: Phases): Promise<void> {
  const { run, target, clock, context, sessionsFile } = phase;
  const { shutdown } = target.environment;
  if (!shutdown) return;
  const signedIn = await signIn(target, sessionsFile, clock, context);
  if (!signedIn.ok) return run.skipSteps(['shutdown'], signedIn.problem);
  await run.runStep('shutdown', 'Graceful shutdown', async () => ({
    shutdown: await tryShutdown(target, shutdown, signedIn.sessions.client, clock, context),
  }));
}

const expected = ({ environment }: Target): { expectedRelease?: string } =>
  environment.release === undefined ? {} : { expectedRelease: environment.release };
