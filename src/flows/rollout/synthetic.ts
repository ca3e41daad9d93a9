import { join } from 'node:path';
import { planLoad, profilesFor } from '../../core/load-plan.ts';
import { messageOf } from '../../core/errors.ts';
import { isEnough, type Traffic } from '../../core/rollout/forecast.ts';
import type { Stage } from '../../core/rollout/step.ts';
import { observedMs, type Observation } from '../../core/rollout/observation.ts';
import type { Target } from '../../core/target.ts';
import { targetsOf } from './sides.ts';
import type { SignIn } from '../../runners/log-in.ts';
import type { RolloutRun } from './run.ts';

/** Start-up time of k6 before its first request. */
const startUpMs = 3000;
/** How long users are counted before they can be judged too few. */
const countMs = 2000;

/** k6's exit code for a load that ran to its end and crossed a threshold. */
const thresholdsCrossed = 99;

/**
 * Requests of our own to the new release itself, past the router, while a stage is observed; none where users alone bring
 * enough, or where the target does not allow it. `stop` does not wait for k6 to end: a rollback follows at once.
 */
export async function sendSynthetic(
  stage: Stage,
  run: RolloutRun,
  {
    release = run.state().plan.release,
    forMs = run.state().plan.settings.dwellMs,
  }: { readonly release?: string; readonly forMs?: number } = {},
): Promise<{ readonly stop: () => void }> {
  const { settings } = run.state().plan;
  const nothing = { stop: () => undefined };
  const { k6 } = run.tools;
  const [target] = (await targetsOf(stage.canary, run, release)).toReversed();
  if (settings.synthetic === false || !k6 || !target) return nothing;
  if (usersAreEnough(run)) return nothing;
  const profiles = profilesFor(run.profiles, target.load);
  const signedIn = await logInFor(profiles.users, target, run);
  if (signedIn?.ok === false) {
    run.emit({ type: 'note', text: `no synthetic requests: ${signedIn.problem}` });
    return nothing;
  }
  const { profile, rate } = settings.synthetic;
  const durationMs = forMs + settings.holdBudgetMs + startUpMs;
  const plan = planLoad(profiles, { profile, durationMs, ...(rate === undefined ? {} : { rate }) });
  const stopper = new AbortController();
  const signal = AbortSignal.any([stopper.signal, run.signal]);
  const runFolder = join(run.runner.runFolder, `stage-${stage.share}`);
  const options = {
    target: planned(target),
    slos: run.slos,
    sessionsFile: run.sessionsFile,
    k6,
    plan,
    ...(release === undefined ? {} : { expectedRelease: release }),
  };
  const silent = { ...run.runner, runFolder, signal, emit: () => undefined };
  const report = (why: string) => run.emit({ type: 'note', text: `synthetic requests stopped: ${why}` });
  const sending = run.instruments.runLoad(options, silent).then(
    ({ outcome }) => {
      const ended = outcome.exitCode === 0 || outcome.exitCode === thresholdsCrossed;
      if (!ended && !signal.aborted)
        report(`k6 ended with exit code ${outcome.exitCode}, log in stage-${stage.share}/k6`);
    },
    (error: unknown) => report(messageOf(error)),
  );
  run.inBackground(sending);
  return { stop: () => stopper.abort() };
}

/** Logs in before traffic: with users on the new release, waiting for a rate limit would be unobserved time. */
export async function logInEarly(target: Target, run: RolloutRun): Promise<void> {
  if (run.state().plan.settings.synthetic === false) return;
  await logInFor(profilesFor(run.profiles, target.load).users, target, run);
}

async function logInFor(users: readonly string[], target: Target, run: RolloutRun): Promise<SignIn | undefined> {
  if (users.length === 0) return undefined;
  const signedIn = await run.instruments.signIn(
    target,
    { users, sessionsFile: run.sessionsFile },
    run.clock,
    run.runner,
  );
  await run.learnSecrets();
  return signedIn;
}

/** The length of a stage is that of the plan, whatever a script of the target's own would do by itself. */
const planned = (target: Target): Target =>
  target.load.script
    ? { ...target, load: { ...target.load, script: { ...target.load.script, options: 'replaced' } } }
    : target;

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

function trafficOf(observations: readonly Observation[], run: RolloutRun): Traffic {
  const seconds = observedMs(observations) / 1000;
  const served = observations.reduce((sum, observation) => sum + (observation.served?.canary.requests ?? 0), 0);
  const trials = (kind: 'server-error' | 'failed-payment') => {
    const slo = run.slos.find(({ event }) => event.kind === kind);
    return slo ? observations.reduce((sum, observation) => sum + (observation.canary[slo.id]?.trials ?? 0), 0) : 0;
  };
  const all = trials('server-error');
  // The users' part of all payments is taken to be their part of all requests.
  const part = all === 0 ? 0 : Math.min(1, served / all);
  return { requests: served / seconds, payments: (trials('failed-payment') * part) / seconds };
}
