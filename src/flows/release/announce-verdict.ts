import { reportUrlOf } from '../../core/courtesy.ts';
import { messageOf } from '../../core/errors.ts';
import { judgeRun } from '../../core/judge/run.ts';
import type { ReleaseNotesFacts } from '../../core/release-notes.ts';
import { isFinished } from '../../core/rollout/advance.ts';
import type { RunEvidence, RunResult } from '../../core/run-result.ts';
import type { RolloutRun } from '../rollout/run.ts';
import type { Announcement } from './follow-release.ts';

/** What the verdict on everything else is needed for. */
export const afterVerdict: readonly string[] = ['release-notes', 'announcement'];

/**
 * Clauses 3.4a and 3.4b, by the verdict on everything before them: the notes of a GO are published, and the verdict is
 * announced after them, because it covers them. `resultSoFar` leaves out what was not tried yet.
 */
export async function announceVerdict(
  run: RolloutRun,
  announcement: Announcement,
  resultSoFar: () => RunResult,
): Promise<void> {
  // A failed attempt of before would make the verdict a HOLD, and notes of a HOLD are not published.
  delete run.evidence.releaseNotes;
  delete run.evidence.announcement;
  if (isFinished(run.state()))
    await step(run, 'Release notes', 'release-notes', async () => ({
      releaseNotes: await run.services.publishNotes(notesFacts(resultSoFar(), run)),
    }));
  await step(run, 'Announcement', 'announcement', async () => ({
    announcement: await announcement.conclude(resultSoFar()),
  }));
}

async function step(
  run: RolloutRun,
  title: string,
  id: string,
  gather: () => Promise<Pick<RunEvidence, 'releaseNotes' | 'announcement'>>,
): Promise<void> {
  const began = run.clock.monotonic();
  run.emit({ type: 'step-started', step: id, title });
  Object.assign(run.evidence, await gather());
  // The verdict stands, whatever becomes of its files: the report is written once more at the end.
  await run.saveEvidence().catch((error: unknown) => run.emit({ type: 'note', text: messageOf(error) }));
  run.emit({ type: 'step-finished', step: id, durationMs: run.clock.monotonic() - began, summary: title });
  const judgement = judgeRun(run.evidence).judgements.find((each) => each.id === id);
  if (judgement) run.emit({ type: 'judged', judgement });
}

function notesFacts(
  { verdict, judgements, notChecked, slos, finishedAt }: RunResult,
  run: RolloutRun,
): ReleaseNotesFacts {
  const { plan } = run.state();
  const { runId } = run.evidence;
  const { release, previousRelease, strategy, rollback } = plan;
  return {
    release,
    ...(previousRelease === undefined ? {} : { previousRelease }),
    target: run.targetOf(plan.live).name,
    runId,
    at: finishedAt,
    migrations: rollback?.migrations ?? [],
    verdict,
    judgements,
    notChecked,
    slos,
    strategy,
    ...reportUrlOf(run.courtesies, runId),
  };
}
