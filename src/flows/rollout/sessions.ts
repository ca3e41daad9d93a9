import { acceptJudgement } from '../../core/judge/accepted.ts';
import { judgeSessions } from '../../core/judge/sessions.ts';
import type { RolloutRecord } from '../../core/rollout/record.ts';
import type { RunEvidence } from '../../core/run-result.ts';
import type { Judgement } from '../../core/verdict.ts';
import type { RolloutRun } from './run.ts';

/** Clause 3.2b by the sessions since users first got the release, as of now; none where the target has no error tracker. */
export async function judgeSessionsNow(run: RolloutRun): Promise<Judgement[]> {
  const { crashFree, evidence } = run;
  if (!crashFree) return [];
  const from = firstTraffic(run.record());
  run.emit({ type: 'step-started', step: 'sessions', title: crashFree.slo.title });
  const began = run.clock.monotonic();
  evidence.sessions = await crashFree.read({ release: run.state().plan.release, from });
  await run.saveEvidence();
  const judgement = acceptJudgement(judgeSessions(evidence.sessions, crashFree.slo), evidence.plan.accepted);
  const durationMs = run.clock.monotonic() - began;
  run.emit({ type: 'step-finished', step: 'sessions', durationMs, summary: judgement.actual });
  return [judgement];
}

/** Why no operator's GO can cover the sessions that were read last: a GO stands for what is open, never for what has failed. */
export function refuseGoOnCrashes({ plan, sessions }: Pick<RunEvidence, 'plan' | 'sessions'>): string | undefined {
  if (!sessions || !plan.crashFree) return undefined;
  const { status, title, because } = acceptJudgement(judgeSessions(sessions, plan.crashFree), plan.accepted);
  return status === 'fail' ? `${title} (${plan.crashFree.clause}) has failed: ${because}` : undefined;
}

/** After a promotion that the end of the watch has not judged: an operator's GO, and plans of versions without a watch. */
export async function readSessionsOfRelease(run: RolloutRun): Promise<void> {
  if (run.state().phase === 'promoted' && !endedByWatch(run.record())) await judgeSessionsNow(run);
}

function endedByWatch({ plan, events }: RolloutRecord): boolean {
  const last = events.findLast(({ type }) => type === 'judged' || type === 'decided');
  return last?.type === 'judged' && plan.steps.some((step) => step.do === 'conclude-watch');
}

/** At the latest the start of the rollout: sessions that are not asked for would be none. */
const firstTraffic = ({ events }: RolloutRecord): string => {
  const first = events.find((event) => event.type === 'done' && bringsUsers.has(event.step.do)) ?? events[0];
  return first?.at ?? new Date(0).toISOString();
};

/** The first traffic of a rollout; of a release that was shipped otherwise, the start of its watch. */
const bringsUsers: ReadonlySet<string> = new Set(['shift', 'join', 'replace', 'adopt']);
