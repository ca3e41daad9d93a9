import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import type { LoadPlan } from '../../core/load-plan.ts';
import { ownPrefix } from '../../core/foreign-load.ts';
import { isEnough, type Traffic } from '../../core/rollout/forecast.ts';
import { observedMs, type Observation } from '../../core/rollout/observation.ts';
import type { Sent, SentSides } from '../../core/rollout/sent.ts';
import type { Stage } from '../../core/rollout/step.ts';
import type { Target } from '../../core/target.ts';
import { openLiveCounts } from '../../runners/k6-live.ts';
import type { SignIn } from '../../runners/log-in.ts';
import { privateFolder } from '../../system/private-folder.ts';
import type { RolloutRun } from './run.ts';
import { baselineOf, entryOf } from './sides.ts';
import { planSynthetic } from './synthetic-plan.ts';

/** Start-up time of k6 before its first request. */
const startUpMs = 3000;
/** How long users are counted before they can be judged too few. */
const countMs = 2000;

/** k6's exit code for a load that ran to its end and crossed a threshold. */
const thresholdsCrossed = 99;

/** Requests of our own beside those of users. */
export interface Synthetic {
  /** Does not wait for k6 to end: a rollback follows at once. */
  readonly stop: () => void;
  /** What was sent up to now, by side; undefined where nothing is sent, or no longer. */
  readonly sent: () => Promise<SentSides | undefined>;
}

const nothing: Synthetic = { stop: () => undefined, sent: async () => undefined };

interface SyntheticOptions {
  readonly release?: string;
  readonly forMs?: number;
  /** To the canary alone, where nothing is compared with it. */
  readonly alone?: true;
}

/**
 * Requests of our own to both sides of a stage, past the router and as many to each, while it is observed: a side that fails
 * them alone is told apart from a cause that both share. None where users alone bring enough, or the target does not allow it.
 */
export async function sendSynthetic(stage: Stage, run: RolloutRun, options: SyntheticOptions = {}): Promise<Synthetic> {
  const { plan } = run.state();
  const { release = plan.release, forMs = plan.settings.dwellMs } = options;
  const { k6 } = run.tools;
  const target = await entryOf(stage.canary, run, release);
  if (plan.settings.synthetic === false || !k6 || !target || usersAreEnough(run)) return nothing;
  const planned = planSynthetic(target, plan.settings, run.profiles, forMs + plan.settings.holdBudgetMs + startUpMs);
  if (!planned) return nothing;
  const none = (why: string): Synthetic => {
    run.emit({ type: 'note', text: `no synthetic requests: ${why}` });
    return nothing;
  };
  if ('none' in planned) return none(planned.none);
  const signedIn = await logInFor(planned, target, run);
  if (signedIn?.ok === false) return none(signedIn.problem);
  const baseline = options.alone ? undefined : await baselineTarget(stage, run);
  const sides: readonly SendingSide[] = [
    { name: 'canary', target, release, folder: `stage-${stage.share}` },
    ...(baseline
      ? [
          {
            name: 'baseline' as const,
            target: baseline,
            release: plan.previousRelease,
            folder: `stage-${stage.share}/baseline`,
          },
        ]
      : []),
  ];
  return sendTo(sides, { planned, k6 }, run);
}

interface SendingSide {
  readonly name: 'canary' | 'baseline';
  readonly target: Target;
  readonly release: string | undefined;
  /** Of the run's folder: what k6 writes. */
  readonly folder: string;
}

async function sendTo(
  sides: readonly SendingSide[],
  { planned, k6 }: { readonly planned: LoadPlan; readonly k6: { readonly path: string; readonly version: string } },
  run: RolloutRun,
): Promise<Synthetic> {
  const records = await privateFolder('synthetic');
  const stopper = new AbortController();
  const signal = AbortSignal.any([stopper.signal, run.signal]);
  const recordOf = (name: string): string => join(records.path, `${name}.ndjson`);
  let failed = false;
  // One side alone is no comparison, so that both end.
  const end = (why: string): void => {
    if (failed || signal.aborted) return;
    failed = true;
    run.emit({ type: 'note', text: `synthetic requests stopped: ${why}; the stage goes on without them` });
    stopper.abort();
  };
  const loads = sides.map(async ({ name, target, release, folder }) => {
    const runner = { ...run.runner, runFolder: join(run.runner.runFolder, folder), signal, emit: () => undefined };
    const { slos, sessionsFile } = run;
    const expected = release === undefined ? {} : { expectedRelease: release };
    const options = {
      target: withPlan(target),
      slos,
      sessionsFile,
      k6,
      plan: planned,
      recordFile: recordOf(name),
      ...expected,
    };
    try {
      const { outcome, problems } = await run.instruments.runLoad(options, runner);
      if (outcome.exitCode === 0 || outcome.exitCode === thresholdsCrossed) return;
      const why =
        outcome.exitCode === null ? `was ended by ${outcome.signal}` : `ended with exit code ${outcome.exitCode}`;
      end(`k6 ${why} (${name})${problems[0] === undefined ? '' : `: ${problems[0]}`}, log in ${folder}/k6`);
    } catch (error) {
      end(messageOf(error));
    }
  });
  run.inBackground(Promise.all(loads).then(() => records[Symbol.asyncDispose]()));
  const readers = sides.map(({ name, target: { load } }) =>
    openLiveCounts(recordOf(name), run.slos, load.script ? ownPrefix : ''),
  );
  return {
    stop: () => stopper.abort(),
    sent: async () => {
      const [canary, baseline] = await Promise.all(readers.map((read) => read())).catch(() => []);
      return failed || !canary ? undefined : sidesOf(canary, baseline);
    },
  };
}

/** A script of the target's own sends the plan, and is counted by request alone: its own metrics are read at its end only. */
const withPlan = (target: Target): Target =>
  target.load.script
    ? { ...target, load: { ...target.load, script: { ...target.load.script, options: 'replaced', metrics: {} } } }
    : target;

const sidesOf = (canary: Sent, baseline: Sent | undefined): SentSides => ({
  canary,
  ...(baseline ? { baseline } : {}),
});

/** What still runs the previous release, as long as it is warm; at 100 % too, where users do not reach it any more. */
async function baselineTarget({ canary }: Stage, run: RolloutRun): Promise<Target | undefined> {
  const { plan } = run.state();
  const target = await entryOf(baselineOf(plan, canary), run, plan.previousRelease).catch(() => undefined);
  return target && (await run.instruments.isReady(target, run)) ? target : undefined;
}

/** Logs in before traffic: with users on the new release, waiting for a rate limit would be unobserved time. */
export async function logInEarly(target: Target, run: RolloutRun): Promise<void> {
  const planned = planSynthetic(target, run.state().plan.settings, run.profiles, countMs);
  if (!planned || 'none' in planned) return;
  await logInFor(planned, target, run);
}

async function logInFor({ logIns: users }: LoadPlan, target: Target, run: RolloutRun): Promise<SignIn | undefined> {
  if (users.length === 0) return undefined;
  const { sessionsFile } = run;
  const signedIn = await run.instruments.signIn(target, { users, sessionsFile }, run.clock, run.runner);
  await run.learnSecrets();
  return signedIn;
}

/** By the users counted at this stage; before any were counted, by the forecast. */
function usersAreEnough(run: RolloutRun): boolean {
  const { settings } = run.state().plan;
  const { observations, stage } = run.state();
  const counted = observations.filter(({ observed }) => observed);
  if (stage && observedMs(counted) >= countMs) return isEnough(trafficOf(counted, run), settings, run.slos);
  const next = run.state().steps[run.state().position];
  const share = next && 'stage' in next ? next.stage.share : 100;
  return run.record().forecast.some((each) => each.share === share && !each.synthetic);
}

/** What users alone send to the canary. */
function trafficOf(observations: readonly Observation[], run: RolloutRun): Traffic {
  const seconds = observedMs(observations) / 1000;
  const trials = (kind: 'server-error' | 'failed-payment') => {
    const slo = run.slos.find(({ event }) => event.kind === kind);
    if (!slo) return 0;
    return observations.reduce((sum, { canary, users = canary }) => sum + (users[slo.id]?.trials ?? 0), 0);
  };
  const served = observations.flatMap((each) => each.served?.canary.requests ?? []);
  const requests = served.length > 0 ? served.reduce((sum, each) => sum + each, 0) : trials('server-error');
  return { requests: requests / seconds, payments: trials('failed-payment') / seconds };
}
