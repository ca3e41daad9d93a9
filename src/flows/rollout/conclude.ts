import { hotfixDeviations } from '../../core/calendar.ts';
import { seenReleases } from '../../core/judge/release.ts';
import { judgeRun } from '../../core/judge/run.ts';
import { messageOf } from '../../core/errors.ts';
import { interventionOf } from '../../core/rollout/intervention.ts';
import { receiptOf } from '../../core/rollout/receipt.ts';
import { describeDecision } from '../../core/rollout/decided.ts';
import { currentStage, decidedGo, decisionsIn } from '../../core/rollout/decision.ts';
import type { RolloutState } from '../../core/rollout/advance.ts';
import { releasedOn } from '../../core/rollout/plan.ts';
import { servedUsers } from '../../core/rollout/served-users.ts';
import { type RolloutOutcome, type RunEvidence, type RunResult, schemaVersion } from '../../core/run-result.ts';
import { formatMs } from '../../core/slo.ts';
import type { RolloutRecord } from '../../core/rollout/record.ts';
import { maskValue } from '../../core/redact.ts';
import { type ExitCode, exitCodeOf, exitCodes, reachVerdict, type Verdict } from '../../core/verdict.ts';
import type { RunFolder } from '../../journal/run-folder.ts';
import { renderMarkdown } from '../../report/index.ts';
import { afterVerdict, announceVerdict } from '../release/announce-verdict.ts';
import type { Announcement } from '../release/follow-release.ts';
import { appendStepSummary, toolsOf } from '../conclude.ts';
import type { Flow } from '../flow.ts';
import { deviationsFrom } from './deviations.ts';
import { evidenceDigest } from './digest.ts';
import type { RolloutRun } from './run.ts';
import type { RolloutSession } from './session.ts';

interface Conclusion {
  readonly folder: RunFolder;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly session: Pick<RolloutSession, 'writeReport'>;
  /** Of a whole release. */
  readonly announcement?: Announcement | undefined;
}

/** Reaches the verdict of a rollout, or of as much of it as was executed, and writes the report. */
export async function concludeRollout(run: RolloutRun, conclusion: Conclusion, flow: Flow): Promise<RunResult> {
  const { folder, session, announcement } = conclusion;
  if (announcement) {
    const resultSoFar = () => resultOf(run, evidenceOf(run), { ...conclusion, pending: afterVerdict }, flow);
    await announceVerdict(run, announcement, resultSoFar);
  }
  const evidence = evidenceOf(run);
  const result: RunResult = maskValue(resultOf(run, evidence, conclusion, flow), folder.mask);
  run.emit({ type: 'verdict', verdict: result.verdict });
  const unwritten = await session.writeReport(folder, result, evidence).then(() => undefined, messageOf);
  if (unwritten !== undefined) return withoutReport(result, unwritten);
  await appendStepSummary(`${renderMarkdown(result, evidence)}\n`, folder.mask, flow);
  return result;
}

const evidenceOf = (run: RolloutRun): RunEvidence => ({ ...run.evidence, rollout: run.record() });

/** `pending`: ids of checks that are not required yet. */
function resultOf(
  run: RolloutRun,
  evidence: RunEvidence,
  { folder, startedAt, pending = [] }: Conclusion & { readonly pending?: readonly string[] },
  flow: Flow,
): RunResult {
  const state = run.state();
  const interrupted = flow.signal.aborted && state.paused;
  const { judgements, notChecked: open } = judgeRun(evidence);
  const notChecked = open.filter(({ id }) => !pending.includes(id));
  const reached = reachVerdict(judgements, notChecked, interrupted);
  const verdict: Verdict = rolloutVerdict(state, run.record(), reached);
  const { plan } = state;
  const name = releasedOn(plan);
  const { environment, ...target } = run.targetOf(name);
  const finishedAt = flow.clock.now();
  return {
    schemaVersion,
    runId: folder.runId,
    verb: plan.undoes ? 'rollback' : (plan.verb ?? 'deploy'),
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
    deviations: [...deviationsFrom(run), ...hotfixDeviations(evidence.calendar)],
    tools: toolsOf(evidence, run.tools),
    rollout: outcomeOf(run),
  };
}

/** What was decided stays decided, except that there is no GO without its evidence. */
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

/** The state machine decides the rollout; the judgements give the reasons. */
function rolloutVerdict(state: RolloutState, record: RolloutRecord, verdict: Verdict): Verdict {
  const { phase, because, paused } = state;
  if (phase === 'rolled-back')
    return { word: 'NO-GO', because: `Rolled back: ${because}`, decidedBy: verdict.decidedBy };
  if (phase === 'rollback-failed') {
    const next = 'Repair what it names, then type npm run deploy -- --abort to try again.';
    return { word: 'NO-GO', because: `The rollback failed: ${because}. ${next}`, decidedBy: verdict.decidedBy };
  }
  if (phase === 'promoted' && verdict.word === 'NO-GO')
    return {
      ...verdict,
      because: `Promoted, and a check failed afterwards: ${sentence(verdict.because)} ${howToUndo}`,
    };
  if (phase === 'promoted') return withDecision(record, verdict);
  const why = paused
    ? `Paused, and traffic stays where it is. ${sentence(because || verdict.because)}${howToDecide(state, record)}`
    : verdict.because;
  return { word: 'HOLD', because: why, decidedBy: verdict.decidedBy };
}

const followsWatch: ReadonlySet<string> = new Set(['sentry.deploy', 'crashlytics.issues', ...afterVerdict]);

/** An operator's GO stands for what was open when it was given, never against a check that failed. */
function withDecision(record: RolloutRecord, verdict: Verdict): Verdict {
  // What follows the watch was not known to the operator who decided.
  const isAfter = verdict.decidedBy.some((id) => followsWatch.has(id));
  const decision = verdict.word === 'HOLD' && !isAfter ? decidedGo(record, verdict.decidedBy) : undefined;
  if (!decision) return verdict;
  return { ...verdict, word: 'GO', because: `${describeDecision(decision, formatMs)} (open: ${verdict.because})` };
}

const howToUndo = 'npm run rollback -- --reason "…" gives users the previous release.';

const sentence = (text: string): string =>
  `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

const howToDecide = (state: RolloutState, { events }: RolloutRecord): string =>
  currentStage(state)
    ? ` Decide with npm run decide -- --go, --no-go or --extend 10m, with --by NAME --because "…" (evidence ${evidenceDigest(events)}), or observe further with --resume.`
    : '';

function exitCodeFor(run: RolloutRun, { word }: Verdict, interrupted: boolean): ExitCode {
  const { phase } = run.state();
  const incomplete =
    phase === 'rollback-failed' ||
    (run.journalError() !== undefined && phase === 'rolled-back') ||
    // Exit code 1 promises that users have the previous release.
    (phase === 'promoted' && word === 'NO-GO');
  return incomplete ? exitCodes.interventionRequired : exitCodeOf(word, interrupted);
}

function outcomeOf(run: RolloutRun): RolloutOutcome {
  const { plan, phase, shares } = run.state();
  const record = run.record();
  const receipt = receiptOf(record);
  const intervention = interventionOf({
    record,
    target: run.targetArgument ?? run.targetOf(plan.live).name,
    drivers: run.driverSettings ?? {},
    journalError: run.journalError(),
  });
  const users = servedUsers(record.events);
  const decisions = decisionsIn(record);
  return {
    strategy: plan.strategy,
    release: plan.release,
    ...(plan.previousRelease === undefined ? {} : { previousRelease: plan.previousRelease }),
    phase,
    ...(shares ? { shares } : {}),
    ...(users ? { users } : {}),
    ...(receipt ? { receipt } : {}),
    ...(intervention ? { intervention } : {}),
    ...(decisions.length > 0 ? { decisions } : {}),
  };
}
