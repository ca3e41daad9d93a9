import type { AnnouncementEvidence } from '../announcement.ts';
import { endSentence } from '../slo.ts';
import type { Judgement, NotChecked } from '../verdict.ts';
import { withoutEvidence } from './unmeasured.ts';

export const announcementCheck = {
  id: 'announcement',
  title: 'Announcement of the verdict',
  clauses: ['3.4b'],
} as const;

/** Clause 3.4b: the last message of the run was delivered, and read back where the channel can be. */
export function judgeAnnouncement(evidence: AnnouncementEvidence): Judgement | NotChecked {
  if (!('channel' in evidence))
    return withoutEvidence(
      announcementCheck,
      evidence.state === 'off' ? { off: evidence.because } : { missing: evidence.because },
    );
  const { state, because, word, channel, readBack, attempts } = evidence;
  const base = {
    ...announcementCheck,
    expected: `${word} in the channel of the stakeholders`,
    because: endSentence(because),
    samples: attempts,
    evidence: [],
    requestIds: [],
  };
  switch (state) {
    case 'delivered':
      return { ...base, status: 'pass', actual: `${word}, by ${channel}${readBack ? ', read back' : ''}` };
    case 'unconfirmed':
      return { ...base, status: 'inconclusive', actual: 'delivered, not read back' };
    case 'undelivered':
      return { ...base, status: 'error', actual: 'not delivered' };
  }
}
