import { join } from 'node:path';
import type { AnnouncementState } from '../../core/announcement.ts';
import { reportUrlOf } from '../../core/courtesy.ts';
import { messageOf } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import { judgeRun } from '../../core/judge/run.ts';
import type { RunEvidence } from '../../core/run-result.ts';
import { announcementStateSchema } from '../../journal/announcement-schema.ts';
import type { RunFolder } from '../../journal/run-folder.ts';
import { readJson } from '../../system/files.ts';
import type { RolloutContext } from '../rollout/run.ts';
import type { RolloutSession } from '../rollout/session.ts';
import { type Announced, type Announcement, followRelease } from './follow-release.ts';

/** Kept in the run's folder: a resumed run changes the message that is there. */
const stateFile = 'announcement.json';

/** The message of a release, from the evidence that an earlier part of its run has gathered. */
export async function openAnnouncement(
  facts: Omit<Announced, 'runId' | 'target' | 'slos' | 'reportUrl'>,
  {
    folder,
    session,
    emit,
    earlier,
  }: {
    readonly folder: RunFolder;
    readonly session: RolloutSession;
    readonly emit: Emit;
    readonly earlier: RunEvidence | undefined;
  },
): Promise<Announcement> {
  const context: RolloutContext = session.contextFor(folder.path, emit);
  const { runId } = folder;
  const note = (text: string) => emit({ type: 'note', text });
  const announcer = session.announcer({
    runId,
    startedAt: facts.startedAt,
    state: await readState(folder, note),
    resumed: earlier !== undefined,
    note,
    keep: (state) => folder.writeJson(stateFile, state),
  });
  const announced = {
    ...facts,
    runId,
    target: session.deployment.name,
    slos: context.slos,
    ...reportUrlOf(context.courtesies, runId),
  };
  return followRelease(announced, announcer, {
    judged: earlier ? judgeRun(earlier).judgements : [],
    now: () => new Date(context.clock.now()).toISOString(),
    targetArgument: context.targetArgument ?? session.deployment.name,
  });
}

/** Without it the message is found by its marker. */
async function readState(folder: RunFolder, note: (text: string) => void): Promise<AnnouncementState | undefined> {
  try {
    return announcementStateSchema.optional().parse((await readJson(join(folder.path, stateFile))) ?? undefined);
  } catch (error) {
    note(`${stateFile} cannot be read: ${messageOf(error)}`);
    return undefined;
  }
}
