import { foldRollout } from '../rollout/advance.ts';
import type { RunEvidence } from '../run-result.ts';
import type { Judgement, NotChecked } from '../verdict.ts';
import { announcementCheck } from './announcement.ts';
import { notesCheck } from './release-notes.ts';
import { crashesCheck, judgeCrashes } from './crashes.ts';
import { deployCheck, judgeFinalized } from './finalized.ts';
import type { Judged } from './judged.ts';
import { withoutEvidence } from './unmeasured.ts';

/** Section 3.3 of a whole release, which follows its watch, and what is missing of 3.4. Of a rollout that is no whole release nothing is required. */
export function judgeCompleted({ rollout, finalized, crashes, releaseNotes, announcement }: RunEvidence): Judged {
  if (rollout?.plan.verb !== 'release') return { judgements: [], notChecked: [] };
  const { phase } = foldRollout(rollout.plan, rollout.events);
  const missing = { missing: phase === 'promoted' ? 'the run ended before it' : 'not all traffic is on the release' };
  const untried = [
    ...(releaseNotes ? [] : [withoutEvidence(notesCheck, missing)]),
    ...(announcement ? [] : [withoutEvidence(announcementCheck, missing)]),
  ];
  const decided = [
    finalized && 'kind' in finalized ? judgeFinalized(finalized) : withoutEvidence(deployCheck, finalized ?? missing),
    crashes ? judgeCrashes(crashes) : withoutEvidence(crashesCheck, missing),
  ];
  return {
    judgements: decided.filter(isJudgement),
    notChecked: [...decided.flatMap((each) => (isJudgement(each) ? [] : [each])), ...untried],
  };
}

const isJudgement = (decided: Judgement | NotChecked): decided is Judgement => 'status' in decided;
