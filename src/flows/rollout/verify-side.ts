import { judgeHealth, judgeReadiness, judgeDependencies } from '../../core/judge/probe.ts';
import type { StepOutcome } from '../../core/rollout/advance.ts';
import type { RolloutStep, Side } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import type { Target } from '../../core/target.ts';
import { isSettled, type Judgement } from '../../core/verdict.ts';
import { stepFailed } from './release-steps.ts';
import { requireIdentity } from './identity.ts';
import { confirmImage } from './running-image.ts';
import { signalOf } from './retry.ts';
import type { RolloutRun } from './run.ts';
import { placesOf, targetsOf } from './sides.ts';
import { logInEarly } from './synthetic.ts';

/** Clause 2.B3 (2.R3 for an instance): healthy, and ready without interruption for the window. */
export async function verifySide(
  { side, release }: RolloutStep & { do: 'verify' },
  run: RolloutRun,
): Promise<StepOutcome> {
  const targets = await targetsOf(side, run, release);
  if (isJudgedWhole(side)) clearProbes(run);
  if (targets.length === 0) throw stepFailed('The side has no address to probe.');
  const summaries = await Promise.all(targets.map((target) => verifyTarget(target, side, run)));
  const { releases, summary } = await requireIdentity(side, release, run);
  await confirmImage(side, release, run);
  return { summary: [...summaries, summary].join('; '), releases };
}

/** The instances of a rolling update are verified one after the other, and are no evidence of the whole. */
const isJudgedWhole = ({ kind }: Side): boolean => kind === 'colour' || kind === 'public';

function clearProbes({ evidence }: RolloutRun): void {
  delete evidence.health;
  delete evidence.readiness;
  delete evidence.dependencies;
}

export async function verifyTarget(
  target: Target,
  side: Side,
  run: RolloutRun,
  signal = signalOf(run),
): Promise<string> {
  const { probeHealth, probeReadiness, probeDependencies } = run.instruments;
  const context = { clock: run.clock, signal, emit: run.emit };
  // A process that has just been started may not listen yet, and a load balancer before it answers 503: no failed check.
  await untilHealthy(target, side, run, signal);
  const health = await probeHealth(target, context);
  const readiness = await probeReadiness(target, context);
  const ready = readiness.stableMs >= readiness.wantedStableMs;
  const dependencies = ready ? await probeDependencies(target, context) : undefined;
  const judgements = [
    judgeHealth(health),
    judgeReadiness(readiness),
    ...(dependencies ? [judgeDependencies(dependencies)] : []),
  ];
  const open = judgements.find((judgement) => !isSettled(judgement));
  // Of several instances of a colour one that is not ready decides, whatever the others answered.
  if (isJudgedWhole(side) && (open || side.kind === 'public' || !run.evidence.health)) {
    Object.assign(run.evidence, { health, readiness, ...(dependencies ? { dependencies } : {}) });
    for (const judgement of judgements) run.emit({ type: 'judged', judgement });
  }
  if (open) throw stepFailed(describe(open));
  const { phase, plan } = run.state();
  // Where the journey is run before the first traffic, its log-ins serve the synthetic requests too.
  if (phase !== 'rolling-back' && !plan.steps.some((step) => step.do === 'check')) await logInEarly(target, run);
  return `healthy, ready for ${formatMs(readiness.stableMs)}`;
}

const describe = ({ title, because }: Judgement): string => `${title}: ${because}`;

async function untilHealthy(target: Target, side: Side, run: RolloutRun, signal: AbortSignal): Promise<void> {
  const deadline = run.clock.monotonic() + target.readiness.budgetMs;
  const quiet = { clock: run.clock, signal, emit: () => undefined };
  while (run.clock.monotonic() < deadline && !signal.aborted) {
    const { samples } = await run.instruments.probeState(target, quiet);
    if (samples[0]?.ok) return;
    await failOnExitedInstance(side, run);
    await run.clock.sleep(target.readiness.intervalMs, signal);
  }
}

/** An instance that has exited is not waited for; its exit code and last output are the reason. */
async function failOnExitedInstance(side: Side, run: RolloutRun): Promise<void> {
  const { runtime } = run.drivers;
  for (const { name, running } of await placesOf(side, run)) {
    const ending = running ? undefined : await runtime.lastEnding(name);
    if (ending !== undefined) throw stepFailed(`${name} ${ending}`);
  }
}
