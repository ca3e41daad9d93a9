import { type CheckPlan, settingsSource, type StepId, stepIds } from '../plan.ts';
import { isPreflightPart, type PreflightPart, preflightTitles } from '../preflight.ts';
import type { RunEvidence } from '../run-result.ts';
import { type ObjectiveKind, objectiveKinds } from '../slo.ts';
import type { ClauseId } from '../sop.ts';
import type { Judgement, NotChecked } from '../verdict.ts';
import { judgeCompleted } from './completed.ts';
import type { Judged } from './judged.ts';
import { judgeRunning } from './artifacts.ts';
import { judgePreflight } from './preflight.ts';
import { judgeAnnouncement } from './announcement.ts';
import { judgeLoad } from './load.ts';
import { judgeMetrics } from './metrics.ts';
import { judgeAftermath, judgeHealth, judgeReadiness, judgeDependencies } from './probe.ts';
import { judgeSessions } from './sessions.ts';
import { judgeRelease } from './release.ts';
import { judgeNotes } from './release-notes.ts';
import { judgeShutdown } from './shutdown.ts';
import { judgeRollout } from './rollout.ts';
import { acceptJudgement, unmatchedEntries } from './accepted.ts';
import { findingIds, hasProjects, inapplicableSteps, smokeChecks } from './journey.ts';

/** Title and clauses of a step that was not checked. */
const steps: Record<StepId, { readonly title: string; readonly clauses: readonly ClauseId[] }> = {
  ...preflightTitles,
  health: { title: 'Health', clauses: ['2.B3a'] },
  readiness: { title: 'Readiness', clauses: ['2.B3b'] },
  smoke: { title: 'Smoke journey', clauses: ['3.1'] },
  load: { title: 'Load', clauses: ['3.2a', '3.2c', '3.2d'] },
  metrics: { title: 'Metrics of the target under load', clauses: ['3.2a', '3.2c', '3.2d'] },
  aftermath: { title: 'Healthy and ready after the load', clauses: ['2.B3b'] },
  shutdown: { title: 'Graceful shutdown', clauses: ['2.R4'] },
};

/**
 * Judges all evidence of a run so far. Pure: the same evidence and plan give the same judgements, during the run, at its
 * end, and when it is judged again under other objectives.
 */
export function judgeRun(evidence: RunEvidence): Judged {
  const { plan } = evidence;
  const judgements: Judgement[] = [];
  const notChecked: NotChecked[] = [];
  for (const step of stepIds.filter((id) => plan.steps.includes(id))) {
    const judgedPart = isPreflightPart(step) ? judgePreflight[step](evidence) : undefined;
    if (judgedPart) {
      judgements.push(...judgedPart.judgements);
      notChecked.push(...judgedPart.notChecked);
      continue;
    }
    const decided = isPreflightPart(step) ? [] : judgeStep(step, evidence);
    judgements.push(...decided);
    const missing = decided.length === 0 ? absence(step, evidence) : undefined;
    if (missing) notChecked.push(missing);
  }
  if (evidence.rollout) {
    const sessions = crashFree(evidence);
    if ('status' in sessions) judgements.push(sessions);
    else notChecked.push(sessions);
  }
  if (evidence.running) {
    const runs = judgeRunning(evidence.running);
    if ('status' in runs) judgements.push(runs);
    else notChecked.push(runs);
  }
  if (evidence.load || evidence.rollout) notChecked.push(...withoutObjective(plan));
  if (evidence.smoke.length > 0 && !plan.offers.web && evidence.smoke.some(hasProjects)) notChecked.push(noWeb);
  if (evidence.smoke.length > 0 && plan.offers.journeyInCode === false) notChecked.push(noJourneyInCode);
  notChecked.push(...evidence.smoke.flatMap(inapplicableSteps));
  if (evidence.rollout) judgements.push(...judgeRollout(evidence.rollout, evidence));
  const completed = judgeCompleted(evidence);
  judgements.push(...completed.judgements);
  notChecked.push(...completed.notChecked);
  // A preflight ends before anything answers.
  const release = plan.steps.every(isPreflightPart) && !evidence.rollout ? undefined : judgeRelease(evidence);
  if (release) {
    if ('status' in release) judgements.push(release);
    else notChecked.push(release);
  }
  for (const decided of announced(evidence))
    if ('status' in decided) judgements.push(decided);
    else notChecked.push(decided);
  const judged = judgements.map((judgement) => acceptJudgement(withoutCounts(judgement, plan), plan.accepted));
  notChecked.push(...unmatchedEntries(judged, plan.accepted, evidence.smoke.flatMap(findingIds)));
  return { judgements: judged, notChecked };
}

/** Clauses 3.4a and 3.4b, once they were tried. */
const announced = ({ releaseNotes, announcement }: RunEvidence): (Judgement | NotChecked)[] => [
  ...(releaseNotes ? [judgeNotes(releaseNotes)] : []),
  ...(announcement ? [judgeAnnouncement(announcement)] : []),
];

/** Counts of another event decide nothing: `load.latency-p95` for a limit that the run did not count is an error. */
function withoutCounts(judgement: Judgement, { uncounted = {} }: CheckPlan): Judgement {
  const [, id = ''] = /^(?:load|metrics|stage-\d+)\.([^.]+)$/.exec(judgement.id) ?? [];
  const because = uncounted[id];
  if (because === undefined) return judgement;
  const { bounds: _, ...rest } = judgement;
  return { ...rest, status: 'error', actual: 'not counted', because, samples: 0 };
}

function judgeStep(step: Exclude<StepId, PreflightPart>, evidence: RunEvidence): Judgement[] {
  const { plan } = evidence;
  switch (step) {
    case 'health':
      return evidence.health ? [judgeHealth(evidence.health)] : [];
    case 'readiness':
      return [
        ...(evidence.readiness ? [judgeReadiness(evidence.readiness)] : []),
        ...(evidence.dependencies ? [judgeDependencies(evidence.dependencies)] : []),
      ];
    case 'smoke':
      // That of a stage is judged with its stage.
      return evidence.smoke.filter(({ stage }) => stage === undefined).flatMap((smoke) => smokeChecks(smoke, plan));
    case 'load':
      return evidence.load ? judgeLoad(evidence.load, plan.slos) : [];
    case 'metrics':
      return evidence.metrics ? judgeMetrics(evidence.metrics, plan.slos, evidence.load) : [];
    case 'aftermath':
      return evidence.aftermath ? [judgeAftermath(evidence.aftermath)] : [];
    case 'shutdown':
      return evidence.shutdown ? [judgeShutdown(evidence.shutdown)] : [];
  }
}

/** Why a step has no evidence: the target does not offer it, or the run left it out. */
function absence(step: StepId, { plan }: RunEvidence): NotChecked | undefined {
  const because = plan.leftOut[step];
  const base = { id: step, ...steps[step] };
  const own = plan.inapplicableSteps?.[step];
  if (own !== undefined)
    return { ...base, reason: 'not-applicable', because: `${settingsSource(plan)}: ${own}`, required: false };
  const offered = step === 'metrics' || step === 'shutdown' ? plan.offers[step] : true;
  if (!offered) {
    const what = step === 'metrics' ? 'exposes no /metrics' : 'has no command to stop and start an instance';
    return { ...base, reason: 'not-applicable', because: `the target ${what}`, required: false };
  }
  return { ...base, reason: 'skipped', because: because ?? 'the run ended before this step', required: true };
}

const requiredObjectives: readonly {
  readonly kind: ObjectiveKind;
  readonly title: string;
  readonly clause: ClauseId;
}[] = [
  { kind: 'latency', title: 'Latency', clause: '3.2a' },
  { kind: 'payment-success', title: 'Payment success', clause: '3.2c' },
  { kind: 'server-errors', title: '5xx rate', clause: '3.2d' },
];

/** Every kind is required: one that no objective counts is not passed, unless the target file says why it does not apply. */
const withoutObjective = ({ slos, inapplicable = {}, settingsFrom }: CheckPlan): NotChecked[] =>
  requiredObjectives
    .filter(({ kind }) => !slos.some(({ event }) => event.kind === objectiveKinds[kind]))
    .map(({ kind, title, clause }) => {
      const base = { id: `objective.${objectiveKinds[kind]}`, title, clauses: [clause] };
      const reason = inapplicable[kind];
      return reason === undefined
        ? { ...base, reason: 'skipped', because: 'the objectives file has no objective of this kind', required: true }
        : {
            ...base,
            reason: 'not-applicable',
            because: `${settingsSource({ settingsFrom })}: ${reason}`,
            required: false,
          };
    });

/** Clause 3.2b; sessions of users are asked for once all traffic is on the release. */
function crashFree({ plan, sessions }: RunEvidence): Judgement | NotChecked {
  if (plan.crashFree && sessions) return judgeSessions(sessions, plan.crashFree);
  const base = { id: 'sentry.crash-free', title: 'Crash-free sessions', clauses: ['3.2b'] } as const;
  if (plan.crashFree)
    return { ...base, reason: 'skipped', because: 'not all traffic is on the release', required: true };
  const because = 'the target file names no `sentry`, or the objectives file no crash-free objective';
  return { ...base, reason: 'not-applicable', because, required: false };
}

const noWeb: NotChecked = {
  id: 'smoke.browser',
  title: 'Smoke journey in the browser',
  clauses: ['3.1'],
  reason: 'not-applicable',
  because: 'the target has no web address',
  required: false,
};

const noJourneyInCode: NotChecked = {
  id: 'smoke.api',
  title: 'Smoke journey over HTTP and WebSocket, and in the browser',
  clauses: ['3.1'],
  reason: 'not-applicable',
  because: 'set to playwright: false',
  required: false,
};
