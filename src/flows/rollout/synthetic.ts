import { join } from 'node:path';
import { planLoad } from '../../core/load-plan.ts';
import { messageOf } from '../../core/errors.ts';
import { isEnough, type Traffic } from '../../core/rollout/forecast.ts';
import type { Stage } from '../../core/rollout/step.ts';
import { observedMs, type Observation } from '../../core/rollout/observation.ts';
import type { Target } from '../../core/target.ts';
import { runK6 } from '../../runners/k6.ts';
import { signIn } from '../../runners/log-in.ts';
import { targetsOf } from './sides.ts';
import type { RolloutRun } from './run.ts';

/** Time of k6 itself before its first request. */
const startUpMs = 3000;
/** So long users are counted before anybody decides that they are too few. */
const countMs = 2000;

/** k6 says so of a load that went well and found a slow release. */
const thresholdsCrossed = 99;

/**
 * Requests of our own to the new release itself, past the router, while a stage is observed; none where users alone bring
 * enough, or where the target does not allow it. Leaving the scope stops them.
 */
export async function sendSynthetic(stage: Stage, run: RolloutRun): Promise<AsyncDisposable> {
  const { settings, release } = run.state().plan;
  const nothing = { [Symbol.asyncDispose]: async () => undefined };
  const { k6 } = run.tools;
  const [target] = (await targetsOf(stage.canary, run, release)).toReversed();
  if (settings.synthetic === false || !k6 || !target) return nothing;
  if (usersAreEnough(run)) return nothing;
  const signedIn = await signIn(target, run.sessionsFile, run.clock, run.runner);
  await run.learnSecrets();
  if (!signedIn.ok) {
    run.emit({ type: 'note', text: `no requests of our own: ${signedIn.problem}` });
    return nothing;
  }
  const { profile, rate } = settings.synthetic;
  const durationMs = settings.dwellMs + settings.holdBudgetMs + startUpMs;
  const plan = planLoad(run.profiles, { profile, durationMs, ...(rate === undefined ? {} : { rate }) });
  const stopper = new AbortController();
  const signal = AbortSignal.any([stopper.signal, run.signal]);
  const runFolder = join(run.runner.runFolder, `stage-${stage.share}`);
  const options = { target, slos: run.slos, sessionsFile: run.sessionsFile, k6, plan, expectedRelease: release };
  const silent = { ...run.runner, runFolder, signal, emit: () => undefined };
  const tell = (why: string) => run.emit({ type: 'note', text: `k6 sends no requests any more: ${why}` });
  const sending = runK6(options, silent).then(
    ({ outcome }) => {
      const ended = outcome.exitCode === 0 || outcome.exitCode === thresholdsCrossed;
      if (!ended && !signal.aborted) tell(`exit code ${outcome.exitCode}, stage-${stage.share}/k6 has its log`);
    },
    (error: unknown) => tell(messageOf(error)),
  );
  return {
    [Symbol.asyncDispose]: async () => {
      stopper.abort();
      await sending;
    },
  };
}

/** Logs in while nobody waits for it: later, with users on the new release, a rate limit would cost time that is watched. */
export async function logInEarly(target: Target, run: RolloutRun): Promise<void> {
  if (run.state().plan.settings.synthetic === false) return;
  await signIn(target, run.sessionsFile, run.clock, run.runner);
  await run.learnSecrets();
}

/** By what was seen of the users at this stage and the ones before; before anything was seen, the forecast decides. */
function usersAreEnough(run: RolloutRun): boolean {
  const { settings } = run.state().plan;
  const { observations, stage } = run.state();
  const counted = observations.filter(({ observed }) => observed);
  if (stage && observedMs(counted) >= countMs) return isEnough(trafficOf(counted, run), settings);
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
  // Payments of users are the same part of all payments as their requests are of all requests.
  const part = all === 0 ? 0 : Math.min(1, served / all);
  return { requests: served / seconds, payments: (trials('failed-payment') * part) / seconds };
}
