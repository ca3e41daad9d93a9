import type { FoundTools } from '../../config/tools.ts';
import { seenReleases } from '../../core/judge/release.ts';
import { judgeRun } from '../../core/judge/run.ts';
import { messageOf } from '../../core/errors.ts';
import { observedStages } from '../../core/judge/rollout.ts';
import type { RolloutState } from '../../core/rollout/advance.ts';
import type { RolloutRecord } from '../../core/rollout/record.ts';
import { sumServed } from '../../core/rollout/observation.ts';
import { type RolloutOutcome, type RunResult, schemaVersion } from '../../core/run-result.ts';
import { maskValue } from '../../core/redact.ts';
import { formatMs } from '../../core/slo.ts';
import { type ExitCode, exitCodeOf, exitCodes, reachVerdict, type Verdict } from '../../core/verdict.ts';
import type { RunFolder } from '../../journal/run-folder.ts';
import { renderMarkdown } from '../../report/index.ts';
import { appendStepSummary, toolsOf, writeReport } from '../conclude.ts';
import type { Flow } from '../flow.ts';
import type { RolloutRun } from './run.ts';

/** Reaches the verdict of a rollout, or of the part of it that there is, and leaves the report. */
export async function concludeRollout(
  run: RolloutRun,
  folder: RunFolder,
  startedAt: number,
  tools: FoundTools,
  flow: Flow,
): Promise<RunResult> {
  const evidence = { ...run.evidence, rollout: run.record() };
  const state = run.state();
  const interrupted = flow.signal.aborted && state.paused;
  const { judgements, notChecked } = judgeRun(evidence);
  const verdict: Verdict = rolloutVerdict(state, reachVerdict(judgements, notChecked, interrupted));
  run.emit({ type: 'verdict', verdict });
  const { plan } = state;
  const name = plan.strategy === 'blue-green' ? plan.idle : plan.live;
  const { environment, ...target } = run.targetOf(name);
  const finishedAt = flow.clock.now();
  const result: RunResult = maskValue(
    {
      schemaVersion,
      runId: folder.runId,
      verb: 'deploy',
      startedAt: new Date(startedAt).toISOString(),
      finishedAt: new Date(finishedAt).toISOString(),
      durationMs: Math.max(0, finishedAt - startedAt),
      target: { name: target.name, kind: target.kind, environment: name },
      addresses: {
        api: environment.api,
        ...(environment.web === undefined ? {} : { web: environment.web }),
        metrics: environment.metrics,
      },
      expectedRelease: plan.release,
      seenReleases: [...seenReleases(evidence).keys()],
      verdict,
      exitCode: exitCodeFor(run, verdict, interrupted),
      interrupted,
      judgements,
      notChecked,
      slos: run.slos,
      steps: [],
      deviations: deviationsFrom(run),
      tools: toolsOf(evidence, tools),
      rollout: outcomeOf(state, run.record()),
    },
    folder.mask,
  );
  const unwritten = await writeReport(folder, result, evidence).then(() => undefined, messageOf);
  if (unwritten !== undefined) return withoutReport(result, unwritten);
  await appendStepSummary(`${renderMarkdown(result, evidence)}\n`, folder.mask, flow);
  return result;
}

/** What was decided stays decided, except that there is no Go without its evidence. */
function withoutReport(result: RunResult, why: string): RunResult {
  const deviations = [...result.deviations, `The report could not be written: ${why}`];
  if (result.exitCode !== exitCodes.go) return { ...result, deviations };
  const verdict: Verdict = {
    word: 'HOLD',
    because: `All traffic is on the new release, and the report could not be written: ${why}`,
    decidedBy: [],
  };
  return { ...result, deviations, verdict, exitCode: exitCodes.hold };
}

/** The machine decides the rollout; the judgements say why. */
function rolloutVerdict({ phase, because, paused }: RolloutState, verdict: Verdict): Verdict {
  if (phase === 'rolled-back' || phase === 'rollback-failed') {
    const word = phase === 'rollback-failed' ? 'A person is needed' : 'Rolled back';
    const next = phase === 'rollback-failed' ? ' Type npm run deploy -- --abort to try again.' : '';
    return { word: 'NO-GO', because: `${word}: ${because}${next}`, decidedBy: verdict.decidedBy };
  }
  if (phase === 'promoted') return verdict;
  const why = paused ? `Stopped, and traffic stays where it is. ${verdict.because}` : verdict.because;
  return { word: 'HOLD', because: why, decidedBy: verdict.decidedBy };
}

function exitCodeFor(run: RolloutRun, { word }: Verdict, interrupted: boolean): ExitCode {
  const stuck =
    run.state().phase === 'rollback-failed' ||
    (run.journalError() !== undefined && run.state().phase === 'rolled-back');
  return stuck ? exitCodes.interventionRequired : exitCodeOf(word, interrupted);
}

export function outcomeOf({ plan, phase, shares }: RolloutState, record: RolloutRecord): RolloutOutcome {
  const users = sumServed(
    observedStages(record).flatMap(({ observations }) => observations),
    'canary',
  );
  return {
    strategy: plan.strategy,
    release: plan.release,
    ...(plan.previousRelease === undefined ? {} : { previousRelease: plan.previousRelease }),
    phase,
    ...(shares ? { shares } : {}),
    ...(users ? { users } : {}),
  };
}

const sop = { stages: '10,50,100', drainMs: 30_000, readinessMs: 60_000, sustainedMs: 300_000 } as const;

/** What was done otherwise than the SOP says. */
function deviationsFrom(run: RolloutRun): string[] {
  const { plan } = run.state();
  const { settings } = plan;
  const { readiness } = run.targetOf(plan.live);
  const killed = run
    .record()
    .events.flatMap((event) =>
      event.type === 'done' && event.summary.startsWith('killed') && event.step.do === 'stop'
        ? [`${event.step.instance} was ${event.summary}.`]
        : [],
    );
  const trouble = run.journalError();
  return [
    ...(readiness.stableForMs < sop.readinessMs
      ? [
          `Readiness had to be stable for ${formatMs(readiness.stableForMs)} instead of 60 s (2.B3b): the target file says so.`,
        ]
      : []),
    ...(plan.strategy === 'blue-green' && settings.stages.join(',') !== sop.stages
      ? [
          `The stages were ${settings.stages.join(' -> ')} % instead of 10 -> 50 -> 100 % (2.B4): the target file says so.`,
        ]
      : []),
    ...(settings.latency.sustainedMs < sop.sustainedMs
      ? [
          `Latency had to be broken for ${formatMs(settings.latency.sustainedMs)} instead of 5 minutes to roll back (4.1a): the target file says so.`,
        ]
      : []),
    ...(run.drivers.migrations ? [] : ['The target names no migrations, so none were run (2.B2).']),
    ...killed,
    ...(trouble === undefined ? [] : [`The journal could not be written to its end: ${trouble}`]),
  ];
}
