import type { NotesEvidence } from '../release-notes.ts';
import { endSentence, formatCount } from '../slo.ts';
import type { Judgement, NotChecked } from '../verdict.ts';
import { withoutEvidence } from './unmeasured.ts';

export const notesCheck = { id: 'release-notes', title: 'Release notes', clauses: ['3.4a'] } as const;

/** Clause 3.4a: what was published and read back. Notes of a release that is not GO are not published. */
export function judgeNotes(evidence: NotesEvidence): Judgement | NotChecked {
  if (!('file' in evidence))
    return withoutEvidence(
      notesCheck,
      evidence.state === 'off' ? { off: evidence.because } : { missing: evidence.because },
    );
  const { state, notes, file, change, problem, range } = evidence;
  if (state === 'unpublished')
    return {
      ...notesCheck,
      reason: 'not-applicable',
      because: `not published, because the verdict is ${notes?.verdict.word ?? 'not GO'}`,
      required: false,
    };
  const base = { ...notesCheck, expected: `the notes of the release in ${file}`, evidence: [], requestIds: [] };
  if (problem)
    return {
      ...base,
      status: 'error',
      actual: 'not published',
      because: endSentence(`${problem.because}: ${problem.next}`),
    };
  const commits = notes?.commits ?? 0;
  if (commits === 0)
    return {
      ...base,
      status: 'inconclusive',
      actual: 'no commits',
      because: `There is no commit in ${range ?? 'the range'}: push the tags of both releases, and ship a release that differs from the previous one.`,
      samples: 0,
    };
  return {
    ...base,
    status: 'pass',
    actual: `${formatCount(commits)} ${commits === 1 ? 'commit' : 'commits'}, ${change ?? 'published'}, read back`,
    because: endSentence(`${range ?? ''} is described in ${file}, and was read back as written`),
    samples: commits,
  };
}
