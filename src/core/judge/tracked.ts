import type { Unmeasured } from '../unmeasured.ts';
import { endSentence, formatCount } from '../slo.ts';
import type { ReleaseEvidence, TrackedRelease } from '../tracked-release.ts';
import type { Judgement, JudgementStatus, NotChecked } from '../verdict.ts';
import { withoutEvidence } from './unmeasured.ts';

const check = { id: 'sentry.release', title: 'Sentry release', clauses: ['1.4a'] } as const;

/** Clocks of two machines may differ by so much. */
const skewMs = 60_000;

/** Clause 1.4a by what Sentry returns: a release that was accepted without its commits shows nothing. */
export function judgeTracked(evidence: ReleaseEvidence | Unmeasured): Judgement | NotChecked {
  if (!('kind' in evidence)) return withoutEvidence(check, evidence);
  const { version, project, release, files, commits } = evidence;
  return {
    ...check,
    ...decide(evidence),
    expected: `${version} of ${project} with its commits${commits ? ` up to ${short(commits.sha)}` : ''}, and its start`,
    actual: release ? describe(release) : 'not read back',
    evidence: files,
    requestIds: [],
  };
}

interface Decision {
  readonly status: JudgementStatus;
  readonly because: string;
}

function decide({ outcome, release, problems, commits, project, version, readAt }: ReleaseEvidence): Decision {
  const [problem] = problems;
  if (problem !== undefined) return { status: 'error', because: endSentence(problem) };
  if (!outcome.done) return { status: 'error', because: endSentence(outcome.because) };
  if (!release || !commits) return { status: 'error', because: `The release ${version} could not be read back.` };
  if (release.version !== version)
    return { status: 'error', because: `Sentry answered for the release ${release.version}.` };
  if (!release.projects.includes(project))
    return { status: 'fail', because: `The release ${version} is not one of the project ${project} in Sentry.` };
  if (release.commitCount === 0) return { status: 'inconclusive', because: `${noCommits} ${commits.repository}.` };
  if (release.lastCommit === undefined)
    return { status: 'inconclusive', because: `Sentry does not return the last commit of ${version}.` };
  if (release.lastCommit !== commits.sha)
    return {
      status: 'fail',
      because: `The last commit of ${version} in Sentry is ${short(release.lastCommit)}, and its tag is ${short(commits.sha)}.`,
    };
  const startedAt = release.dateStarted ?? release.dateCreated;
  if (Date.parse(startedAt) > Date.parse(readAt) + skewMs)
    return { status: 'fail', because: `The start of ${version} in Sentry is in the future: ${startedAt}.` };
  return { status: 'pass', because: `Sentry has ${version} of ${project}: ${describe(release)}.` };
}

const noCommits =
  'Sentry has no commits of the release. Fetch the whole history (a shallow clone has no earlier commits, squashed ones have other ids), or connect the integration of the repository';

/** Sentry accepts the start and does not return it; a release is created with it. */
const describe = ({ commitCount, lastCommit, dateStarted, dateCreated }: TrackedRelease): string =>
  [
    `${formatCount(commitCount)} ${commitCount === 1 ? 'commit' : 'commits'}${lastCommit === undefined ? '' : ` up to ${short(lastCommit)}`}`,
    dateStarted === undefined ? `created with its start at ${dateCreated}` : `started ${dateStarted}`,
  ].join(', ');

const short = (sha: string): string => sha.slice(0, 10);
